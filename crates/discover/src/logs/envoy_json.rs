//! Envoy, JSON.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "envoy-json",
    product: "Envoy, Istio, Envoy Gateway",
    source: "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage",
    syntax: Syntax::Json { marks: &["response_flags"], members: MEMBERS },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("start_time", Field::Time),
    ("downstream_remote_address", Field::Client),
    ("method", Field::Method),
    (":authority", Field::Host),
    ("authority", Field::Host),
    ("path", Field::Target),
    ("x-envoy-origin-path", Field::Target),
    ("protocol", Field::Protocol),
    ("response_code", Field::Status),
    ("bytes_sent", Field::Bytes),
    ("duration", Field::Millis),
    ("user-agent", Field::UserAgent),
    ("user_agent", Field::UserAgent),
    ("downstream_peer_subject", Field::Certificate),
];

const DOC: &str = r##"
The JSON of Envoy Gateway and of Istio. Others choose their own names: those that have `response_flags` are read with the names
that these two use.

~~~line
{":authority":"shop.example","bytes_received":0,"bytes_sent":512,"connection_termination_details":null,"downstream_local_address":"10.42.0.77:10443","downstream_remote_address":"203.0.113.7:59292","duration":11,"method":"GET","protocol":"HTTP/2","response_code":200,"response_flags":"-","route_name":"orders","start_time":"2025-10-10T13:55:36.479Z","user-agent":"curl/8.5","x-envoy-origin-path":"/v1/orders","x-forwarded-for":"203.0.113.7"}
~~~
~~~says
time=2025-10-10T13:55:36.479000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders protocol=HTTP/2 status=200 bytes=512 duration_us=11000 user_agent=curl/8.5
~~~
"##;
