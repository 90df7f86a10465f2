//! Zoraxy.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "zoraxy",
    product: "Zoraxy",
    source: "https://github.com/tobychui/zoraxy",
    syntax: Syntax::Text(&[
        "$rest [$time] [router:$_] [origin:$host] [client: $remote_addr] [useragent: $http_user_agent] $request_method $request_uri $status",
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The log of the reverse proxy.

~~~line
2025/10/10 13:55:36 [2025-10-10 13:55:36.150624] [router:host-http] [origin:shop.example] [client: 203.0.113.7] [useragent: curl/8.5] POST /v1/orders 201
~~~
~~~says
time=2025-10-10T13:55:36.150624Z client=203.0.113.7 method=POST host=shop.example path=/v1/orders status=201 user_agent=curl/8.5
~~~
"##;
