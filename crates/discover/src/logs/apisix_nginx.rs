//! Apache APISIX, text.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "apisix-nginx",
    product: "Apache APISIX",
    source: "https://apisix.apache.org/docs/apisix/customize-nginx-configuration/",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time "$_""#,
        r#"$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time "$_" "$_""#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The access log of the nginx in APISIX, with the host before the request.

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] shop.example "GET /v1/orders HTTP/1.1" 200 512 0.012 "-" "curl/8.5" 10.0.0.5:8080 200 0.011 "http://shop.example"
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders protocol=HTTP/1.1 status=200 bytes=512 duration_us=12000 user_agent=curl/8.5
~~~
"##;
