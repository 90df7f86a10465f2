//! Apache APISIX, JSON.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "apisix",
    product: "Apache APISIX",
    source: "https://apisix.apache.org/docs/apisix/plugins/http-logger/",
    syntax: Syntax::Json { marks: &["apisix_latency"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("start_time", Field::Time),
    ("client_ip", Field::Client),
    ("consumer.username", Field::User),
    ("request.method", Field::Method),
    ("request.headers.host", Field::Host),
    ("request.uri", Field::Target),
    ("response.status", Field::Status),
    ("response.size", Field::Bytes),
    ("latency", Field::Millis),
    ("request.headers.user-agent", Field::UserAgent),
    ("request.headers.referer", Field::Referer),
    ("request.headers.authorization", Field::Authorization),
    ("request.headers.cookie", Field::Cookie),
    ("request.headers.apikey", Field::ApiKey),
    ("request.headers.x-api-key", Field::ApiKey),
];

const DOC: &str = r##"
What the plugins `http-logger`, `file-logger`, `kafka-logger` and their like write by default.

~~~line
{"apisix_latency":1.2,"client_ip":"203.0.113.7","latency":12.7,"request":{"headers":{"host":"shop.example","user-agent":"curl/8.5"},"method":"GET","querystring":{"page":"2"},"size":85,"uri":"/v1/orders?page=2","url":"http://shop.example:9080/v1/orders?page=2"},"response":{"headers":{"content-type":"application/json"},"size":512,"status":200},"route_id":"1","server":{"hostname":"gw","version":"3.9.0"},"service_id":"","start_time":1760104536967,"upstream":"10.0.0.5:1980","upstream_latency":11.5}
~~~
~~~says
time=2025-10-10T13:55:36.967000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 status=200 bytes=512 duration_us=12700 user_agent=curl/8.5
~~~
"##;
