//! Kong, JSON.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "kong",
    product: "Kong Gateway",
    source: "https://developer.konghq.com/gateway/logs/",
    syntax: Syntax::Json { marks: &["latencies"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("started_at", Field::Time),
    ("client_ip", Field::Client),
    ("consumer.username", Field::User),
    ("authenticated_entity.consumer_id", Field::User),
    ("request.method", Field::Method),
    ("request.headers.host", Field::Host),
    ("request.uri", Field::Target),
    ("response.status", Field::Status),
    ("response.size", Field::Bytes),
    ("latencies.request", Field::Millis),
    ("request.headers.user-agent", Field::UserAgent),
    ("request.headers.referer", Field::Referer),
    ("request.headers.authorization", Field::Authorization),
    ("request.headers.cookie", Field::Cookie),
    ("request.headers.apikey", Field::ApiKey),
    ("request.headers.x-api-key", Field::ApiKey),
    ("request.tls.client_verify", Field::Certificate),
];

const DOC: &str = r##"
What the plugins `file-log`, `http-log`, `tcp-log` and their like write, one object a request.

~~~line
{"latencies":{"request":515,"kong":58,"proxy":457},"request":{"method":"GET","uri":"/v1/orders/7?expand=items","url":"http://shop.example:8000/v1/orders/7","size":75,"headers":{"host":"shop.example","user-agent":"curl/8.5","apikey":"REDACTED"}},"response":{"status":200,"size":9593,"headers":{"server":"nginx"}},"client_ip":"203.0.113.7","started_at":1760104536967,"consumer":{"id":"80f74eef","username":"mobile"},"service":{"name":"orders"}}
~~~
~~~says
time=2025-10-10T13:55:36.967000Z client=203.0.113.7 user=mobile method=GET host=shop.example path=/v1/orders/7 query=expand=items status=200 bytes=9593 duration_us=515000 user_agent=curl/8.5 shows=user shows=api-key
~~~
"##;
