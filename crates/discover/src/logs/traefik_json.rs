//! Traefik, JSON.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "traefik-json",
    product: "Traefik",
    source: "https://doc.traefik.io/traefik/observe/logs-and-access-logs/",
    syntax: Syntax::Json { marks: &["DownstreamStatus"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("StartUTC", Field::Time),
    ("ClientHost", Field::Client),
    ("ClientUsername", Field::User),
    ("RequestMethod", Field::Method),
    ("RequestHost", Field::Host),
    ("RequestPath", Field::Target),
    ("RequestProtocol", Field::Protocol),
    ("DownstreamStatus", Field::Status),
    ("DownstreamContentSize", Field::Bytes),
    ("Duration", Field::Nanos),
    ("request_User-Agent", Field::UserAgent),
    ("request_Referer", Field::Referer),
    ("request_Authorization", Field::Authorization),
    ("request_Cookie", Field::Cookie),
    ("request_X-Api-Key", Field::ApiKey),
    ("TLSClientSubject", Field::Certificate),
];

const DOC: &str = r##"
The `json` format of Traefik. Header fields are there if they are kept (`accessLog.fields.headers`).

~~~line
{"ClientAddr":"203.0.113.7:39496","ClientHost":"203.0.113.7","ClientPort":"39496","ClientUsername":"-","DownstreamContentSize":357,"DownstreamStatus":200,"Duration":357313,"RequestHost":"shop.example","RequestMethod":"GET","RequestPath":"/v1/orders/7?expand=items","RequestProtocol":"HTTP/1.1","RouterName":"orders@docker","StartUTC":"2025-10-10T13:55:36.980104634Z","level":"info","msg":"","request_User-Agent":"curl/8.5","time":"2025-10-10T13:55:37Z"}
~~~
~~~says
time=2025-10-10T13:55:36.980104Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders/7 query=expand=items protocol=HTTP/1.1 status=200 bytes=357 duration_us=357 user_agent=curl/8.5
~~~
"##;
