//! WebSockets through the program: who may open one, how long it stays open, and what goes on record.

use std::net::Shutdown;

use serde_json::{Value, json};

use crate::client::{Client, get};
use crate::gateway::{Gateway, Signal};
use crate::stage::{SPEC, Stage};

/// A socket for everybody, whose settings are `policy`.
fn stage(policy: &Value) -> Stage {
    let stage = Stage::new();
    let mut policy = policy.clone();
    policy["upgrade"] = "websocket".into();
    let socket = format!(
        "  /socket:\n    get:\n      security: []\n      x-palisade: {policy}\n      \
         responses: {{ \"101\": {{ description: changed over }} }}\n  /slow:\n"
    );
    stage.write("openapi.yaml", &SPEC.replacen("  /slow:\n", &socket, 1));
    stage
}

/// The handshake of RFC 6455 1.2, with these fields beside.
fn handshake(fields: &[(&str, &str)]) -> Vec<u8> {
    let own = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    get("/socket", &[&own[..], fields].concat())
}

/// An open socket, on record as `request_id`.
fn open(gateway: &Gateway, request_id: &str) -> Client {
    let mut client = Client::connect(gateway.address());
    client.send(&handshake(&[("X-Request-Id", request_id)]));
    let head = client.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    client
}

#[test]
fn a_socket_carries_bytes_once_it_is_on_record_and_its_end_is_too() {
    let stage = stage(&json!({}));
    let mut gateway = stage.start();
    assert!(gateway.said().contains("pages of any origin may open the WebSocket"), "{}", gateway.said());
    let mut client = open(&gateway, "socket");
    assert_eq!(stage.record("socket")["response"]["status"], 101);
    assert_eq!(gateway.metric("palisade_tunnels"), 1);
    client.send(b"hello");
    assert_eq!(client.take(5).unwrap(), b"hello");
    client.stream().shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"");
    gateway.stop();
    let record = stage.record("socket");
    assert_eq!((&record["response"]["bytes"], &record["request"]["bytes"]), (&json!(5), &json!(5)));
    assert_eq!(record["aborted"], false);
}

#[test]
fn a_page_of_another_origin_opens_none() {
    let stage = stage(&json!({ "cors": { "allowed-origins": ["https://shop.example"] } }));
    let mut gateway = stage.start();
    assert!(!gateway.said().contains("pages of any origin"), "{}", gateway.said());
    let ask = |origin| {
        let mut client = Client::connect(gateway.address());
        client.send(&handshake(&[("Origin", origin)]));
        client.head().unwrap()
    };
    for origin in ["https://evil.example", "null", "http://shop.example"] {
        assert!(ask(origin).starts_with("HTTP/1.1 403 "), "{origin}");
    }
    assert_eq!(stage.upstream.seen().len(), 0);
    assert!(ask("https://shop.example").starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_socket_holds_its_place_until_it_ends() {
    let stage = stage(&json!({ "concurrency": { "requests-max": 1, "key": ["ip"] } }));
    let gateway = stage.start();
    let first = open(&gateway, "first");
    assert_eq!(gateway.ask(&handshake(&[])).problem(), "concurrency-limited");
    drop(first);
    while gateway.metric("palisade_tunnels") > 0 {}
    open(&gateway, "second");
}

#[test]
fn a_socket_ends_when_it_is_idle_or_open_for_too_long() {
    for limit in ["stream-idle-timeout", "stream-lifetime-max"] {
        let mut stage = stage(&json!({}));
        stage.config["limits"] = json!({ limit: "50ms" });
        let gateway = stage.start();
        assert_eq!(open(&gateway, "long").rest(), b"", "{limit}");
        gateway.stop();
        assert_eq!(stage.record("long")["aborted"], true, "{limit}");
    }
}

#[test]
fn sockets_are_cut_at_the_drain_timeout() {
    let mut stage = stage(&json!({}));
    stage.config["limits"] = json!({ "drain-timeout": "50ms" });
    let gateway = stage.start();
    let mut client = open(&gateway, "drained");
    gateway.signal(Signal::TERM);
    assert_eq!(client.rest(), b"");
    let (status, said) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(stage.record("drained")["aborted"], true);
}

#[test]
fn it_is_said_of_one_get_and_of_nothing_else() {
    let check = |from: &str, to: &str, expected: &str| {
        let stage = Stage::new();
        stage.write("openapi.yaml", &SPEC.replacen(from, to, 1));
        stage.write_config();
        let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(expected), "{text}");
    };
    let upload = "        body-limits: { bytes: 64 }";
    check(upload, "        upgrade: websocket", "a WebSocket is opened by `GET`");
    check(upload, "        upgrade: h2c", "upgraded to a `websocket` alone");
    let mut stage = stage(&json!({}));
    stage.config["apis"][0]["upstream"] = json!({ "url": "http://127.0.0.1:9", "protocol": "http2" });
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("no WebSocket is opened over HTTP/2"),
        "{output:?}"
    );
    check("security:\n", "x-palisade: { upgrade: websocket }\nsecurity:\n", "no control is called `upgrade`");
}
