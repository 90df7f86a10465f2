//! Ingress NGINX.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "ingress-nginx",
    product: "Ingress NGINX Controller of Kubernetes",
    source: "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/",
    syntax: Syntax::Text(&[
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $rest"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The default of the controller: the combined log format with size and time of the request, and the service that was asked.

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/orders HTTP/1.1" 200 512 "-" "curl/8.5" 93 0.012 [shop-orders-80] [] 10.0.0.5:8080 512 0.011 200 7c2d
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/v1/orders protocol=HTTP/1.1 status=200 bytes=512 duration_us=12000 user_agent=curl/8.5
~~~
"##;
