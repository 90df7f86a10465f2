//! Gateways of Azure.

use super::{Format, Syntax};
use crate::line::Field;

pub(super) const FORMAT: Format = Format {
    id: "azure-gateway",
    product: "Azure Application Gateway, Azure Front Door, Azure API Management",
    source: "https://learn.microsoft.com/en-us/azure/application-gateway/monitor-application-gateway-reference",
    syntax: Syntax::Json {
        marks: &["properties.httpStatus", "properties.httpStatusCode", "properties.responseCode"],
        members: MEMBERS,
    },
    doc: DOC,
};

const MEMBERS: &[(&str, Field)] = &[
    ("time", Field::Time),
    ("timeStamp", Field::Time),
    ("properties.clientIP", Field::Client),
    ("properties.clientIp", Field::Client),
    ("callerIpAddress", Field::Client),
    ("properties.httpMethod", Field::Method),
    ("properties.method", Field::Method),
    ("properties.url", Field::Target),
    ("properties.responseCode", Field::Status),
    ("properties.requestUri", Field::Target),
    ("properties.requestQuery", Field::Query),
    ("properties.httpVersion", Field::Protocol),
    ("properties.httpStatus", Field::Status),
    ("properties.httpStatusCode", Field::Status),
    ("properties.sentBytes", Field::Bytes),
    ("properties.responseBytes", Field::Bytes),
    ("properties.timeTaken", Field::SecondsOrMillis),
    ("properties.userAgent", Field::UserAgent),
    ("properties.host", Field::Host),
    ("properties.originalHost", Field::Host),
    ("properties.hostName", Field::Host),
    ("properties.sslClientVerify", Field::Certificate),
];

const DOC: &str = r##"
Access logs of the gateway (version 1 and 2), of Front Door and of API Management, as diagnostics are stored or streamed, one object a line.

~~~line
{"timeStamp":"2025-10-10T13:55:36+00:00","resourceId":"/SUBSCRIPTIONS/X/APPLICATIONGATEWAYS/GW","operationName":"ApplicationGatewayAccess","category":"ApplicationGatewayAccessLog","properties":{"instanceId":"appgw_1","clientIP":"203.0.113.7","clientPort":45057,"httpMethod":"GET","requestUri":"/v1/orders","requestQuery":"page=2","userAgent":"curl/8.5","httpStatus":200,"httpVersion":"HTTP/2.0","receivedBytes":184,"sentBytes":466,"timeTaken":0.034,"sslEnabled":"on","host":"shop.example"}}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 protocol=HTTP/2.0 status=200 bytes=466 duration_us=34000 user_agent=curl/8.5
~~~

~~~line
{"time":"2025-10-10T13:55:36Z","resourceId":"/SUBSCRIPTIONS/X/SERVICE/SHOP","category":"GatewayLogs","operationName":"Microsoft.ApiManagement/GatewayLogs","durationMs":12,"callerIpAddress":"203.0.113.7","properties":{"method":"GET","url":"https://shop.example/v1/orders?page=2","responseCode":200,"apiId":"orders","operationId":"list"}}
~~~
~~~says
time=2025-10-10T13:55:36.000000Z client=203.0.113.7 method=GET host=shop.example path=/v1/orders query=page=2 status=200
~~~
"##;
