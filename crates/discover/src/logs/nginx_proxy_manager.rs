//! Nginx Proxy Manager.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "nginx-proxy-manager",
    product: "Nginx Proxy Manager",
    source: "https://github.com/NginxProxyManager/nginx-proxy-manager",
    syntax: Syntax::Text(&[
        r#"[$time_local] $_ $_ $status - $request_method $_ $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $_] [Sent-to $_] "$http_user_agent" "$http_referer""#,
        r#"[$time_local] $_ $_ $status - $request_method $_ $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $_] "$http_user_agent" "$http_referer""#,
        r#"[$time_local] $status - $request_method $_ $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $_] [Sent-to $_] "$http_user_agent" "$http_referer""#,
        r#"[$time_local] $status - $request_method $_ $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $_] "$http_user_agent" "$http_referer""#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The `proxy` and `standard` formats of Nginx Proxy Manager: time, status of backend and answer, method, scheme, host and target.

~~~line
[10/Oct/2025:13:55:36 +0000] - 200 200 - GET https shop.example "/v1/orders/7" [Client 203.0.113.7] [Length 512] [Gzip 3.10] [Sent-to 10.0.0.5] "curl/8.5" "-"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders/7 status=200 bytes=512 user_agent=curl/8.5
~~~
"##;
