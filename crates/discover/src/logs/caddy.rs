//! Caddy.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "caddy",
    product: "Caddy",
    source: "https://caddyserver.com/docs/caddyfile/directives/log",
    syntax: Syntax::Json { marks: &["resp_headers"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("ts", Field::Time),
    ("request.remote_addr", Field::Client),
    ("request.remote_ip", Field::Client),
    ("request.client_ip", Field::Client),
    ("user_id", Field::User),
    ("request.method", Field::Method),
    ("request.host", Field::Host),
    ("request.uri", Field::Target),
    ("request.proto", Field::Protocol),
    ("status", Field::Status),
    ("size", Field::Bytes),
    ("duration", Field::Seconds),
    ("request.headers.User-Agent.0", Field::UserAgent),
    ("request.headers.Referer.0", Field::Referer),
    ("request.headers.Authorization.0", Field::Authorization),
    ("request.headers.Cookie.0", Field::Cookie),
    ("request.headers.X-Api-Key.0", Field::ApiKey),
    ("request.tls.client_common_name", Field::Certificate),
];

const DOC: &str = r##"
The access log of Caddy 2. That there was an `Authorization` or a cookie is known; their values are not in it.

~~~line
{"level":"info","ts":1760104536.8155608,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.7","remote_port":"64985","client_ip":"203.0.113.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/v1/orders","headers":{"User-Agent":["curl/8.5"],"Authorization":["REDACTED"]},"tls":{"version":772,"proto":"h2","server_name":"shop.example"}},"bytes_read":0,"user_id":"","duration":0.001335486,"size":3609,"status":200,"resp_headers":{"Server":["Caddy"]}}
~~~
~~~says
time=2025-10-10T13:55:36.815560Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders protocol=HTTP/2.0 status=200 bytes=3609 duration_us=1335 user_agent=curl/8.5 shows=authorization
~~~
"##;
