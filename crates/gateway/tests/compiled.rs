//! The engine with policies compiled from text, before a backend that says what it saw.

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

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gateway::config::Listen;
use gateway::limiter::Limiter;
use gateway::progress::Progress;
use gateway::record::{Log, Settings};
use gateway::{Engine, Feeds, Ingredients, Metrics, Snapshot, compile, read_config};
use model::Timestamp;
use spec::Document;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

const PATHS: &str = "
  /orders:
    get:
      security: []
      x-palisade: { cors: { allowed-origins: ['https://shop.example'], expose: [etag] } }
      responses: { '200': { description: ok } }
    delete:
      security: []
      responses: { '204': { description: gone } }
  /files:
    put:
      security: []
      requestBody:
        content:
          application/json: { schema: { type: object, required: [name] } }
          multipart/form-data: { schema: { type: object, required: [name] } }
          application/octet-stream: {}
      x-palisade: { body-limits: { bytes: 256KiB } }
      responses: { '204': { description: kept } }
  /notes:
    put:
      security: []
      requestBody: { content: { text/plain: {} } }
      x-palisade: { body-limits: { mode: shadow, bytes: 4 } }
      responses: { '204': { description: kept } }
  /reports:
    get:
      security: []
      x-palisade: { concurrency: { requests-max: 1 } }
      responses: { '200': { description: ok } }
";

fn snapshot(backend: &str, metrics: &Metrics) -> Snapshot {
    let config = format!(
        "version: 1\nlisten: [{{ address: '127.0.0.1:0' }}]\napis: [{{ name: example, spec: spec.yaml, upstream: 'http://{backend}' }}]\n"
    );
    let specification = format!("openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:{PATHS}");
    let document = Document::parse("palisade.yaml", config.as_str(), &spec::Limits::default()).0;
    let (document, config, _) = read_config(document);
    let proofs = identity::proof::Proofs::new(Default::default(), 0, &[7; 32]);
    let limiter = Limiter::new(64, [0x9e37_79b9_7f4a_7c15, 7], Timestamp::default());
    let feeds = Feeds::unconfigured(proofs, limiter, Progress::new(64));
    let compiled = compile(&Ingredients {
        document: &document,
        config: &config.unwrap(),
        folder: Path::new(""),
        read: &|_| Ok(specification.clone().into_bytes()),
        secret: &|_| Err("there is none".to_owned()),
        load: &|_, _| Err(io::ErrorKind::NotFound.into()),
        feeds: &feeds,
        metrics,
        generation: 1,
    });
    compiled.snapshot.unwrap_or_else(|| panic!("{:#?}", compiled.problems))
}

/// Runs `talk` with a connection to a gateway and the backend that it forwards to.
fn with_gateway<F: Future<Output = ()>>(talk: impl FnOnce(TcpStream, TcpListener) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let backend = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let metrics = Arc::new(Metrics::default());
    let snapshot = snapshot(&backend.local_addr().unwrap().to_string(), &metrics);
    let shared = Arc::new(ArcSwap::from_pointee(snapshot));
    let data = tempfile::tempdir().unwrap();
    let settings = Settings { segment_bytes: 1 << 20, ..Settings::default() };
    let opened = Log::open(data.path(), settings, 1).unwrap();
    let listen = [Listen::at("127.0.0.1:0".parse().unwrap())];
    let (engine, listening) = Engine::start(&listen, &shared, &metrics, opened.writers, Vec::new()).unwrap();
    runtime.block_on(async {
        let client = TcpStream::connect(listening[0].address).await.unwrap();
        timeout(PATIENCE, talk(client, backend)).await.expect("it takes too long");
    });
    engine.stop();
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "{}", String::from_utf8_lossy(&seen));
    }
    String::from_utf8(seen).unwrap()
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    stream.read_to_end(&mut seen).await.unwrap();
    String::from_utf8(seen).unwrap()
}

#[test]
fn the_gateway_alone_speaks_of_cors_where_it_is_in_force() {
    with_gateway(|mut client, backend| async move {
        let preflight = "OPTIONS /orders HTTP/1.1\r\nhost: a\r\norigin: https://shop.example\r\naccess-control-request-method: GET\r\n\r\n";
        client.write_all(preflight.as_bytes()).await.unwrap();
        let answer = read_until(&mut client, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
        assert!(answer.contains("access-control-allow-methods: GET\r\n"), "{answer}");

        let call = "GET /orders HTTP/1.1\r\nhost: a\r\norigin: https://shop.example\r\n\r\n";
        client.write_all(call.as_bytes()).await.unwrap();
        // What the backend sees first is the call: the preflight never came.
        let (mut behind, _) = backend.accept().await.unwrap();
        let seen = read_until(&mut behind, "\r\n\r\n").await;
        assert!(seen.starts_with("GET /orders "), "{seen}");
        let loose = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\naccess-control-allow-credentials: true\r\nvary: accept-encoding\r\ncontent-length: 2\r\n\r\nok";
        behind.write_all(loose.as_bytes()).await.unwrap();
        let answer = read_until(&mut client, "ok").await;
        assert!(answer.contains("\r\naccess-control-allow-origin: https://shop.example\r\n"), "{answer}");
        assert!(answer.contains("\r\nvary: accept-encoding, origin\r\n"), "{answer}");
        assert!(answer.contains("\r\naccess-control-expose-headers: etag\r\n"), "{answer}");
        assert!(!answer.contains("credentials") && !answer.contains("*"), "{answer}");

        let without_cors =
            "DELETE /orders HTTP/1.1\r\nhost: a\r\norigin: https://evil.example\r\nconnection: close\r\n\r\n";
        client.write_all(without_cors.as_bytes()).await.unwrap();
        read_until(&mut behind, "\r\n\r\n").await;
        behind.write_all(loose.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut client).await;
        assert!(answer.contains("\r\naccess-control-allow-origin: *\r\n"), "{answer}");
    });
}

fn put(content_type: &str, length: usize) -> String {
    format!(
        "PUT /files HTTP/1.1\r\nhost: a\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[test]
fn what_no_policy_reads_streams_beside_what_one_must_read_whole() {
    with_gateway(|mut client, backend| async move {
        // Neither of these reaches the backend, or it would see them first.
        let form = "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--b--\r\n";
        for (content_type, body) in
            [("application/json", r#"{"nome":1}"#), ("multipart/form-data; boundary=b", form)]
        {
            client.write_all((put(content_type, body.len()) + body).as_bytes()).await.unwrap();
            let answer = read_until(&mut client, "}").await;
            assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("body-invalid"), "{answer}");
        }

        let (first, rest) = ([b'a'; 1000], [b'b'; 200_000]);
        let head = put("application/octet-stream", first.len() + rest.len());
        client.write_all(&[head.as_bytes(), &first].concat()).await.unwrap();
        // The first bytes are at the backend before the last are sent.
        let (mut behind, _) = backend.accept().await.unwrap();
        let seen = read_until(&mut behind, "a").await;
        assert!(seen.starts_with("PUT /files ") && !seen.contains("nome"), "{seen}");
        client.write_all(&rest).await.unwrap();
        let arrived = seen.bytes().rev().take_while(|byte| *byte == b'a').count();
        let mut body = vec![0; first.len() + rest.len() - arrived];
        behind.read_exact(&mut body).await.unwrap();
        assert!(body.ends_with(b"bb"));
        behind.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        assert!(read_until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 204 "));

        let head = "PUT /files HTTP/1.1\r\nhost: a\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 300_000, "x".repeat(300_000));
        client.write_all([head, &chunk].concat().as_bytes()).await.unwrap();
        let answer = read_until(&mut client, "}").await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body-too-large"), "{answer}");
    });
}

#[test]
fn a_limit_in_shadow_cuts_no_body_off() {
    with_gateway(|mut client, backend| async move {
        let body = "more than four";
        let request = put("text/plain", body.len()).replace("/files", "/notes") + body;
        client.write_all(request.as_bytes()).await.unwrap();
        let (mut behind, _) = backend.accept().await.unwrap();
        read_until(&mut behind, body).await;
        behind.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        assert!(read_until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 204 "));
    });
}

#[test]
fn a_place_is_taken_until_the_answer_has_ended() {
    with_gateway(|mut client, backend| async move {
        let request = "GET /reports HTTP/1.1\r\nhost: a\r\n\r\n";
        let mut other = TcpStream::connect(client.peer_addr().unwrap()).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let (mut behind, _) = backend.accept().await.unwrap();
        read_until(&mut behind, "\r\n\r\n").await;
        behind.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab").await.unwrap();
        read_until(&mut client, "ab").await;

        other.write_all(request.as_bytes()).await.unwrap();
        let refused = read_until(&mut other, "}").await;
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 1\r\n"), "{refused}");

        behind.write_all(b"cd").await.unwrap();
        read_until(&mut client, "cd").await;
        // The place is free once the end was sent, which the client has seen.
        client.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut behind, "\r\n\r\n").await;
    });
}
