//! Every limit on size, number and time: what is within it passes, what is beyond is refused and on record.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use crate::client::{Client, DEADLINE, get, request};
use crate::stage::Stage;

fn stage(limits: Value) -> Stage {
    let mut stage = Stage::new();
    stage.config["limits"] = limits;
    stage
}

/// Sends `within` and `beyond` to a gateway with `limits`: the first passes, the second is refused with `status` and
/// `reason`, never reaches the backend and is on record.
fn check(limits: Value, within: &[u8], beyond: &[u8], status: u16, reason: &str) {
    let stage = stage(limits);
    let gateway = stage.start();
    let passed = gateway.ask(within);
    assert_eq!(passed.status, 200, "{reason}: {passed:?}");
    assert_eq!(stage.upstream.seen().len(), 1);
    let refused = Client::connect(gateway.address()).try_ask(beyond).expect("an answer");
    assert_eq!((refused.status, refused.problem().as_str()), (status, reason));
    assert_eq!(stage.upstream.seen().len(), 1, "{reason}");
    let record = stage.record(refused.field("x-request-id").unwrap());
    assert_eq!(record["verdict"], "refused");
    assert_eq!(record["denial"]["reason"], reason);
    assert_eq!(record["response"]["status"], status);
}

/// A body of `length` bytes in chunks of a few.
fn chunked(target: &str, length: usize) -> Vec<u8> {
    let mut bytes =
        request("POST", target, &[("Content-Type", OCTETS), ("Transfer-Encoding", "chunked")], b"");
    for chunk in vec![b'x'; length].chunks(10) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

fn upload(length: usize) -> Vec<u8> {
    request("POST", "/upload", &[("Content-Type", OCTETS)], &vec![b'x'; length])
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    let fields = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    request("POST", "/notes", &fields, &encoder.finish().unwrap())
}

const OCTETS: &str = "application/octet-stream";

/// A connection from another address of this machine.
fn connect_from(source: &str, address: SocketAddr) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&format!("{source}:0").parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    Client::over(stream)
}

#[test]
fn a_head_is_bounded_in_fields_bytes_and_target() {
    let fields = |count| vec![("X-Field", "1"); count];
    let (within, beyond) = (get("/status", &fields(4)), get("/status", &fields(5)));
    check(json!({ "headers-max": 5 }), &within, &beyond, 431, "headers-too-large");
    let value = "v".repeat(5000);
    let (within, beyond) = (get("/status", &[("X", &value[..3000])]), get("/status", &[("X", &value)]));
    check(json!({ "head-bytes-max": "4KiB" }), &within, &beyond, 431, "headers-too-large");
    let within = get(&format!("/status?password={}", &value[..40]), &[]);
    let beyond = get(&format!("/status?password={}", &value[..60]), &[]);
    check(json!({ "target-bytes-max": 64 }), &within, &beyond, 414, "uri-too-long");
}

#[test]
fn a_body_is_bounded_by_its_operation_whether_its_length_is_said_or_not() {
    check(json!({}), &upload(64), &upload(65), 413, "body-too-large");
    let note = |length: usize| {
        let text = format!("{:length$}", "{}");
        request("POST", "/notes", &[("Content-Type", "application/json")], text.as_bytes())
    };
    check(json!({ "body-bytes-max": 64 }), &note(64), &note(65), 413, "body-too-large");
    let stage = stage(json!({}));
    let gateway = stage.start();
    let refused = gateway.ask(&chunked("/upload", 65));
    assert_eq!((refused.status, refused.problem().as_str()), (413, "body-too-large"));
    assert_eq!(stage.record(refused.field("x-request-id").unwrap())["denial"]["reason"], "body-too-large");
    assert!(stage.upstream.seen().is_empty(), "the backend never gets a whole request");
    assert_eq!(gateway.ask(&chunked("/upload", 64)).status, 200);
    assert_eq!(stage.upstream.seen()[0].body, [b'x'; 64]);
}

#[test]
fn what_a_body_unpacks_to_is_bounded() {
    let varied: String = (0..200).map(|number| format!("{number},")).collect();
    let within = gzipped(&json!({ "note": varied }).to_string());
    let beyond = gzipped(&json!({ "note": "0".repeat(100_000) }).to_string());
    check(json!({ "decompression-ratio-max": 10 }), &within, &beyond, 413, "body-too-large");
    let beyond = gzipped(&json!({ "note": varied.repeat(10) }).to_string());
    check(json!({ "body-bytes-max": 2000 }), &within, &beyond, 413, "body-too-large");
}

#[test]
fn a_head_and_a_body_must_arrive_in_time() {
    let whole = upload(64);
    let head_only = &whole[..whole.len() - 64 - 2];
    let half_body = &whole[..whole.len() - 32];
    check(json!({ "header-timeout": "50ms" }), &whole, head_only, 408, "request-timeout");
    check(json!({ "body-idle-timeout": "50ms" }), &whole, half_body, 408, "request-timeout");
    check(json!({ "body-timeout": "50ms" }), &whole, half_body, 408, "request-timeout");
}

#[test]
fn a_connection_that_says_nothing_is_closed_without_a_word() {
    let stage = stage(json!({ "first-byte-timeout": "50ms", "idle-timeout": "50ms" }));
    let gateway = stage.start();
    assert_eq!(Client::connect(gateway.address()).rest(), b"");
    let mut client = Client::connect(gateway.address());
    assert_eq!(client.ask(&get("/status", &[])).status, 200);
    assert_eq!(client.rest(), b"");
    assert_eq!(stage.log().len(), 1, "nothing was asked but once");
}

#[test]
fn a_request_in_flight_is_no_idle_connection() {
    let stage = stage(json!({ "first-byte-timeout": "50ms", "idle-timeout": "50ms" }));
    let gateway = stage.start();
    let mut slow = Client::connect(gateway.address());
    slow.send(&get("/slow", &[]));
    stage.upstream.wait_for(1);
    // Another connection's timeout passes in the meantime.
    assert_eq!(Client::connect(gateway.address()).rest(), b"");
    assert_eq!(Client::connect(gateway.address()).rest(), b"");
    stage.upstream.release();
    assert_eq!(slow.answer().status, 200);
}

#[test]
fn connections_are_bounded_in_all_and_by_address() {
    for (limit, other_passes) in [("connections-max", false), ("connections-per-ip-max", true)] {
        let stage = stage(json!({ limit: 2 }));
        let gateway = stage.start();
        let mut open: Vec<Client> = (0..2).map(|_| Client::connect(gateway.address())).collect();
        for client in &mut open {
            assert_eq!(client.ask(&get("/status", &[])).status, 200);
        }
        let refused = Client::connect(gateway.address()).try_ask(&get("/status", &[]));
        assert_eq!(refused, None, "{limit}");
        let other = connect_from("127.0.0.2", gateway.address()).try_ask(&get("/status", &[]));
        assert_eq!(other.is_some(), other_passes, "{limit}");
        let refusals = if other_passes { 1 } else { 2 };
        assert_eq!(gateway.metric("palisade_connections_refused_total"), refusals, "{limit}");
        for client in &mut open {
            assert_eq!(client.ask(&get("/status", &[])).status, 200, "those that are open stay");
        }
        drop(open);
        let deadline = Instant::now() + DEADLINE;
        while Client::connect(gateway.address()).try_ask(&get("/status", &[])).is_none() {
            assert!(Instant::now() < deadline, "a place is never given back");
        }
    }
}

#[test]
fn a_backend_that_fails_is_said_to_and_is_on_record() {
    let stage = stage(json!({ "upstream-response-timeout": "50ms" }));
    let gateway = stage.start();
    let mut client = Client::connect(gateway.address());
    for (target, status, reason) in
        [("/slow", 504, "upstream-timeout"), ("/broken", 502, "upstream-malformed")]
    {
        let answer = client.ask(&get(target, &[]));
        assert_eq!((answer.status, answer.problem().as_str()), (status, reason));
        let record = stage.record(answer.field("x-request-id").unwrap());
        assert_eq!(record["denial"]["reason"], reason);
    }
    assert_eq!(client.ask(&get("/status", &[])).status, 200, "the caller's connection is not at fault");
    assert_eq!(stage.upstream.seen().len(), 3, "nothing is sent twice");
}

#[test]
fn a_backend_that_is_not_there_is_said_to_be() {
    let mut stage = Stage::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    stage.config["apis"][0]["upstream"] = format!("http://{}", free.local_addr().unwrap()).into();
    drop(free);
    let gateway = stage.start();
    let answer = gateway.get("/status");
    assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-unreachable"));
    assert!(!String::from_utf8_lossy(&answer.body).contains("127.0.0.1"), "{answer:?}");
}
