//! Bodies that controls must see whole: however many come at once, together they take no more than one bound, and all of it
//! is free again once they are gone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::config::{Limits, Size};
use model::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::backends::Backend;
use crate::echo;
use crate::frames::{self, Client, DATA, END_HEADERS, HEADERS, PREFACE, RST_STREAM, frame};
use crate::stage::{Gateway, read_to_close};

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bound of these tests: room for two bodies of [`BODY`].
const BUDGET: Size = Size::kib(64);

/// A body for which 32 KiB are made room.
const BODY: usize = 30_000;

fn limits() -> Limits {
    Limits { held_bytes_max: BUDGET, ..Limits::default() }
}

fn head(fields: &str) -> String {
    format!("PUT /v1/orders/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n")
}

/// A connection over which a body of [`BODY`] bytes has come but for its end.
async fn upload(gateway: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(gateway).await.unwrap();
    let head = head(&format!("content-length: {BODY}\r\n"));
    stream.write_all(&[head.as_bytes(), &[b'x'; BODY - 1]].concat()).await.unwrap();
    stream
}

/// Waits until held bodies take as much as they should.
async fn taken(gateway: &Gateway, bytes: i64) {
    let wait = async {
        while gateway.metrics.held_bytes.get() != bytes {
            tokio::task::yield_now().await;
        }
    };
    let waited = timeout(PATIENCE, wait).await;
    assert!(waited.is_ok(), "{} instead of {bytes}", gateway.metrics.held_bytes.get());
}

/// The answer to an upload, whose last byte is sent.
async fn ended(mut upload: TcpStream) -> String {
    upload.write_all(b"x").await.unwrap();
    read_to_close(&mut upload).await
}

fn assert_overloaded(answer: &str) {
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("urn:palisade:problem:overloaded"),
        "{answer}"
    );
    assert!(answer.contains("\r\nretry-after: 1\r\n") && !answer.contains("xxx"), "{answer}");
}

#[test]
fn uploads_that_would_take_more_than_there_is_are_refused_until_others_are_gone() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(echo());
    let gateway = Gateway::limited(backend, Mode::Enforce, limits());
    let address = gateway.address;
    runtime.block_on(async {
        let (first, second) = (upload(address).await, upload(address).await);
        taken(&gateway, 64 << 10).await;
        let mut third = upload(address).await;
        assert_overloaded(&read_to_close(&mut third).await);
        // What is not held is served meanwhile.
        let mut other = TcpStream::connect(address).await.unwrap();
        let get = "GET /v1/orders/1 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\nconnection: close\r\n\r\n";
        other.write_all(get.as_bytes()).await.unwrap();
        assert!(read_to_close(&mut other).await.starts_with("HTTP/1.1 200 "));
        // A caller who leaves leaves room.
        drop(first);
        taken(&gateway, 32 << 10).await;
        let (second, fourth) = (second, upload(address).await);
        drop(fourth);
        taken(&gateway, 32 << 10).await;
        drop(second);
        taken(&gateway, 0).await;
    });
    let log = gateway.stop();
    assert_eq!(log.matches(r#""denial":{"reason":"overloaded","control":"body-limits""#).count(), 1, "{log}");
}

#[test]
fn a_body_and_its_answer_give_their_room_back_when_the_exchange_ends() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(echo());
    let gateway =
        Gateway::limited(backend, Mode::Enforce, Limits { held_bytes_max: Size::kib(256), ..limits() });
    runtime.block_on(async {
        for _ in 0..20 {
            let answer = ended(upload(gateway.address).await).await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("xxx"), "{}", answer.len());
            taken(&gateway, 0).await;
        }
        // A small one stands behind its head on the way to the backend.
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all((head("content-length: 2\r\n") + "hi").as_bytes()).await.unwrap();
        assert!(read_to_close(&mut stream).await.ends_with("\r\n\r\nhi"));
        taken(&gateway, 0).await;
    });
    gateway.stop();
}

#[test]
fn a_small_body_counts_while_its_backend_says_nothing() {
    let runtime = Runtime::new().unwrap();
    let go_on = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&go_on);
    let backend = runtime.block_on(Backend::start(move |mut stream, _, _| {
        let waiting = Arc::clone(&waiting);
        async move {
            drop(waiting.acquire().await);
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await);
        }
    }));
    let gateway = Gateway::limited(backend.address, Mode::Enforce, limits());
    runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all((head("content-length: 2\r\n") + "hi").as_bytes()).await.unwrap();
        let sent = async {
            while backend.heads.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, sent).await.unwrap();
        assert!((1..64).contains(&gateway.metrics.held_bytes.get()));
        go_on.add_permits(1);
        assert!(read_to_close(&mut stream).await.starts_with("HTTP/1.1 204 "));
        taken(&gateway, 0).await;
    });
    gateway.stop();
}

/// A backend that answers every request with all of [`BODY`] but its last byte, that byte once it may go on, and notes how
/// its connections end.
struct Slow {
    backend: Backend,
    go_on: Arc<Semaphore>,
    ended: Arc<Semaphore>,
}

impl Slow {
    async fn start(fields: &'static str) -> Slow {
        let (go_on, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (waiting, end) = (Arc::clone(&go_on), Arc::clone(&ended));
        let backend = Backend::start(move |mut stream, _, _| {
            let (waiting, end) = (Arc::clone(&waiting), Arc::clone(&end));
            async move {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY}\r\n{fields}\r\n");
                drop(stream.write_all(&[head.as_bytes(), &[b'x'; BODY - 1]].concat()).await);
                let go_on = async { waiting.acquire().await.unwrap().forget() };
                let mut byte = [0];
                tokio::select! {
                    () = go_on => drop(stream.write_all(b"x").await),
                    _ = stream.read(&mut byte) => {}
                }
                end.add_permits(1);
            }
        });
        Slow { backend: backend.await, go_on, ended }
    }
}

async fn ask(gateway: &Gateway) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(head("").as_bytes()).await.unwrap();
    stream
}

#[test]
fn an_answer_that_finds_no_room_is_refused_and_its_backend_hung_up_on() {
    let runtime = Runtime::new().unwrap();
    let slow = runtime.block_on(Slow::start(""));
    let gateway = Gateway::limited(slow.backend.address, Mode::Enforce, limits());
    runtime.block_on(async {
        let (mut first, second) = (ask(&gateway).await, ask(&gateway).await);
        taken(&gateway, 2 * BODY as i64).await;
        let mut third = ask(&gateway).await;
        assert_overloaded(&read_to_close(&mut third).await);
        timeout(PATIENCE, slow.ended.acquire()).await.unwrap().unwrap().forget();
        // Whoever leaves before the answer is whole leaves room as well.
        drop(second);
        taken(&gateway, BODY as i64).await;
        // Its backend may not take what is meant for the first.
        timeout(PATIENCE, slow.ended.acquire()).await.unwrap().unwrap().forget();
        slow.go_on.add_permits(1);
        let answer = read_to_close(&mut first).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("xxx"), "{}", answer.len());
        taken(&gateway, 0).await;
    });
    let log = gateway.stop();
    let refused = r#""verdict":"forwarded","denial":{"reason":"overloaded","control":"leak""#;
    assert_eq!(log.matches(refused).count(), 1, "{log}");
}

#[test]
fn an_answer_that_is_only_glanced_at_goes_unsearched_where_there_is_no_room() {
    let runtime = Runtime::new().unwrap();
    let slow = runtime.block_on(Slow::start("x-glance: 1\r\n"));
    let gateway = Gateway::limited(slow.backend.address, Mode::Enforce, limits());
    runtime.block_on(async {
        let (first, second) = (ask(&gateway).await, ask(&gateway).await);
        taken(&gateway, 2 * BODY as i64).await;
        let mut third = ask(&gateway).await;
        let mut answer = vec![0; BODY];
        timeout(PATIENCE, third.read_exact(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"xxx"));
        drop((first, second, third));
        taken(&gateway, 0).await;
    });
    let log = gateway.stop();
    assert_eq!(log.matches(r#"{"class":"unsearched","pointer":""}"#).count(), 1, "{log}");
}

#[test]
fn a_caller_who_takes_nothing_of_a_held_answer_keeps_its_room_until_it_leaves() {
    let runtime = Runtime::new().unwrap();
    // More than sockets take in.
    let body = vec![b'x'; 32 << 20];
    let backend = runtime.block_on(Backend::start(move |mut stream, _, _| {
        let answer =
            [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
        async move { drop(stream.write_all(&answer).await) }
    }));
    let limits = Limits { answer_bytes_max: Size::kib(64 << 10), ..Limits::default() };
    let gateway = Gateway::limited(backend.address, Mode::Enforce, limits);
    runtime.block_on(async {
        let mut caller = ask(&gateway).await;
        // Something of it has left, so all of it is judged and stands where it is written from.
        caller.read_exact(&mut [0; 100]).await.unwrap();
        assert_eq!(gateway.metrics.held_bytes.get(), 32 << 20);
        drop(caller);
        taken(&gateway, 0).await;
    });
    gateway.stop();
}

#[test]
fn uploads_over_http2_count_alike() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(echo());
    let gateway = Gateway::limited(backend, Mode::Enforce, limits());
    let mut client = Client::connect(gateway.address);
    let open = |stream| frame(HEADERS, END_HEADERS, stream, &frames::request("PUT", &[]));
    let part = |stream| frame(DATA, 0, stream, &[b'x'; 16_000]);
    client.send(&[PREFACE, &open(1), &part(1), &part(1), &open(3), &part(3), &part(3)].concat());
    runtime.block_on(taken(&gateway, 64_000));
    client.send(&[open(5), part(5)].concat());
    assert_eq!(client.next(), frames::Said::Answer(503));
    client.send(&[frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]), frame(RST_STREAM, 0, 3, &[0, 0, 0, 8])].concat());
    runtime.block_on(taken(&gateway, 0));
    gateway.stop();
}
