//! The engine over real sockets: a real backend, a real log, and snapshots made by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod backends;
mod floods;
mod frames;
mod held;
mod http2;
mod malformed;
mod stage;
mod websocket;

use std::net::SocketAddr;

use model::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use stage::exchange;

/// A backend that answers every request with what it read, head and body, as text.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo_connection(stream));
        }
    });
    address
}

async fn echo_connection(mut stream: TcpStream) {
    let mut buffer = Vec::new();
    while let Some(head_end) = read_until_blank_line(&mut stream, &mut buffer).await {
        let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map(|n| n.parse().unwrap())
            })
            .unwrap_or(0);
        while buffer.len() < head_end + length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let seen = buffer.drain(..head_end + length).collect::<Vec<u8>>();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-backend: yes\r\n\r\n", seen.len());
        stream.write_all(&[answer.as_bytes(), &seen].concat()).await.unwrap();
    }
}

async fn read_until_blank_line(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            return Some(at + 4);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Sends `requests` on one connection to a gateway before the echo backend, and returns what came back until it closed,
/// and the log as text.
fn check(mode: Mode, requests: &str) -> (String, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let backend = runtime.block_on(echo());
    exchange(&runtime, backend, mode, requests.as_bytes())
}

const CLOSE: &str = "host: api.example\r\nconnection: close\r\n";

#[test]
fn an_admitted_request_reaches_the_backend_in_one_spelling_and_is_recorded() {
    let request =
        format!("GET /v1/./orders/%37 HTTP/1.1\r\nx-pass: 1\r\nx-forwarded-for: 6.6.6.6\r\n{CLOSE}\r\n");
    let (answer, log) = check(Mode::Enforce, &request);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("GET /v1/orders/7 HTTP/1.1\r\n"), "{answer}");
    assert!(answer.contains("x-backend: yes"), "{answer}");
    assert!(answer.contains("forwarded: for=127.0.0.1;host=api.example;proto=http"), "{answer}");
    assert!(!answer.contains("6.6.6.6"), "{answer}");
    assert!(log.contains(r#""verdict":"forwarded""#), "{log}");
    assert!(log.contains(r#""operation":{"api":"orders","method":"GET","path":"/v1/orders/{id}"}"#), "{log}");
}

#[test]
fn a_refused_request_never_reaches_the_backend_and_is_recorded() {
    let (answer, log) = check(Mode::Enforce, &format!("GET /v1/orders/7 HTTP/1.1\r\n{CLOSE}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answer}");
    assert!(answer.contains("urn:palisade:problem:unauthenticated"), "{answer}");
    assert!(!answer.contains("x-backend"), "{answer}");
    assert!(log.contains(r#""verdict":"refused""#), "{log}");
    assert!(
        log.contains(r#""denial":{"reason":"unauthenticated","control":"jwt","detail":"no password"}"#),
        "{log}"
    );
}

#[test]
fn in_shadow_the_record_says_what_would_have_happened() {
    let (answer, log) = check(Mode::Shadow, &format!("GET /v1/orders/7 HTTP/1.1\r\n{CLOSE}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        log.contains(r#"{"id":"jwt","mode":"shadow","outcome":"denied","reason":"unauthenticated"}"#),
        "{log}"
    );
}

#[test]
fn several_requests_on_one_connection_are_answered_in_order() {
    let first = "GET /v1/orders/1 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\n\r\n";
    let second = "POST /v1/orders/2 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\ncontent-length: 2\r\n\r\nhi";
    let third = format!("GET /v1/orders/3 HTTP/1.1\r\n{CLOSE}\r\n");
    let (answers, log) = check(Mode::Enforce, &[first, second, &third].concat());
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").filter_map(|part| part.get(..3)).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == "200").count(), 2, "{answers}");
    assert_eq!(statuses.iter().filter(|&&status| status == "401").count(), 1, "{answers}");
    assert_eq!(log.lines().count(), 3, "{log}");
}

#[test]
fn a_streamed_body_larger_than_the_operation_allows_is_cut_off() {
    let body = "x".repeat(17);
    let request =
        format!("POST /v1/orders/2 HTTP/1.1\r\nx-pass: 1\r\ncontent-length: 17\r\n{CLOSE}\r\n{body}");
    let (answer, log) = check(Mode::Enforce, &request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(log.contains(r#""reason":"body-too-large""#), "{log}");
}

#[test]
fn a_path_of_no_api_is_refused() {
    let (answer, log) =
        check(Mode::Enforce, &format!("GET /v2/orders/7 HTTP/1.1\r\nx-pass: 1\r\n{CLOSE}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(log.contains(r#""reason":"undeclared-operation""#), "{log}");
    assert!(!log.contains(r#""operation""#), "{log}");
}
