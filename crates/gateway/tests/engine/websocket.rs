//! WebSockets: what opens a tunnel and what does not, and what passes through one.

use model::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::backends::Backend;
use crate::stage::{Gateway, read_to_close};

/// The handshake of RFC 6455 1.2.
const ASK: &str = "GET /v1/orders/1 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

const TAKEN_UP: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Backend: yes\r\n\r\n";

/// A backend that gives `answer` at once, then returns what it gets, and says `bye` when that ends.
async fn echo(answer: String) -> Backend {
    Backend::start(move |mut stream, _, rest| {
        let answer = answer.clone();
        async move {
            stream.write_all(&[answer.as_bytes(), &rest].concat()).await.unwrap();
            let mut bytes = Vec::new();
            while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
                stream.write_all(&bytes.split_off(0)).await.unwrap();
            }
            stream.write_all(b"bye").await.ok();
        }
    })
    .await
}

/// Reads as much as `expected` is long, and compares.
async fn expect(stream: &mut TcpStream, expected: &str) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
}

/// The head that the stream begins with.
async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn bytes_pass_both_ways_after_a_handshake_that_both_sides_have_proved() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(echo(TAKEN_UP.to_owned()));
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(ASK.as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
        assert!(head.contains("\r\nconnection: upgrade\r\nupgrade: websocket\r\n"), "{head}");
        assert!(head.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        for message in ["one", "GET /v1/orders/2 HTTP/1.1\r\nhost: a\r\n\r\n"] {
            stream.write_all(message.as_bytes()).await.unwrap();
            expect(&mut stream, message).await;
        }
        stream.shutdown().await.unwrap();
        assert_eq!(read_to_close(&mut stream).await, "bye");
    });
    let seen = backend.heads.lock().unwrap().clone();
    assert_eq!(seen.len(), 1, "{seen:?}");
    for line in ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"] {
        assert!(seen[0].contains(&format!("\r\n{line}\r\n")), "{seen:?}");
    }
    let log = gateway.stop();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(r#""response":{"status":101}"#), "{log}");
    assert!(log.contains(r#""bytes":44,"request_bytes":41"#), "{log}");
    assert!(log.contains(r#""aborted":false"#), "{log}");
}

/// Asks with `ask`, and at once sends what follows it, where the backend answers `answer`: what the caller gets until the
/// end, what the backend got, and the log.
fn refused(ask: &str, answer: &str) -> (String, Vec<String>, String) {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(echo(answer.to_owned()));
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    let got = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(ask.as_bytes()).await.unwrap();
        read_to_close(&mut stream).await
    });
    let heads = backend.heads.lock().unwrap().clone();
    (got, heads, gateway.stop())
}

#[test]
fn an_operation_that_is_none_opens_no_tunnel() {
    for ask in [ASK.replace("/v1/orders/1", "/v1/other"), ASK.replace("GET", "POST")] {
        let (got, heads, log) = refused(&ask, TAKEN_UP);
        assert!(got.starts_with("HTTP/1.1 400 ") && got.contains("upgrade-refused"), "{got}");
        assert!(got.contains("\r\nconnection: close\r\n"), "{got}");
        assert_eq!(heads, [""; 0]);
        assert!(log.contains(r#""reason":"upgrade-refused""#), "{log}");
    }
}

#[test]
fn an_offer_that_is_none_is_refused_and_so_is_a_caller_that_is_not_let_in() {
    for (ask, expected) in [
        (ASK.replace("version: 13", "version: 12"), "upgrade-refused"),
        (ASK.replace("dGhl", ""), "upgrade-refused"),
        (ASK.replace("x-pass: 1\r\n", ""), "unauthenticated"),
    ] {
        let (got, heads, _) = refused(&ask, TAKEN_UP);
        assert!(got.contains(&format!("urn:palisade:problem:{expected}")), "{got}");
        assert_eq!(heads, [""; 0]);
    }
}

#[test]
fn an_answer_that_does_not_take_up_the_offer_opens_no_tunnel() {
    for (from, to) in [
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "AAAALMBiTxaQ9kYGzzhZRbK+xOo="),
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"),
        ("Connection: Upgrade\r\n", ""),
        ("X-Backend: yes\r\n", "Content-Length: 0\r\n"),
        ("X-Backend: yes\r\n", "Transfer-Encoding: chunked\r\n"),
        ("X-Backend: yes\r\n", "Sec-WebSocket-Protocol: chat\r\n"),
    ] {
        let answer = TAKEN_UP.replace(from, to);
        let (got, heads, log) = refused(ASK, &answer);
        assert!(got.starts_with("HTTP/1.1 502 ") && got.contains("upstream-malformed"), "{answer}\n{got}");
        assert_eq!(heads.len(), 1, "{heads:?}");
        assert!(log.contains(r#""status":502"#), "{log}");
    }
}

/// What is sent right behind the handshake reaches the backend as bytes of the tunnel or not at all: a proxy that sends it
/// on as it comes has sent a request that nobody judged.
#[test]
fn what_comes_before_the_backend_has_changed_over_waits_for_it() {
    let inner = "GET /v1/orders/2 HTTP/1.1\r\nhost: a\r\n\r\n";
    let answer = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n";
    let (got, heads, log) = refused(&format!("{ASK}{inner}"), answer);
    assert!(got.starts_with("HTTP/1.1 426 ") && got.ends_with("\r\n\r\n"), "{got}");
    assert!(got.contains("\r\nconnection: close\r\n"), "{got}");
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert_eq!(log.lines().count(), 1, "{log}");

    let runtime = Runtime::new().unwrap();
    let (release, released) = tokio::sync::watch::channel(false);
    let (early, mut seen_early) = tokio::sync::mpsc::channel(1);
    let backend = runtime.block_on(Backend::start(move |mut stream, _, rest| {
        let (mut released, early) = (released.clone(), early.clone());
        async move {
            released.wait_for(|&released| released).await.unwrap();
            let mut bytes = rest;
            // Nothing is there that could be read without waiting.
            let waiting = stream.try_read_buf(&mut bytes);
            early.send((waiting.is_err(), bytes.len())).await.unwrap();
            stream.write_all(TAKEN_UP.as_bytes()).await.unwrap();
            stream.read_buf(&mut bytes).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        }
    }));
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(format!("{ASK}{inner}").as_bytes()).await.unwrap();
        while backend.heads.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        release.send_replace(true);
        assert_eq!(seen_early.recv().await, Some((true, 0)));
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 101 "));
        expect(&mut stream, inner).await;
    });
    gateway.stop();
}
