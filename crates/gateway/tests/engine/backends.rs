//! Backends of every kind, honest and not: what their callers get, and what goes on record.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use model::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::stage::{Gateway, exchange, read_to_close};

/// A backend, and the head of the first request on each of its connections.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    /// Reads a head from each connection, then does `act` with it, its number, and what came after the head.
    pub(crate) async fn start<A, F>(act: A) -> Backend
    where
        A: Fn(TcpStream, usize, Vec<u8>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some((head, rest)) = read_head(&mut stream).await else { continue };
                let number = seen.lock().unwrap().len();
                seen.lock().unwrap().push(head);
                tokio::spawn(act(stream, number, rest));
            }
        });
        Backend { address, heads }
    }
}

/// Head of a request, and what was read after it.
async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut buffer = Vec::new();
    let end = loop {
        match buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(at) => break at + 4,
            None if stream.read_buf(&mut buffer).await.ok()? == 0 => return None,
            None => {}
        }
    };
    let rest = buffer.split_off(end);
    Some((String::from_utf8(buffer).unwrap(), rest))
}

fn request(method: &str, fields: &str) -> String {
    format!("{method} /v1/orders/1 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\n{fields}\r\n")
}

const CLOSE: &str = "connection: close\r\n";

/// What a caller gets where the backend answers `answer` (`\n` is CRLF) and closes; and the log.
fn answered(method: &str, answer: &str) -> (String, String) {
    let runtime = Runtime::new().unwrap();
    let answer = answer.replace('\n', "\r\n");
    let backend = runtime.block_on(Backend::start(move |mut stream, _, _| {
        let answer = answer.clone();
        // The gateway may have had enough before the end.
        async move { drop(stream.write_all(answer.as_bytes()).await) }
    }));
    exchange(&runtime, backend.address, Mode::Enforce, request(method, CLOSE).as_bytes())
}

/// As [`answered`], without the field that every answer has.
fn check(answer: &str, expected: &str) {
    let (answer, log) = answered("GET", answer);
    let kept: Vec<&str> = answer.split("\r\n").filter(|line| !line.starts_with("x-request-id: ")).collect();
    assert_eq!(kept.join("\n"), expected);
    // What was there as a whole has its end in the record itself.
    let ends = [r#""whole":true"#, r#""aborted":false"#].map(|end| log.matches(end).count());
    assert!(matches!(ends, [1, 0] | [0, 1]), "{log}");
}

#[test]
fn an_answer_is_framed_anew() {
    check(
        "HTTP/1.1 200 Fine\nContent-Length: 4\nX-A: 1\n\nbody",
        "HTTP/1.1 200 OK\ncontent-length: 4\nx-a: 1\nconnection: close\n\nbody",
    );
    check(
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;a=b\nbo\n2\ndy\n0\nX-Trailer: 1\n\n",
        "HTTP/1.1 200 OK\ntransfer-encoding: chunked\nconnection: close\n\n4\nbody\n0\n\n",
    );
    check(
        "HTTP/1.0 200 OK\n\nbody",
        "HTTP/1.1 200 OK\ntransfer-encoding: chunked\nconnection: close\n\n4\nbody\n0\n\n",
    );
    check("HTTP/1.1 204 No Content\n\n", "HTTP/1.1 204 No Content\nconnection: close\n\n");
    check(
        "HTTP/1.1 304 Not Modified\nContent-Length: 9\n\n",
        "HTTP/1.1 304 Not Modified\ncontent-length: 9\nconnection: close\n\n",
    );
}

#[test]
fn interim_answers_are_read_over() {
    check(
        "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "HTTP/1.1 200 OK\ncontent-length: 2\nconnection: close\n\nok",
    );
}

#[test]
fn what_is_no_answer_is_a_bad_gateway() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\nContent-Length: 4",
        "SSH-2.0-OpenSSH\n\n",
        "HTTP/1.1 101 Switching Protocols\nUpgrade: a\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 9\n\nbody",
        "HTTP/1.1 200 OK\nContent-Length: 4\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n",
        &"HTTP/1.1 100 Continue\n\n".repeat(10),
    ] {
        let (caller, log) = answered("GET", answer);
        assert!(caller.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}: {caller}");
        assert!(log.contains(r#""reason":"upstream-malformed""#), "{log}");
    }
}

#[test]
fn an_answer_that_breaks_off_breaks_off_for_the_caller_too() {
    for answer in [
        "HTTP/1.1 200 OK\nContent-Length: 9\n\nbody",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nbody\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nbody\nX\n",
    ] {
        let (caller, log) = answered("GET", answer);
        // Neither the length nor the last chunk is there, so nobody takes it for whole.
        assert!(!caller.ends_with("0\r\n\r\n") && !caller.contains("body\r\n0"), "{caller}");
        assert!(log.contains(r#""status":200"#) && log.contains(r#""verdict":"forwarded""#), "{log}");
        assert!(log.contains(r#""aborted":true"#), "{log}");
    }
}

#[test]
fn a_backend_that_closes_an_unused_connection_is_asked_over_another() {
    let runtime = Runtime::new().unwrap();
    let (closed, was_closed) = tokio::sync::oneshot::channel();
    let closed = Mutex::new(Some(closed));
    let backend = runtime.block_on(Backend::start(move |mut stream, _, _| {
        let closed = closed.lock().unwrap().take();
        async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            drop(stream);
            closed.map(|closed| closed.send(()));
        }
    }));
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    let answers = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(request("GET", "").as_bytes()).await.unwrap();
        was_closed.await.unwrap();
        stream.write_all(request("GET", CLOSE).as_bytes()).await.unwrap();
        read_to_close(&mut stream).await
    });
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(backend.heads.lock().unwrap().len(), 2);
    gateway.stop();
}

#[test]
fn an_answer_that_comes_before_the_body_is_sent_is_the_answer() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(Backend::start(|mut stream, _, _| async move {
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno").await.unwrap();
        read_to_close(&mut stream).await;
    }));
    // Nine of ten bytes: the answer must come though the body never ends.
    let partial = request("POST", "content-length: 10\r\n") + "123456789";
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    let answer = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(partial.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"no") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
        }
        String::from_utf8(answer).unwrap()
    });
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    gateway.stop();
}

#[test]
fn a_body_goes_on_while_its_answer_comes() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(Backend::start(|mut stream, _, rest| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        let mut piece = rest;
        let mut seen = Vec::new();
        loop {
            if !piece.is_empty() {
                let size = format!("{:x}\r\n", piece.len());
                stream.write_all(&[size.as_bytes(), &piece, b"\r\n"].concat()).await.unwrap();
                seen.append(&mut piece);
            }
            if seen.ends_with(b"0\r\n\r\n") {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
                return;
            }
            stream.read_buf(&mut piece).await.unwrap();
        }
    }));
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    let answer = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let head = request("POST", "transfer-encoding: chunked\r\n") + "4\r\nping\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|window| window == b"ping") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
        }
        stream.write_all(b"4\r\npong\r\n0\r\n\r\n").await.unwrap();
        while !answer.ends_with(b"0\r\n\r\n\r\n0\r\n\r\n") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
        }
        String::from_utf8(answer).unwrap()
    });
    assert!(answer.contains("ping") && answer.contains("pong"), "{answer}");
    let log = gateway.stop();
    assert!(log.contains(r#""request_bytes":8"#) && log.contains(r#""aborted":false"#), "{log}");
}

#[test]
fn large_bodies_go_both_ways_whole() {
    let runtime = Runtime::new().unwrap();
    const BYTES: usize = 3 << 20;
    let backend = runtime.block_on(Backend::start(|mut stream, _, rest| async move {
        let mut read = rest.len();
        let mut piece = Vec::new();
        while read < 16 {
            read += stream.read_buf(&mut piece).await.unwrap();
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BYTES}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let body: Vec<u8> = (0..BYTES).map(|index| b'a' + (index % 26) as u8).collect();
        stream.write_all(&body).await.unwrap();
    }));
    let sent = request("POST", &format!("content-length: 16\r\n{CLOSE}")) + &"x".repeat(16);
    let (answer, log) = exchange(&runtime, backend.address, Mode::Enforce, sent.as_bytes());
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), BYTES);
    assert!(body.bytes().enumerate().all(|(index, byte)| byte == b'a' + (index % 26) as u8));
    assert!(log.contains(&format!(r#""bytes":{BYTES},"request_bytes":16"#)), "{log}");
}
