//! Proxies in front: whom a request is from is what they say, and nobody else.

use serde_json::json;

use crate::client::{Client, get};
use crate::stage::Stage;

fn behind(trusted: &str, source: &str) -> Stage {
    let mut stage = Stage::new();
    stage.config["listen"][0]["proxies"] = json!({ "trusted": [trusted], "client": source });
    stage
}

/// Whom a request that begins with `announced` and has `field` is from, by its record and by what the backend is told.
fn check(trusted: &str, source: &str, announced: &[u8], field: (&str, &str), expected: &str) {
    let stage = behind(trusted, source);
    let gateway = stage.start();
    let mut client = Client::connect(gateway.address());
    let request = get("/status", &[field, ("X-Request-Id", "whose")]);
    let answer = client.ask(&[announced, &request].concat());
    assert_eq!(answer.status, 200);
    // A second one over the same connection is from the same.
    assert_eq!(client.ask(&get("/status", &[field])).status, 200);
    gateway.stop();
    let seen = stage.upstream.seen();
    for seen in &seen {
        let forwarded = seen.field("forwarded").unwrap();
        assert_eq!(forwarded, expected, "{source}");
        assert_eq!(seen.field("x-forwarded-for"), None);
    }
    assert_eq!(seen.len(), 2);
    let ip = stage.record("whose")["client"]["ip"].as_str().unwrap().to_owned();
    assert!(expected.starts_with(&format!("for={ip};")), "{ip} {expected}");
}

const FIELD: (&str, &str) = ("X-Forwarded-For", "6.6.6.6, 192.0.2.7");
const ELEMENT: (&str, &str) = ("Forwarded", "for=6.6.6.6, for=192.0.2.7;proto=https");

#[test]
fn a_proxy_that_is_believed_says_whom_a_request_is_from() {
    let own = "for=127.0.0.1;host=api.example;proto=http";
    check("127.0.0.1", "x-forwarded-for", b"", FIELD, "for=192.0.2.7;host=api.example;proto=http");
    check("127.0.0.1", "forwarded", b"", ELEMENT, "for=192.0.2.7;host=api.example;proto=https");
    check("10.0.0.0/8", "x-forwarded-for", b"", FIELD, own);
    check("127.0.0.1", "x-forwarded-for", b"", ELEMENT, own);
    let text = b"PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n";
    check("127.0.0.1", "proxy-protocol", text, FIELD, "for=192.0.2.7;host=api.example;proto=http");
    check("127.0.0.1", "proxy-protocol", b"PROXY UNKNOWN\r\n", FIELD, own);
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\0\x01\x01\xbb";
    check("127.0.0.1", "proxy-protocol", binary, FIELD, "for=192.0.2.7;host=api.example;proto=http");
}

#[test]
fn a_connection_that_announces_nobody_is_closed_without_a_word() {
    for (trusted, announced) in
        [("127.0.0.1", ""), ("10.0.0.0/8", "PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n")]
    {
        let stage = behind(trusted, "proxy-protocol");
        let gateway = stage.start();
        let mut client = Client::connect(gateway.address());
        client.try_send(&[announced.as_bytes(), &get("/status", &[])].concat());
        assert_eq!(client.rest(), b"", "{announced}");
        gateway.stop();
        assert_eq!((stage.upstream.seen().len(), stage.log().len()), (0, 0));
    }
}

#[test]
fn limits_are_of_the_client_and_not_of_its_proxy() {
    let mut stage = behind("127.0.0.1", "x-forwarded-for");
    stage.config["controls"] = json!({ "ip-limit": { "rate": "1/h", "burst": 1 } });
    let gateway = stage.start();
    let status = |of: &str| gateway.ask(&get("/status", &[("X-Forwarded-For", of)])).status;
    assert_eq!((status("192.0.2.7"), status("192.0.2.8"), status("192.0.2.7")), (200, 200, 429));
    // What stands before the proxy's own word changes nothing.
    assert_eq!(status("192.0.2.9, 192.0.2.7"), 429);
    gateway.stop();
}
