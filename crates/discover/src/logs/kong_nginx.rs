//! Kong, text.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "kong-nginx",
    product: "Kong Gateway",
    source: "https://developer.konghq.com/gateway/nginx-directives/",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" kong_request_id: "$kong_request_id""#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The access log of the nginx in Kong from 3.5 on. Before, it is the combined log format.

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 512 "-" "curl/8.5" kong_request_id: "99e3b07df1a8f81f8d0b1f3c2e5a4a21"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=512 user_agent=curl/8.5
~~~
"##;
