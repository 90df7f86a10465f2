//! Clients of HTTP/2 that send without end, reset without end, or never take or say anything: each is ended or bounded,
//! and everyone else is served on.

use std::time::Duration;

use gateway::config::{Limits, Span};
use model::Mode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::backends::Backend;
use crate::frames::*;
use crate::malformed::agreeable;
use crate::stage::{Gateway, read_to_close};
use Said::{Answer, End, Goaway, Pong, Reset};

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const STREAM_CLOSED: u32 = 5;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Streams that a client opens, far more than it may reset.
const MANY: u32 = 2_000;

/// Waits of a tenth of a second, so that what is never to end is soon over.
fn impatient() -> Limits {
    let soon = Span(Duration::from_millis(100));
    Limits {
        first_byte_timeout: soon,
        header_timeout: soon,
        idle_timeout: soon,
        body_idle_timeout: soon,
        ..Limits::default()
    }
}

/// Sends `sent` after the preface; everything that is said up to the end, and how many requests the backend saw.
fn check(limits: Limits, sent: &[u8]) -> (Vec<Said>, usize) {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(agreeable());
    let gateway = Gateway::limited(backend.address, Mode::Enforce, limits);
    let mut client = Client::connect(gateway.address);
    client.send(&[PREFACE, sent].concat());
    let said: Vec<Said> = std::iter::from_fn(|| Some(client.next()).filter(|said| *said != End)).collect();
    let seen = backend.heads.lock().unwrap().len();
    let mut other = Client::connect(gateway.address);
    other.send(&[PREFACE, &get(1)].concat());
    let is_served =
        std::iter::from_fn(|| Some(other.next()).filter(|said| *said != End)).any(|said| said == Answer(200));
    assert!(is_served, "another is served");
    gateway.stop();
    (said, seen)
}

/// The numbers of as many streams as nobody needs.
fn streams() -> impl Iterator<Item = u32> {
    (0..MANY).map(|number| 2 * number + 1)
}

#[test]
fn streams_that_are_reset_as_soon_as_opened_end_the_connection() {
    let reset = |stream| [get(stream), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
    let (said, seen) = check(Limits::default(), &streams().flat_map(reset).collect::<Vec<u8>>());
    assert_eq!(said.last(), Some(&Goaway(ENHANCE_YOUR_CALM)), "CVE-2023-44487: {said:?}");
    assert!(seen < 100, "{seen} requests reached the backend");
}

#[test]
fn a_client_that_makes_us_reset_its_streams_is_ended() {
    let open = |stream| frame(HEADERS, END_HEADERS, stream, &request("POST", &[]));
    for (what, bad, code) in [
        // The library takes this one for an error of the connection, as it may (RFC 9113 5.4).
        ("WINDOW_UPDATE of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), PROTOCOL_ERROR),
        ("a window beyond its bound", frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]), ENHANCE_YOUR_CALM),
    ] {
        let provoke = |stream: u32| {
            let mut bad = bad.clone();
            bad[5..9].copy_from_slice(&stream.to_be_bytes());
            [open(stream), bad].concat()
        };
        let (said, seen) = check(Limits::default(), &streams().flat_map(provoke).collect::<Vec<u8>>());
        assert_eq!(said.last(), Some(&Goaway(code)), "CVE-2025-8671, {what}: {said:?}");
        assert!(seen < 300, "{what}: {seen} requests reached the backend");
    }
}

#[test]
fn malformed_requests_without_end_end_the_connection() {
    let malformed = |stream| frame(HEADERS, WHOLE, stream, &request("GET", &[("connection", "close")]));
    let (said, seen) = check(Limits::default(), &streams().flat_map(malformed).collect::<Vec<u8>>());
    assert_eq!(said.last(), Some(&Goaway(ENHANCE_YOUR_CALM)), "{said:?}");
    assert_eq!(seen, 0);
}

#[test]
fn empty_data_without_end_ends_the_connection() {
    let open = frame(HEADERS, END_HEADERS, 1, &request("POST", &[]));
    let (said, _) = check(Limits::default(), &[open, frame(DATA, 0, 1, &[]).repeat(100_000)].concat());
    assert_eq!(said.last(), Some(&Goaway(ENHANCE_YOUR_CALM)), "RUSTSEC-2026-0258: {said:?}");
}

#[test]
fn a_stream_below_the_last_is_an_error_of_the_connection() {
    let (said, seen) = check(Limits::default(), &[get(5), get(3)].concat());
    assert_eq!(said.last(), Some(&Goaway(PROTOCOL_ERROR)), "RFC 9113 5.1.1: {said:?}");
    assert!(seen <= 1);
}

#[test]
fn a_stream_that_has_ended_takes_no_more() {
    let (said, seen) = check(impatient(), &[get(1), frame(DATA, 0, 1, b"more")].concat());
    assert!(matches!(said.last(), Some(Goaway(PROTOCOL_ERROR | STREAM_CLOSED))), "RFC 9113 5.1: {said:?}");
    assert!(seen <= 1);
}

#[test]
fn a_client_that_says_farewell_gets_its_answer_and_the_end() {
    let (said, seen) = check(Limits::default(), &[get(1), frame(GOAWAY, 0, 0, &[0; 8])].concat());
    let answers: Vec<_> = said.iter().filter(|said| matches!(said, Answer(_))).collect();
    assert_eq!((answers, seen), (vec![&Answer(200)], 1), "RFC 9113 6.8: {said:?}");
}

#[test]
fn pings_and_settings_are_answered_one_by_one() {
    let floods = [frame(PING, 0, 0, b"anything").repeat(20_000), frame(SETTINGS, 0, 0, &[]).repeat(20_000)];
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(agreeable());
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    for (flood, pongs) in floods.iter().zip([20_000, 0]) {
        let mut client = Client::connect(gateway.address);
        let mut writer = client.second();
        let said = std::thread::scope(|scope| {
            scope.spawn(move || writer.send(&[PREFACE, flood, &get(1)].concat()));
            let said = (0..pongs).map(|_| client.next()).all(|said| said == Pong);
            assert!(said);
            client.next()
        });
        assert_eq!(said, Answer(200));
    }
    gateway.stop();
}

#[test]
fn a_preface_that_is_none_or_never_whole_is_no_connection_of_http2() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(agreeable());
    let gateway = Gateway::limited(backend.address, Mode::Enforce, impatient());
    for (preface, status) in [
        ("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "HTTP/1.1 "),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n", "HTTP/1.1 "),
        ("PRI * HTT", "HTTP/1.1 408 "),
    ] {
        let answer = runtime.block_on(async {
            let mut stream = TcpStream::connect(gateway.address).await.unwrap();
            stream.write_all(preface.as_bytes()).await.unwrap();
            read_to_close(&mut stream).await
        });
        assert!(answer.starts_with(status) && !answer.starts_with("HTTP/1.1 2"), "{preface}: {answer}");
    }
    assert_eq!(backend.heads.lock().unwrap().len(), 0);
    gateway.stop();
}

#[test]
fn a_connection_without_requests_is_ended_though_it_answers_pings() {
    let acknowledgements = frame(PING, ACK, 0, &[0; 8]);
    for (what, sent) in [
        ("silent", Vec::new()),
        ("lively", acknowledgements),
        ("after a request", get(1)),
        ("within a block of fields", frame(HEADERS, END_STREAM, 1, &request("GET", &[]))),
    ] {
        let (said, _) = check(impatient(), &sent);
        assert_eq!(said.last(), Some(&Goaway(NO_ERROR)), "{what}: {said:?}");
    }
}

#[test]
fn an_answer_that_nobody_takes_is_reset_and_frees_its_backend() {
    let runtime = Runtime::new().unwrap();
    let (left, has_left) = std::sync::mpsc::channel();
    let backend = runtime.block_on(Backend::start(move |mut stream, _, _| {
        let left = left.clone();
        async move {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n";
            stream.write_all(head).await.unwrap();
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            left.send(()).unwrap();
        }
    }));
    let gateway = Gateway::limited(backend.address, Mode::Enforce, impatient());
    let mut client = Client::connect(gateway.address);
    // A window of nothing: all that may be sent is the head.
    let no_window = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    client.send(&[PREFACE, &no_window, &get(1)].concat());
    assert_eq!((client.next(), client.next()), (Answer(200), Reset(CANCEL)));
    has_left.recv_timeout(Duration::from_secs(20)).unwrap();
    let log = gateway.stop();
    assert!(log.contains(r#""aborted":true"#), "{log}");
}
