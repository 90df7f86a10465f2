//! Elastic Load Balancing.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "alb",
    product: "AWS Application Load Balancer, Classic Load Balancer",
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
    syntax: Syntax::Text(&[
        r#"$type $time $elb $remote_addr_port $target $_ $_ $_ $status $_ $_ $bytes_sent "$request" "$http_user_agent" $ssl_cipher $ssl_protocol $_ "$_" $rest"#,
        r#"$time $elb $remote_addr_port $backend $_ $_ $_ $status $_ $_ $bytes_sent "$request" "$http_user_agent" $ssl_cipher $ssl_protocol"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
Access logs of an Application Load Balancer (HTTP, HTTPS, HTTP/2, gRPC, WebSockets) and of a Classic Load Balancer. Three times
are in it, of which none is the whole; none is kept.

~~~line
https 2025-10-10T13:55:36.186641Z app/orders/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://shop.example:443/v1/orders/7 HTTP/1.1" "curl/8.5" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/orders/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "shop.example" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2025-10-10T13:55:36.135000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"
~~~
~~~says
time=2025-10-10T13:55:36.186641Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders/7 protocol=HTTP/1.1 status=200 bytes=57 user_agent=curl/8.5
~~~
"##;
