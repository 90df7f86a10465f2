//! Combined log format.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "combined",
    product: "nginx, Apache, and many others",
    source: "https://nginx.org/en/docs/http/ngx_http_log_module.html",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $more"#,
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"#,
        r#"$remote_addr - [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
What nginx writes by default, and Apache as `combined`: the common log format with referer and client program. What many add behind
it is passed over as long as it is numbers, or in quotes: `"$http_x_forwarded_for"`, `$request_time`, `rt=$request_time`, and so on.
A line that breaks off within the client program is read, too. For fields with names, or for the host, write the pattern with `--pattern`.

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "POST /v1/orders HTTP/2.0" 201 512 "https://shop.example/cart" "curl/8.5"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=POST path=/v1/orders protocol=HTTP/2.0 status=201 bytes=512 user_agent=curl/8.5 referer=https://shop.example/cart
~~~

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 17 "-" "curl/8.5" "198.51.100.4" 0.012
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=17 user_agent=curl/8.5
~~~

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 17 "-" "curl/8.5" rt=0.012 uct="0.000" urt="0.010, 0.002"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=17 user_agent=curl/8.5
~~~

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 17 "-" "Mozilla/5.0 (compatible; Exa
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=17 user_agent=Mozilla/5.0 (compatible; Exa
~~~

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:37 +0000] "\x16\x03\x01" 400 157 "-" "-"
~~~
~~~says
time=2025-10-10T13:55:37.000000Z client=203.0.113.7 status=400 bytes=157
~~~
"##;
