//! Common log format.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "common",
    product: "Apache, Tomcat, nginx and many others",
    source: "https://httpd.apache.org/docs/current/mod/mod_log_config.html",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#,
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $numbers"#,
        r#"$remote_addr - [$time_local] "$request" $status $body_bytes_sent"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The common log format (`%h %l %u %t "%r" %>s %b` of Apache): address, user, time, request, status, bytes. Numbers may follow, as a
time or a port. Neither host nor client program are in it; `palisade` cannot tell the APIs of one server apart by it.

~~~line
203.0.113.7 - alice [10/Oct/2025:13:55:36 +0200] "GET /v1/orders/7?expand=items HTTP/1.1" 200 2326
~~~
~~~says
time=2025-10-10T11:55:36.000000Z client=203.0.113.7 user=alice method=GET path=/v1/orders/7 query=expand=items protocol=HTTP/1.1 status=200 bytes=2326 shows=user
~~~
"##;
