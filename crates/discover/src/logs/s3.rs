//! Amazon S3.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "s3",
    product: "Amazon S3 server access log",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
    syntax: Syntax::Text(&[
        r#"$_ $_ [$time] $remote_addr $remote_user $_ $_ $_ "$request" $status $_ $bytes_sent $_ $request_time_ms $_ "$http_referer" "$http_user_agent" $rest"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
Server access logs of a bucket.

~~~line
79a59df900b949e55d96a1e698fbaced orders [10/Oct/2025:13:55:36 +0000] 203.0.113.7 - 3E57427F3EXAMPLE REST.GET.OBJECT 7.json "GET /orders/7.json HTTP/1.1" 200 - 113 113 7 6 "-" "curl/8.5" - s9lzHYrFp76ZVxRcpX9= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader orders.s3.us-west-1.amazonaws.com TLSV1.2 - -
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/orders/7.json protocol=HTTP/1.1 status=200 bytes=113 duration_us=7000 user_agent=curl/8.5
~~~
"##;
