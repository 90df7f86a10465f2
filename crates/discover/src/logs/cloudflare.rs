//! Cloudflare.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "cloudflare",
    product: "Cloudflare Logpush and Instant Logs",
    source: "https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/zone/http_requests/",
    syntax: Syntax::Json { marks: &["EdgeResponseStatus"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("EdgeStartTimestamp", Field::Time),
    ("ClientIP", Field::Client),
    ("ClientRequestMethod", Field::Method),
    ("ClientRequestHost", Field::Host),
    ("ClientRequestPath", Field::Path),
    ("ClientRequestURI", Field::Target),
    ("ClientRequestProtocol", Field::Protocol),
    ("EdgeResponseStatus", Field::Status),
    ("EdgeResponseBytes", Field::Bytes),
    ("EdgeTimeToFirstByteMs", Field::Millis),
    ("ClientRequestUserAgent", Field::UserAgent),
    ("ClientRequestReferer", Field::Referer),
];

const DOC: &str = r##"
The data set `http_requests`, whichever fields were chosen, as long as `EdgeResponseStatus` is one of them.

~~~line
{"ClientIP":"203.0.113.7","ClientRequestHost":"shop.example","ClientRequestMethod":"GET","ClientRequestURI":"/v1/orders?page=2","ClientRequestProtocol":"HTTP/2","ClientRequestUserAgent":"curl/8.5","EdgeEndTimestamp":1760104536123000000,"EdgeResponseBytes":4600,"EdgeResponseStatus":200,"EdgeStartTimestamp":1760104536000000000,"RayID":"3a6050bcbe121a87"}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 protocol=HTTP/2 status=200 bytes=4600 user_agent=curl/8.5
~~~
"##;
