//! W3C extended log file format.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "w3c",
    product: "IIS, Azure, NetScaler and others",
    source: "https://www.w3.org/TR/WD-logfile.html",
    syntax: Syntax::Columns { marks: &[] },
    doc: DOC,
};

const DOC: &str = r##"
The columns stand in a line `#Fields:`, which may come again with others. Without it a line cannot be read. Durations are
seconds where they have a point, and otherwise milliseconds, as IIS has them.

~~~line
#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken
2025-10-10 13:55:36 10.0.0.5 GET /v1/orders page=2 443 alice 203.0.113.7 curl/8.5 - 200 0 0 15
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 user=alice method=GET path=/v1/orders query=page=2 status=200 duration_us=15000 user_agent=curl/8.5 shows=user
~~~
"##;
