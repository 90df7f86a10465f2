//! HAProxy.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "haproxy",
    product: "HAProxy",
    source: "https://docs.haproxy.org/3.0/configuration.html#8.2.3",
    syntax: Syntax::Text(&[
        r#"$remote_addr_port [$time_local] $frontend $backend $_/$_/$_/$_/$request_time_ms $status $bytes_sent $_ $_ $_ $_ $_ "$request""#,
        r#"$remote_addr_port [$time_local] $frontend $backend $_/$_/$_/$_/$request_time_ms $status $bytes_sent $_ $_ $_ $_ $_ {$_} "$request""#,
        r#"$remote_addr_port [$time_local] $frontend $backend $_/$_/$_/$_/$request_time_ms $status $bytes_sent $_ $_ $_ $_ $_ {$_} {$_} "$request""#,
        r#"$remote_addr_port [$time_local] $frontend $backend $_/$_/$_/$_/$request_time_ms $status $bytes_sent $_ $_ $_ $_ $_ "$request" $rest"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
What `option httplog` and `option httpslog` write. Header fields that were captured have no names in it, so they are passed over.

~~~line
203.0.113.7:55008 [10/Oct/2025:13:55:36.584] https~ orders/app1 0/0/0/72/73 200 7456 - - ---- 5/4/0/1/0 0/0 "GET /v1/orders HTTP/1.1"
~~~
~~~says
time=2025-10-10T13:55:36.584000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=7456 duration_us=73000
~~~

~~~line
203.0.113.7:55008 [10/Oct/2025:13:55:36.584] https~ orders/app1 0/0/0/72/73 200 7456 - - ---- 5/4/0/1/0 0/0 {shop.example|curl} "GET /v1/orders HTTP/1.1"
~~~
~~~says
time=2025-10-10T13:55:36.584000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=7456 duration_us=73000
~~~
"##;
