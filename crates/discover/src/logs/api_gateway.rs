//! Amazon API Gateway, JSON.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "api-gateway",
    product: "Amazon API Gateway",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
    syntax: Syntax::Json { marks: &["resourcePath", "routeKey"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("requestTime", Field::Time),
    ("requestTimeEpoch", Field::Time),
    ("ip", Field::Client),
    ("sourceIp", Field::Client),
    ("user", Field::User),
    ("caller", Field::User),
    ("principalId", Field::User),
    ("httpMethod", Field::Method),
    ("resourcePath", Field::Path),
    ("routeKey", Field::Request),
    ("domainName", Field::Host),
    ("protocol", Field::Protocol),
    ("status", Field::Status),
    ("responseLength", Field::Bytes),
    ("responseLatency", Field::Millis),
    ("userAgent", Field::UserAgent),
    ("apiKey", Field::ApiKey),
    ("apiKeyId", Field::ApiKey),
    ("clientCertSubjectDN", Field::Certificate),
];

const DOC: &str = r##"
The JSON examples of the documentation, for REST APIs (`resourcePath`) and HTTP APIs (`routeKey`). Both are templates already.

~~~line
{"requestId":"3c63d2c1","ip":"203.0.113.7","caller":"-","user":"-","requestTime":"10/Oct/2025:13:55:36 +0000","httpMethod":"GET","resourcePath":"/pets/{petId}","status":"200","protocol":"HTTP/1.1","responseLength":"512"}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/pets/{petId} protocol=HTTP/1.1 status=200 bytes=512
~~~

~~~line
{"requestId":"3c63d2c1","ip":"203.0.113.7","requestTime":"10/Oct/2025:13:55:36 +0000","routeKey":"GET /pets/{petId}","status":"200","protocol":"HTTP/1.1","responseLength":"512"}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/pets/{petId} protocol=HTTP/1.1 status=200 bytes=512
~~~
"##;
