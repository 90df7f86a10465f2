//! Fastly.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "fastly",
    product: "Fastly",
    source: "https://www.fastly.com/documentation/guides/integrations/logging/",
    syntax: Syntax::Json { marks: &["fastly_server", "fastly_is_edge"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("timestamp", Field::Time),
    ("client_ip", Field::Client),
    ("host", Field::Host),
    ("url", Field::Target),
    ("request_method", Field::Method),
    ("request_protocol", Field::Protocol),
    ("request_referer", Field::Referer),
    ("request_user_agent", Field::UserAgent),
    ("response_status", Field::Status),
    ("response_body_size", Field::Bytes),
    ("time_elapsed", Field::Micros),
];

const DOC: &str = r##"
The JSON that is proposed for new endpoints. Its classic text is the common log format.

~~~line
{"timestamp":"2025-10-10T13:55:36+0000","client_ip":"203.0.113.7","geo_country":"france","host":"shop.example","url":"/v1/orders?page=2","request_method":"GET","request_protocol":"HTTP/1.1","request_referer":"","request_user_agent":"curl/8.5","response_state":"MISS-CLUSTER","response_status":200,"response_reason":"OK","response_body_size":564,"fastly_server":"cache-cdg20764-CDG","fastly_is_edge":true}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 protocol=HTTP/1.1 status=200 bytes=564 user_agent=curl/8.5
~~~
"##;
