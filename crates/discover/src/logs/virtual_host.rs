//! With the virtual host.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "virtual-host",
    product: "Apache, lighttpd, nginx, and hosters",
    source: "https://httpd.apache.org/docs/current/mod/mod_log_config.html",
    syntax: Syntax::Text(&[
        r#"$vhost $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        r#"$vhost $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $more"#,
        r#"$vhost $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#,
        r#"$vhost $remote_addr - $remote_user [$time_local] ($numbers s) "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        r#"$remote_addr $vhost - [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        r#"$remote_addr $vhost $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        r#"[$time_local] $vhost $remote_addr $request_time "$request" $status $body_bytes_sent $request_length $http_referer $http_user_agent"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The common and the combined log format with the host that was asked before or behind the address, as `vhost_combined` of Apache
and the default of lighttpd have it.

~~~line
shop.example:443 203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 2326 "-" "curl/8.5"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders protocol=HTTP/1.1 status=200 bytes=2326 user_agent=curl/8.5
~~~

~~~line
203.0.113.7 shop.example - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 2326 "-" "curl/8.5"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders protocol=HTTP/1.1 status=200 bytes=2326 user_agent=curl/8.5
~~~
"##;
