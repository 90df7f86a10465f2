//! Formats of logs: how a line is written, what GoAccess must be told to read it, and the least that counts it.

use crate::bench::request::{Clock, Request};

/// A format that is measured.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// What comes before the first line.
    pub(super) head: &'static str,
    pub(super) line: fn(&Request) -> String,
    pub(super) goaccess: &'static [&'static str],
    pub(super) counter: Counter,
}

/// What counts by method, path without query, and status.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    /// What awk does with each line.
    Awk(&'static str),
    /// What jq prints of each object.
    Jq(&'static str),
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "combined",
        head: "",
        line: combined,
        goaccess: &["--log-format=COMBINED"],
        counter: Counter::Awk(r#"{ split($7, target, "?"); counts[substr($6, 2) " " target[1] " " $9]++ }"#),
    },
    Format {
        name: "json-lines",
        head: "",
        line: json_lines,
        goaccess: &[
            r#"--log-format={"time":"%dT%t+%^","remote_addr":"%h","host":"%v","request_method":"%m","request_uri":"%U","server_protocol":"%H","status":"%s","body_bytes_sent":"%b","request_time":"%T","http_referer":"%R","http_user_agent":"%u"}"#,
            "--date-format=%Y-%m-%d",
            "--time-format=%T",
        ],
        counter: Counter::Jq(r#""\(.request_method) \(.request_uri | split("?")[0]) \(.status)""#),
    },
    Format {
        name: "envoy-json",
        head: "",
        line: envoy_json,
        goaccess: &[
            r#"--log-format={":authority":"%v","bytes_sent":"%b","downstream_remote_address":"%h:%^","duration":"%L","method":"%m","protocol":"%H","response_code":"%s","start_time":"%dT%t.%^","user-agent":"%u","x-envoy-origin-path":"%U"}"#,
            "--date-format=%Y-%m-%d",
            "--time-format=%T",
        ],
        counter: Counter::Jq(r#""\(.method) \(.["x-envoy-origin-path"] | split("?")[0]) \(.response_code)""#),
    },
    Format {
        name: "caddy",
        head: "",
        line: caddy,
        goaccess: &["--log-format=CADDY"],
        counter: Counter::Jq(r#""\(.request.method) \(.request.uri | split("?")[0]) \(.status)""#),
    },
    Format {
        name: "alb",
        head: "",
        line: alb,
        goaccess: &["--log-format=AWSALB"],
        counter: Counter::Awk(
            r#"{ split($14, target, "?"); sub(/^https:\/\/[^\/]*/, "", target[1]); counts[substr($13, 2) " " target[1] " " $9]++ }"#,
        ),
    },
    Format {
        name: "haproxy",
        head: "",
        line: haproxy,
        goaccess: &[
            r#"--log-format=%h:%^ [%d:%t.%^] %^ %^ %^/%^/%^/%^/%L %s %b %^ %^ %^ %^ %^ "%r""#,
            "--date-format=%d/%b/%Y",
            "--time-format=%T",
        ],
        counter: Counter::Awk(
            r#"{ split($14, target, "?"); counts[substr($13, 2) " " target[1] " " $6]++ }"#,
        ),
    },
    Format {
        name: "w3c",
        head: "#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) \
               cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n",
        line: w3c,
        goaccess: &[
            "--log-format=%d %t %^ %m %U %q %^ %^ %h %u %R %s %^ %^ %L",
            "--date-format=%Y-%m-%d",
            "--time-format=%H:%M:%S",
        ],
        counter: Counter::Awk(r#"/^[^#]/ { counts[$4 " " $5 " " $12]++ }"#),
    },
];

fn combined(request: &Request) -> String {
    let Request { client, method, status, bytes, referer, user_agent, .. } = request;
    let (Clock { day, time, .. }, target) = (request.clock(), request.target());
    format!(
        r#"{client} - - [{day}/Oct/2025:{time} +0000] "{method} {target} HTTP/1.1" {status} {bytes} "{referer}" "{user_agent}""#
    )
}

fn json_lines(request: &Request) -> String {
    let Request { client, method, host, status, bytes, duration_ms, referer, user_agent, .. } = request;
    let (Clock { day, time, .. }, target) = (request.clock(), request.target());
    format!(
        r#"{{"time":"2025-10-{day}T{time}+00:00","remote_addr":"{client}","remote_user":"","host":"{host}","request_method":"{method}","request_uri":"{target}","server_protocol":"HTTP/1.1","status":{status},"body_bytes_sent":{bytes},"request_time":0.{duration_ms:03},"http_referer":"{referer}","http_user_agent":"{user_agent}"}}"#
    )
}

fn envoy_json(request: &Request) -> String {
    let Request { client, method, host, status, bytes, duration_ms, user_agent, .. } = request;
    let (Clock { day, time, millis }, target) = (request.clock(), request.target());
    format!(
        r#"{{":authority":"{host}","bytes_received":0,"bytes_sent":{bytes},"connection_termination_details":null,"downstream_local_address":"10.42.0.77:10443","downstream_remote_address":"{client}:59292","duration":{duration_ms},"method":"{method}","protocol":"HTTP/2","requested_server_name":null,"response_code":{status},"response_code_details":"via_upstream","response_flags":"-","route_name":"orders","start_time":"2025-10-{day}T{time}.{millis:03}Z","upstream_cluster":"orders","upstream_host":"10.42.0.80:8080","user-agent":"{user_agent}","x-envoy-origin-path":"{target}","x-forwarded-for":"{client}"}}"#
    )
}

fn caddy(request: &Request) -> String {
    let Request { client, method, host, status, bytes, duration_ms, user_agent, .. } = request;
    let (time, target) = (request.epoch(), request.target());
    format!(
        r#"{{"level":"info","ts":{time},"logger":"http.log.access","msg":"handled request","request":{{"remote_ip":"{client}","remote_port":"64985","client_ip":"{client}","proto":"HTTP/2.0","method":"{method}","host":"{host}","uri":"{target}","headers":{{"User-Agent":["{user_agent}"],"Accept":["application/json"],"Authorization":["REDACTED"]}},"tls":{{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"{host}"}}}},"bytes_read":0,"user_id":"","duration":0.{duration_ms:03},"size":{bytes},"status":{status},"resp_headers":{{"Server":["Caddy"],"Content-Type":["application/json"]}}}}"#
    )
}

fn alb(request: &Request) -> String {
    let Request { client, method, host, status, bytes, duration_ms, user_agent, .. } = request;
    let (Clock { day, time, millis }, target) = (request.clock(), request.target());
    format!(
        r#"https 2025-10-{day}T{time}.{millis:03}000Z app/orders/50dc6c495c0c9188 {client}:2817 10.0.0.1:80 0.001 0.{duration_ms:03} 0.000 {status} {status} 321 {bytes} "{method} https://{host}:443{target} HTTP/1.1" "{user_agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/orders/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "{host}" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2025-10-{day}T{time}.{millis:03}000Z "forward" "-" "-" "10.0.0.1:80" "{status}" "-" "-""#
    )
}

fn haproxy(request: &Request) -> String {
    let Request { client, method, status, bytes, duration_ms, .. } = request;
    let (Clock { day, time, millis }, target) = (request.clock(), request.target());
    format!(
        r#"{client}:55008 [{day}/Oct/2025:{time}.{millis:03}] https~ orders/app1 0/0/0/{duration_ms}/{duration_ms} {status} {bytes} - - ---- 5/4/0/1/0 0/0 "{method} {target} HTTP/1.1""#
    )
}

fn w3c(request: &Request) -> String {
    let Request { client, method, path, status, duration_ms, referer, .. } = request;
    let (Clock { day, time, .. }, query) = (request.clock(), request.query_or_dash());
    let user_agent = request.user_agent_in_one_word();
    format!(
        "2025-10-{day} {time} 10.0.0.5 {method} {path} {query} 443 - {client} {user_agent} {referer} {status} 0 0 {duration_ms}"
    )
}
