//! Envoy.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "envoy",
    product: "Envoy, Istio, Contour, Emissary",
    source: "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage",
    syntax: Syntax::Text(&[
        r#"[$time] "$request" $status $_ $_ $bytes_sent $request_time_ms $_ "$http_x_forwarded_for" "$http_user_agent" "$_" "$host" "$_""#,
        r#"[$time] "$request" $status $_ $_ $_ "$_" $_ $bytes_sent $request_time_ms $_ "$http_x_forwarded_for" "$http_user_agent" "$_" "$host" "$_" $rest"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The default text of Envoy, and that of Istio, which has more on how the backend was reached. The address is the first of
`X-Forwarded-For`.

~~~line
[2025-10-10T13:55:36.310Z] "POST /v1/orders HTTP/2" 201 - 154 512 226 100 "203.0.113.7" "curl/8.5" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "shop.example" "10.0.2.1:80"
~~~
~~~says
time=2025-10-10T13:55:36.310000Z client=203.0.113.7 method=POST host=shop.example path=/v1/orders protocol=HTTP/2 status=201 bytes=512 duration_us=226000 user_agent=curl/8.5
~~~

~~~line
[2025-10-10T13:55:36.310Z] "GET /v1/orders/7 HTTP/1.1" 200 - via_upstream - "-" 0 512 12 11 "-" "curl/8.5" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "shop.example" "10.0.2.1:80" inbound|80|| 127.0.0.6:1 10.0.2.1:80 10.0.2.9:1 - default
~~~
~~~says
time=2025-10-10T13:55:36.310000Z method=GET host=shop.example path=/v1/orders/7 protocol=HTTP/1.1 status=200 bytes=512 duration_us=12000 user_agent=curl/8.5
~~~
"##;
