//! Answers that lose members on their way: as they come, of any size, and never beyond what can be read.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::client::{Client, DEADLINE, get};
use crate::gateway::Gateway;
use crate::stage::{SPEC, Stage};

/// A backend that answers one request with these parts, the first at once and each other when it is told to.
fn backend(parts: Vec<Vec<u8>>) -> (SocketAddr, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (go_on, goes_on): (Sender<()>, Receiver<()>) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).unwrap() > 0);
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                goes_on.recv_timeout(DEADLINE).unwrap();
            }
            stream.write_all(part).unwrap();
        }
    });
    (address, go_on)
}

/// The gateway in front of it, which hides `ssn`.
fn start(parts: Vec<Vec<u8>>, controls: Value) -> (Stage, Gateway, Sender<()>) {
    let (address, go_on) = backend(parts);
    let mut stage = Stage::new();
    let mode = controls["fields"].as_str().unwrap_or("enforce").to_owned();
    stage.config["controls"] = controls;
    stage.config["apis"][0]["upstream"] = json!(format!("http://{address}"));
    let hiding =
        format!("  /status:\n    x-palisade: {{ fields: {{ mode: {mode}, rules: [{{ name: ssn }}] }} }}\n");
    stage.write("openapi.yaml", &SPEC.replacen("  /status:\n", &hiding, 1));
    let gateway = stage.start();
    (stage, gateway, go_on)
}

fn answer(fields: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\n{fields}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// `/status`, whose record is found again.
fn ask(gateway: &Gateway, fields: &[(&str, &str)]) -> Client {
    let mut client = Client::connect(gateway.address());
    let fields = [&[("X-Request-Id", "filtered"), ("Connection", "close")], fields].concat();
    client.send(&get("/status", &fields));
    client
}

/// What the record of the request says of `fields`.
fn said(stage: &Stage) -> (Value, Value) {
    let record = stage.record("filtered");
    let controls = record["controls"].as_array().unwrap().iter();
    let mut fields: Vec<&Value> = controls.filter(|control| control["id"] == "fields").collect();
    assert_eq!(fields.len(), 1, "{record}");
    (fields.pop().unwrap()["outcome"].clone(), record["aborted"].clone())
}

/// The content of chunks, which must be whole.
fn unchunked(mut bytes: &[u8]) -> String {
    let mut text = Vec::new();
    loop {
        let line = bytes.windows(2).position(|end| end == b"\r\n").expect("a chunk");
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        text.extend_from_slice(&bytes[line + 2..line + 2 + length]);
        bytes = &bytes[line + 4 + length..];
        if length == 0 {
            assert_eq!(bytes, b"");
            return String::from_utf8(text).unwrap();
        }
    }
}

#[test]
fn what_may_be_seen_goes_on_before_the_rest_has_come() {
    let first = chunk(r#"{"items":[{"ssn":"078-05","name":"Ada"},{"na"#);
    let rest = [chunk(r#"me":"Bob","ssn":"219-"#), chunk(r#"09"}]}"#), b"0\r\n\r\n".to_vec()].concat();
    let first = answer("Transfer-Encoding: chunked", &first);
    let (stage, gateway, go_on) = start(vec![first, rest], json!({ "leak": "off" }));
    let mut client = ask(&gateway, &[]);
    let head = client.head().unwrap().to_ascii_lowercase();
    assert!(head.contains("chunked") && !head.contains("etag") && !head.contains("content-length"), "{head}");
    let begun = chunk(r#"{"items":[{"name":"Ada"},{"#);
    assert_eq!(client.take(begun.len()).unwrap(), begun);
    go_on.send(()).unwrap();
    assert_eq!(unchunked(&client.rest()), r#""name":"Bob"}]}"#);
    gateway.stop();
    assert_eq!(said(&stage), (json!("changed"), json!(false)));
}

#[test]
fn an_answer_larger_than_any_that_is_held_loses_its_members_too() {
    let item = format!(r#"{{"ssn":"078-05","text":"{}"}}"#, "x".repeat(990));
    let items = 20_000;
    let body = format!("[{}]", vec![item; items].join(","));
    let whole = answer(&format!("Content-Length: {}", body.len()), body.as_bytes());
    // Twice: read as it passes, and held as far as it can be for another control that would like to see it.
    for controls in [json!({ "leak": "off" }), json!({})] {
        let (stage, gateway, _) = start(vec![whole.clone()], controls);
        let mut client = ask(&gateway, &[]);
        assert!(client.head().unwrap().contains("chunked"));
        let text = unchunked(&client.rest());
        assert_eq!((text.len(), text.matches("ssn").count()), (body.len() - items * 15, 0));
        assert_eq!(serde_json::from_str::<Vec<Value>>(&text).unwrap().len(), items);
        gateway.stop();
        assert_eq!(said(&stage), (json!("changed"), json!(false)));
    }
}

#[test]
fn an_answer_that_cannot_be_read_on_is_cut_off_there() {
    let first = answer("Transfer-Encoding: chunked", &chunk(r#"{"name":"Ada","#));
    let rest = [chunk(r#"ssn:"078-05"}"#), b"0\r\n\r\n".to_vec()].concat();
    let (stage, gateway, go_on) = start(vec![first, rest], json!({ "leak": "off" }));
    let mut client = ask(&gateway, &[]);
    assert!(client.head().unwrap().starts_with("HTTP/1.1 200"));
    go_on.send(()).unwrap();
    let got = String::from_utf8(client.rest()).unwrap();
    assert!(!got.contains("078") && !got.ends_with("0\r\n\r\n"), "{got}");
    let said_so = gateway.stop();
    assert!(said_so.contains("an answer could not be read as it passed"), "{said_so}");
    assert_eq!(said(&stage), (json!("denied"), json!(true)));
}

#[test]
fn a_short_answer_that_cannot_be_read_is_refused() {
    let body = br#"{"name":"Ada",ssn:"078-05"}"#;
    let whole = answer(&format!("Content-Length: {}", body.len()), body);
    let (stage, gateway, _) = start(vec![whole], json!({ "leak": "off" }));
    let mut client = ask(&gateway, &[]);
    let refused = client.answer();
    assert_eq!((refused.status, refused.problem().as_str()), (502, "answer-unreadable"));
    gateway.stop();
    assert_eq!(said(&stage).0, json!("denied"));
}

#[test]
fn what_is_packed_is_unpacked_on_its_way() {
    let items: String =
        (0..100_000_u32).map(|n| format!(r#"{{"n":{}}},"#, n.wrapping_mul(2_654_435_761))).collect();
    let body = format!(r#"[{items}{{"ssn":"078-05"}}]"#);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    // As one that does not say how long it is.
    let chunks = |packed: &[u8]| {
        let (first, second) = packed.split_at(packed.len() / 2);
        let mut chunks = Vec::new();
        for part in [first, second] {
            chunks.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            chunks.extend_from_slice(part);
            chunks.extend_from_slice(b"\r\n");
        }
        [chunks, b"0\r\n\r\n".to_vec()].concat()
    };
    let streamed = answer("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", &chunks(&packed));
    let (stage, gateway, _) = start(vec![streamed], json!({ "leak": "off" }));
    let mut client = ask(&gateway, &[("Accept-Encoding", "gzip")]);
    assert!(!client.head().unwrap().to_ascii_lowercase().contains("content-encoding"));
    assert_eq!(unchunked(&client.rest()), body.replace(r#"{"ssn":"078-05"}"#, "{}"));
    gateway.stop();
    assert_eq!(said(&stage), (json!("changed"), json!(false)));
    // Of which the end is missing.
    packed.truncate(packed.len() - 9);
    let cut = answer("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", &chunks(&packed));
    let (stage, gateway, _) = start(vec![cut], json!({ "leak": "off" }));
    let mut client = ask(&gateway, &[("Accept-Encoding", "gzip")]);
    assert!(!client.rest().ends_with(b"0\r\n\r\n"));
    gateway.stop();
    assert_eq!(said(&stage), (json!("denied"), json!(true)));
}

#[test]
fn in_shadow_nobody_can_tell() {
    let body = format!(r#"[{}{{"ssn":"078-05"}}]"#, r#"{"n":1},"#.repeat(10_000));
    let whole = answer(&format!("Content-Length: {}", body.len()), body.as_bytes());
    let (stage, gateway, _) = start(vec![whole], json!({ "leak": "off", "fields": "shadow" }));
    let mut client = ask(&gateway, &[]);
    let got = client.answer();
    assert_eq!(String::from_utf8(got.body.clone()).unwrap(), body);
    assert_eq!(got.field("etag"), Some("\"1\""));
    gateway.stop();
    assert_eq!(said(&stage), (json!("changed"), json!(false)));
}
