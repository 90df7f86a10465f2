//! Messages that made real servers and proxies disagree, raw on the socket of a gateway that forwards whatever it can.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::client::{Client, ask, request};
use crate::gateway::Gateway;
use crate::stage::Stage;

/// A specification that declares next to nothing: with `undeclared` off, all that is valid HTTP is forwarded.
const OPEN_SPEC: &str = "
openapi: 3.1.0
info: { title: anything, version: '1' }
paths: { /declared: { get: { responses: {} } } }
";

/// Connections at once: most of the time they wait for a timeout.
const SENDERS: usize = 16;

/// What llhttp refuses and the gateway answers with 200.
const FORWARDED_ERRORS: &[&str] = &[
    // A method of RTSP is a token, which is the contract's matter.
    "HTTP protocol and ANNOUNCE method",
    // The first request is answered, which ends the connection; what follows it is never read.
    "No restart when keep-alive is off (1.0)",
    "Resetting flags when keep-alive is off (1.0, lenient)",
];

/// Requests that hide another, what the gateway answers, and why two servers could read them differently.
const SMUGGLING: &[(&str, u16, &str)] = &[
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "both lengths",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 34\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "two lengths",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        501,
        "a coding that is none",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "space before the colon",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "a control character",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nContent-Length: 34\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "a bare line feed",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\n Content-Length: 34\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "a folded line",
    ),
    (
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "chunks in HTTP/1.0",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
        "a chunk extension that ends a line",
    ),
    ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two hosts"),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "two host fields"),
    ("GET /%2e%2e/%2e%2e/hidden HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a path that leaves the root"),
];

fn open_stage() -> Stage {
    let mut stage = Stage::new();
    stage.write("openapi.yaml", OPEN_SPEC);
    stage.config["controls"] = json!({ "undeclared": "off", "request-schema": "off", "body-limits": "off" });
    // A message that is cut off, or leaves its connection open, is over soon.
    stage.config["limits"] = json!({
        "header-timeout": "100ms", "body-idle-timeout": "100ms", "idle-timeout": "100ms",
    });
    stage
}

/// Sends `bytes` on a connection of its own; the statuses of the answers until its end.
fn statuses(address: SocketAddr, bytes: &[u8]) -> Vec<u16> {
    let mut client = Client::connect(address);
    client.try_send(bytes);
    let answers = String::from_utf8_lossy(&client.rest()).into_owned();
    let statuses = answers.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap());
    // An interim answer (RFC 9110 15.2) is none.
    statuses.filter(|&status| status >= 200).collect()
}

/// Sends each message on a connection of its own, many at once, and gives the statuses of its answers to `judge`.
fn send_all(gateway: &Gateway, messages: &[(String, Vec<u8>)], judge: impl Fn(&str, &[u16]) + Sync) {
    let (address, judge, next) = (gateway.address(), &judge, &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(move || {
                while let Some((name, bytes)) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    judge(name, &statuses(address, bytes));
                }
            });
        }
    });
}

/// The cases of a corpus file; none, and a line that says so, where there is no corpus.
fn cases(file: &str) -> Option<Vec<Value>> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/http")).join(file);
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: no corpus `{file}`");
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

/// The gateway and the backend agree on every request that there was, and the gateway lives on.
fn check_agreement(stage: &Stage, mut gateway: Gateway) {
    assert_eq!(gateway.get("/after").status, 200);
    let seen = stage.upstream.seen();
    let mut forwarded: Vec<String> = stage
        .log()
        .iter()
        .filter(|record| record["verdict"] == "forwarded")
        .map(|record| record["request_id"].as_str().unwrap().to_owned())
        .collect();
    let mut arrived: Vec<&str> = seen.iter().map(|seen| seen.field("x-request-id").unwrap()).collect();
    forwarded.sort();
    arrived.sort();
    assert_eq!(arrived, forwarded, "what the gateway forwarded is what the backend read, one by one");
    for seen in &seen {
        let has_two_lengths =
            seen.field("content-length").is_some() && seen.field("transfer-encoding").is_some();
        assert!(!has_two_lengths, "{seen:?}");
    }
    assert!(!gateway.said().contains("panicked"), "{}", gateway.said());
    let said = gateway.stop();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_request_that_hides_another_is_refused_and_the_hidden_one_is_never_read() {
    let stage = open_stage();
    let gateway = stage.start();
    for (bytes, status, what) in SMUGGLING {
        assert_eq!(statuses(gateway.address(), bytes.as_bytes()), [*status], "{what}");
    }
    assert!(stage.upstream.seen().iter().all(|seen| !seen.head.contains("hidden")));
    check_agreement(&stage, gateway);
}

#[test]
fn messages_that_servers_disagree_on_are_refused_or_cut_off() {
    let Some(cases) = cases("garden_trophies.json") else { return };
    let stage = open_stage();
    let gateway = stage.start();
    let message = |case: &Value| {
        let hex = case["hex"].as_str().unwrap().as_bytes();
        let octets = hex.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = octets.map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
        (String::from_utf8_lossy(&bytes).into_owned(), bytes)
    };
    let messages: Vec<_> = cases.iter().map(message).collect();
    send_all(&gateway, &messages, |name, statuses| {
        // One of them is HTTP/2, which ends without an answer in HTTP/1.
        let is_refused = statuses.last().is_some_and(|&status| status >= 400);
        assert!(is_refused || name.starts_with("PRI "), "{name:?}: {statuses:?}");
    });
    check_agreement(&stage, gateway);
}

#[test]
fn what_a_strict_parser_refuses_is_refused() {
    let Some(cases) = cases("llhttp_cases.json") else { return };
    let stage = open_stage();
    let gateway = stage.start();
    let is_error = |case: &&Value| {
        let kind = case["meta"]["type"].as_str().unwrap_or_default();
        // A lenient mode takes what no strict parser should.
        let is_lenient = kind.starts_with("request") && !matches!(kind, "request" | "request-finish");
        kind.starts_with("request") && (is_lenient || case["error"].as_bool().unwrap())
    };
    let message =
        |case: &Value| (case["name"].as_str().unwrap().to_owned(), message(case["http"].as_str().unwrap()));
    let (errors, others): (Vec<&Value>, Vec<&Value>) = cases.iter().partition(is_error);
    let errors: Vec<_> = errors.into_iter().map(message).collect();
    send_all(&gateway, &errors, |name, statuses| {
        let is_refused = statuses.last().is_some_and(|&status| status >= 400);
        assert!(is_refused || FORWARDED_ERRORS.contains(&name), "{name}: {statuses:?}");
    });
    // Of the others only that they do no harm: some are answers, and the gateway is stricter than llhttp.
    let others: Vec<_> = others.into_iter().map(message).collect();
    send_all(&gateway, &others, |_, _| ());
    assert!(stage.upstream.seen().len() > 30, "most valid requests are forwarded");
    check_agreement(&stage, gateway);
}

#[test]
fn inputs_that_once_broke_parsers_do_no_harm() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/wire"));
    let stage = open_stage();
    let gateway = stage.start();
    let seed = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.unwrap().path();
        // The first byte is for the fuzz target's cuts.
        let bytes = std::fs::read(&path).unwrap().split_first().unwrap().1.to_vec();
        (path.display().to_string(), bytes)
    };
    let messages: Vec<_> = std::fs::read_dir(folder).unwrap().map(seed).collect();
    send_all(&gateway, &messages, |_, _| ());
    check_agreement(&stage, gateway);
}

#[test]
fn a_body_is_passed_on_whatever_the_method() {
    let stage = open_stage();
    let gateway = stage.start();
    for method in ["GET", "HEAD", "DELETE", "POST"] {
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n");
        let chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let counted = "Content-Length: 3\r\n\r\nabc";
        for body in [chunked, counted] {
            assert_eq!(
                statuses(gateway.address(), format!("{head}{body}").as_bytes()),
                [200],
                "{head}{body}"
            );
        }
    }
    let bodies: Vec<_> = stage.upstream.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [b"abc"; 8]);
    check_agreement(&stage, gateway);
}

#[test]
fn a_body_that_is_judged_has_its_length_where_its_caller_sent_none() {
    let stage = Stage::new();
    let gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:write");
    let fields = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
    ];
    let order = "{\"item\":\"tea\"}";
    let body = format!("{:x}\r\n{order}\r\n0\r\n\r\n", order.len());
    let head = request("POST", "/orders", &fields, b"");
    for _ in 0..2 {
        let answer = ask(gateway.address(), &[&head, body.as_bytes()].concat());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let seen = stage.upstream.seen();
    assert_eq!(seen.len(), 2, "the body was read as a request: {seen:?}");
    for seen in seen {
        assert_eq!(seen.body, order.as_bytes(), "{}", seen.head);
        assert_eq!(seen.field("content-length"), Some(order.len().to_string().as_str()), "{}", seen.head);
        assert_eq!(seen.field("transfer-encoding"), None, "{}", seen.head);
    }
}

/// The bytes of one case of llhttp: lines end with CRLF, escapes stand for what cannot be written, and a `Host` is added
/// where there is none, so that its absence is not all that is refused.
fn message(text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text).replace("\\\n", "").replace('\n', "\r\n");
    let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\f", "\u{c}");
    let has_host = text.to_ascii_lowercase().contains("\nhost:");
    let text = if has_host { text } else { text.replace(" HTTP/1.1\r\n", " HTTP/1.1\r\nHost: a\r\n") };
    let mut bytes = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("\\x") {
        let digits: String = after.chars().take_while(char::is_ascii_hexdigit).take(2).collect();
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        rest = &after[digits.len()..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
