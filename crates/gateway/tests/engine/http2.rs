//! Backends of HTTP/2, honest and not: what callers of HTTP/1 get from them, and what is sent again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway::config::{Balance, Health};
use gateway::{Backends, Origin};
use h2::Reason;
use h2::server::{Connection, SendResponse};
use http::{HeaderMap, Request, Response};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::stage::{Gateway, read_to_close};

/// A request as a backend sees it: the number of its connection, and what was asked.
type Seen = (usize, Request<h2::RecvStream>);

/// A backend, and the head of each request that reached it, after the number of its connection.
struct Backend {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    /// Does `act` with each request: its number, itself, what answers it, and the connection that it came over.
    async fn start<A>(builder: h2::server::Builder, act: A) -> Backend
    where
        A: Fn(usize, Seen, SendResponse<Bytes>, &mut Connection<TcpStream, Bytes>) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (seen, act) = (Arc::clone(&heads), Arc::new(act));
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, act, builder) = (Arc::clone(&seen), Arc::clone(&act), builder.clone());
                tokio::spawn(async move {
                    let mut http2 = builder.handshake(stream).await.unwrap();
                    while let Some(Ok((request, respond))) = http2.accept().await {
                        let number = seen.lock().unwrap().len();
                        seen.lock().unwrap().push(format!("{connection} {}", head(&request)));
                        act(number, (connection, request), respond, &mut http2);
                    }
                });
            }
        });
        Backend { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn head<B>(request: &Request<B>) -> String {
    let fields = request.headers().iter();
    let fields: Vec<String> =
        fields.map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
    format!("{} {} {}", request.method(), request.uri(), fields.join(" "))
}

/// Answers with `hello`, and with trailer fields.
fn hello(mut respond: SendResponse<Bytes>) {
    let answer = Response::builder().header("x-backend", "yes").body(()).unwrap();
    let mut body = respond.send_response(answer, false).unwrap();
    body.send_data(Bytes::from_static(b"hello"), false).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-trailer", "1".parse().unwrap());
    body.send_trailers(trailers).unwrap();
}

/// Sends each of `requests` over a connection of its own, one after another, and returns the answers, and the log.
fn answers(runtime: &Runtime, backend: &Backend, requests: &[&str]) -> (Vec<String>, String) {
    let gateway = Gateway::start_http2(backend.address);
    let mut answers = Vec::new();
    for request in requests {
        answers.push(runtime.block_on(async {
            let mut stream = TcpStream::connect(gateway.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            read_to_close(&mut stream).await
        }));
    }
    (answers, gateway.stop())
}

const GET: &str =
    "GET /v1/orders/1?a=b HTTP/1.1\r\nhost: api.example\r\nx-pass: 1\r\nconnection: close\r\n\r\n";

const POST: &str =
    "POST /v1/orders/1 HTTP/1.1\r\nhost: a\r\nx-pass: 1\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";

#[test]
fn a_caller_of_http1_gets_the_answer_of_a_backend_of_http2() {
    let runtime = Runtime::new().unwrap();
    let backend =
        runtime.block_on(Backend::start(h2::server::Builder::new(), |_, _, respond, _| hello(respond)));
    let (answers, log) = answers(&runtime, &backend, &[GET, GET]);
    for answer in answers {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\nx-backend: yes\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{answer}");
    }
    let heads = backend.heads();
    assert!(heads[0].starts_with("0 GET http://api.example/v1/orders/1?a=b x-pass=1 "), "{heads:?}");
    assert!(
        heads[0].ends_with(" forwarded=for=127.0.0.1;host=api.example;proto=http te=trailers"),
        "{heads:?}"
    );
    assert!(!heads[0].contains("connection") && !heads[0].contains(" host="), "{heads:?}");
    assert!(heads[1].starts_with("0 "), "both came over one connection: {heads:?}");
    assert!(log.contains(r#""aborted":false"#), "{log}");
}

#[test]
fn a_request_that_was_refused_unseen_is_sent_again_whatever_its_method() {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(Backend::start(
        h2::server::Builder::new(),
        |number, _, mut respond, _| match number {
            1 => respond.send_reset(Reason::REFUSED_STREAM),
            _ => hello(respond),
        },
    ));
    let (answers, _) =
        answers(&runtime, &backend, &[GET, &POST.replace("content-length: 2\r\n\r\nhi", "\r\n")]);
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")), "{answers:?}");
    assert_eq!(backend.heads().len(), 3);
}

#[test]
fn a_connection_that_says_goodbye_is_left_for_another() {
    let runtime = Runtime::new().unwrap();
    let backend =
        runtime.block_on(Backend::start(h2::server::Builder::new(), |_, (connection, _), respond, http2| {
            hello(respond);
            if connection == 0 {
                http2.graceful_shutdown();
            }
        }));
    let (answers, _) = answers(&runtime, &backend, &[GET, POST, GET]);
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")), "{answers:?}");
    let connections: Vec<String> = backend.heads().iter().map(|head| head[..1].to_owned()).collect();
    assert_eq!(connections, ["0", "1", "1"]);
}

#[test]
fn what_may_have_been_done_is_not_sent_again() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL] {
        let runtime = Runtime::new().unwrap();
        let act = move |_, _, mut respond: SendResponse<Bytes>, _: &mut _| respond.send_reset(reason);
        let backend = runtime.block_on(Backend::start(h2::server::Builder::new(), act));
        let (answers, log) = answers(&runtime, &backend, &[POST, GET]);
        assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 502 ")), "{answers:?}");
        assert_eq!(backend.heads().len(), 2);
        assert!(log.contains(r#""reason":"upstream-malformed""#), "{log}");
    }
}

#[test]
fn a_body_that_is_too_large_is_the_caller_s_fault_and_never_whole() {
    let runtime = Runtime::new().unwrap();
    let (said, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let act = move |_, (_, request): Seen, respond, _: &mut _| {
        let said = said.clone();
        said.send("a head").unwrap();
        tokio::spawn(async move {
            let mut body = request.into_body();
            let end = loop {
                match body.data().await {
                    Some(Ok(data)) => body.flow_control().release_capacity(data.len()).unwrap(),
                    Some(Err(error)) if error.is_reset() => break "a reset",
                    Some(Err(_)) => break "an error",
                    None => break "the end",
                }
            };
            said.send(end).unwrap();
            drop::<SendResponse<Bytes>>(respond);
        });
    };
    let backend = runtime.block_on(Backend::start(h2::server::Builder::new(), act));
    let gateway = Gateway::start_http2(backend.address);
    let answer = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let head = POST.replace("content-length: 2\r\n\r\nhi", "transfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Before the backend has the head there is no stream to reset.
        assert_eq!(seen.recv().await, Some("a head"));
        stream.write_all(b"11\r\naaaaaaaaaaaaaaaaa\r\n0\r\n\r\n").await.unwrap();
        read_to_close(&mut stream).await
    });
    let log = gateway.stop();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");
    assert_eq!(runtime.block_on(seen.recv()), Some("a reset"));
    assert!(log.contains(r#""reason":"body-too-large""#), "{log}");
}

#[test]
fn requests_that_a_backend_does_not_take_at_once_wait_or_go_over_another_connection() {
    let runtime = Runtime::new().unwrap();
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(1);
    let backend = runtime.block_on(Backend::start(builder, |_, _, respond, _| hello(respond)));
    let gateway = Gateway::start_http2(backend.address);
    let address = gateway.address;
    runtime.block_on(async {
        let asked: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn(async move {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    stream.write_all(GET.as_bytes()).await.unwrap();
                    read_to_close(&mut stream).await
                })
            })
            .collect();
        for answer in asked {
            let answer = answer.await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
    });
    gateway.stop();
    assert_eq!(backend.heads().len(), 20);
}

#[test]
fn a_backend_is_asked_for_its_health_over_http2_as_well() {
    let runtime = Runtime::new().unwrap();
    let act = |number, _, mut respond: SendResponse<Bytes>, _: &mut _| match number {
        0 => hello(respond),
        _ => drop(respond.send_response(Response::builder().status(503).body(()).unwrap(), true).unwrap()),
    };
    let backend = runtime.block_on(Backend::start(h2::server::Builder::new(), act));
    let (host, port) = (backend.address.ip().to_string(), backend.address.port());
    let origin = Origin { host, port, tls: None, is_http2: true, is_outside: false };
    let interval = serde_json::from_str(r#""1ms""#).unwrap();
    let health = Health { path: "/well".to_owned(), interval, unhealthy_after: 2, ..Health::default() };
    let backends = Backends::new(vec![origin], Balance::RoundRobin, None, 0);
    let backends = backends.with_health(health, prometheus_client::metrics::gauge::Gauge::default());
    runtime.block_on(async {
        let changed = async {
            while !backends.are_all_unhealthy() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { () = backends.watch(0) => {}, () = changed => {} }
    });
    let heads = backend.heads();
    assert_eq!(heads.len(), 3, "{heads:?}");
    assert!(heads[0].starts_with(&format!("0 GET http://{}/well ", backend.address)), "{heads:?}");
}
