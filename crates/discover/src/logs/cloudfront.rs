//! Amazon CloudFront.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "cloudfront",
    product: "Amazon CloudFront",
    source: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html",
    syntax: Syntax::Columns { marks: &["x-edge-location"] },
    doc: DOC,
};

const DOC: &str = r##"
Standard logs: columns as in the extended log file format, between tabs. The host is the one that was asked
(`x-host-header`), not that of the distribution.

~~~line
#Version: 1.0
#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query x-host-header cs-protocol time-taken cs-protocol-version
2025-10-10	13:55:36	LAX1	2390282	203.0.113.7	GET	d111111abcdef8.cloudfront.net	/v1/orders	200	-	curl/8.5	page=2	shop.example	https	0.001	HTTP/2.0
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 protocol=HTTP/2.0 status=200 bytes=2390282 duration_us=1000 user_agent=curl/8.5
~~~
"##;
