//! Traefik.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "traefik",
    product: "Traefik",
    source: "https://doc.traefik.io/traefik/observe/logs-and-access-logs/",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $numbers "$router" "$server" ${request_time_ms}ms"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The `common` format of Traefik: the combined log format with the number of the request, router, server and duration.

~~~line
203.0.113.7 - alice [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 414 "-" "curl/8.5" 500 "orders@docker" "http://172.17.0.3:80" 25ms
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 user=alice method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=414 duration_us=25000 user_agent=curl/8.5 shows=user
~~~
"##;
