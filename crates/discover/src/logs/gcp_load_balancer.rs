//! Google Cloud load balancer.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "gcp-load-balancer",
    product: "Google Cloud HTTP(S) load balancing, Cloud Run, App Engine",
    source: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest",
    syntax: Syntax::Json { marks: &["httpRequest.requestUrl"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("timestamp", Field::Time),
    ("httpRequest.remoteIp", Field::Client),
    ("httpRequest.requestMethod", Field::Method),
    ("httpRequest.requestUrl", Field::Target),
    ("httpRequest.protocol", Field::Protocol),
    ("httpRequest.status", Field::Status),
    ("httpRequest.responseSize", Field::Bytes),
    ("httpRequest.latency", Field::Seconds),
    ("httpRequest.userAgent", Field::UserAgent),
    ("httpRequest.referer", Field::Referer),
];

const DOC: &str = r##"
Entries of Cloud Logging with an `httpRequest`, exported one a line.

~~~line
{"httpRequest":{"latency":"0.012s","protocol":"HTTP/1.1","referer":"https://shop.example/","remoteIp":"203.0.113.7","requestMethod":"GET","requestSize":"85","requestUrl":"https://shop.example/v1/orders?page=2","responseSize":"512","status":200,"userAgent":"curl/8.5"},"insertId":"1x","logName":"projects/p/logs/requests","resource":{"type":"http_load_balancer"},"severity":"INFO","timestamp":"2025-10-10T13:55:36.123456Z"}
~~~
~~~says
time=2025-10-10T13:55:36.123456Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 protocol=HTTP/1.1 status=200 bytes=512 duration_us=12000 user_agent=curl/8.5 referer=https://shop.example/
~~~
"##;
