//! Amazon API Gateway, text.

use super::{Format, Syntax};

pub(super) const FORMAT: Format = Format {
    id: "api-gateway-clf",
    product: "Amazon API Gateway",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
    syntax: Syntax::Text(&[
        r#"$remote_addr $caller $remote_user [$time_local]"$request" $status $body_bytes_sent $request_id"#,
        r#"$remote_addr $caller $remote_user [$time_local] "$request" $status $body_bytes_sent $request_id"#,
        "$remote_addr,$caller,$remote_user,$time_local,$request_method,$uri,$server_protocol,$status,$body_bytes_sent,$request_id",
        r#"<request id="$request_id"> <ip>$remote_addr</ip> <caller>$caller</caller> <user>$remote_user</user> <requestTime>$time_local</requestTime> <httpMethod>$request_method</httpMethod> <resourcePath>$uri</resourcePath> <status>$status</status> <protocol>$server_protocol</protocol> <responseLength>$body_bytes_sent</responseLength> </request>"#,
    ]),
    doc: DOC,
};

const DOC: &str = r##"
The examples of CLF, CSV and XML of the documentation: `$context.identity.sourceIp $context.identity.caller $context.identity.user
[$context.requestTime]"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength
$context.requestId`, and the same with commas or in elements. A resource path is a template already.

~~~line
203.0.113.7 - - [10/Oct/2025:13:55:36 +0000]"GET /pets/{petId} HTTP/1.1" 200 512 3c63d2c1-3c2d-4d6e-9d0f-0a1b2c3d4e5f
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/pets/{petId} protocol=HTTP/1.1 status=200 bytes=512
~~~

~~~line
203.0.113.7,-,-,10/Oct/2025:13:55:36 +0000,GET,/pets/{petId},HTTP/1.1,200,512,3c63d2c1-3c2d-4d6e-9d0f-0a1b2c3d4e5f
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/pets/{petId} protocol=HTTP/1.1 status=200 bytes=512
~~~

~~~line
<request id="3c63d2c1"> <ip>203.0.113.7</ip> <caller>-</caller> <user>-</user> <requestTime>10/Oct/2025:13:55:36 +0000</requestTime> <httpMethod>GET</httpMethod> <resourcePath>/pets/{petId}</resourcePath> <status>200</status> <protocol>HTTP/1.1</protocol> <responseLength>512</responseLength> </request>
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET path=/pets/{petId} protocol=HTTP/1.1 status=200 bytes=512
~~~
"##;
