//! Answers of a backend on their way through the engine: held, changed, refused, and what is on record of them.

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

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use flate2::Compression;
use flate2::write::GzEncoder;
use gateway::config::Listen;
use gateway::limiter::Limiter;
use gateway::progress::Progress;
use gateway::record::{Entry, Log, Reader, Settings};
use gateway::{Engine, Feeds, Ingredients, Metrics, Snapshot, compile, read_config};
use model::Timestamp;
use spec::Document;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

const SPECIFICATION: &str = "
openapi: 3.1.0
info: { title: t, version: '1' }
paths:
  /open:
    get:
      security: []
      responses: { '200': { description: ok } }
  /blocked:
    get:
      security: []
      x-palisade: { leak: { action: block } }
      responses: { '200': { description: ok } }
  /masked:
    get:
      security: []
      x-palisade: { fields: { rules: [{ name: secret }, { name: shown, otherwise: mask }] } }
      responses: { '200': { description: ok } }
";

fn snapshot(backend: &str, metrics: &Metrics) -> Snapshot {
    let config = format!(
        "version: 1\nlisten: [{{ address: '127.0.0.1:0' }}]\nlimits: {{ answer-bytes-max: 1KiB }}\napis: [{{ name: example, spec: spec.yaml, upstream: 'http://{backend}' }}]\n"
    );
    let document = Document::parse("palisade.yaml", config.as_str(), &spec::Limits::default()).0;
    let (document, config, _) = read_config(document);
    let proofs = identity::proof::Proofs::new(Default::default(), 0, &[7; 32]);
    let limiter = Limiter::new(64, [0x9e37_79b9_7f4a_7c15, 7], Timestamp::default());
    let feeds = Feeds::unconfigured(proofs, limiter, Progress::new(64));
    let compiled = compile(&Ingredients {
        document: &document,
        config: &config.unwrap(),
        folder: Path::new(""),
        read: &|_| Ok(SPECIFICATION.as_bytes().to_vec()),
        secret: &|_| Err("there is none".to_owned()),
        load: &|_, _| Err(io::ErrorKind::NotFound.into()),
        feeds: &feeds,
        metrics,
        generation: 1,
    });
    compiled.snapshot.unwrap_or_else(|| panic!("{:#?}", compiled.problems))
}

/// Sends a request for `path` to a gateway whose backend answers with `answer` and closes. Returns what the backend got,
/// what the caller got, and the log.
fn served(path: &str, fields: &str, answer: &[u8]) -> (String, Vec<u8>, String) {
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
    let talk = async {
        let mut client = TcpStream::connect(listening[0].address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let (mut behind, _) = backend.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            assert!(behind.read_buf(&mut asked).await.unwrap() > 0);
        }
        behind.write_all(answer).await.unwrap();
        behind.shutdown().await.unwrap();
        let mut got = Vec::new();
        // A connection that is cut off may be reset.
        while client.read_buf(&mut got).await.unwrap_or(0) > 0 {}
        (String::from_utf8(asked).unwrap(), got)
    };
    let (asked, got) = runtime.block_on(async { timeout(PATIENCE, talk).await.expect("it takes too long") });
    engine.stop();
    drop(opened.log);
    let entries = Reader::open(data.path()).unwrap();
    let line = |entry: Entry| serde_json::to_string(&entry.exchange().unwrap()).unwrap() + "\n";
    let log = entries.map(|entry| line(entry.unwrap())).collect();
    (asked, got, log)
}

fn json(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const SECRET: &str = r#"{"id": 7, "token": "ghp_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890"}"#;

#[test]
fn what_is_refused_is_sent_in_no_part_and_stands_on_record() {
    let (_, got, log) = served("/blocked", "", &json(SECRET));
    let got = text(&got);
    assert!(got.starts_with("HTTP/1.1 502 ") && got.contains("urn:palisade:problem:answer-leaks"), "{got}");
    assert!(!got.contains("ghp_") && !got.contains("\"id\""), "{got}");
    assert!(log.contains(r#""verdict":"forwarded""#) && log.contains(r#""reason":"answer-leaks""#), "{log}");
    assert!(log.contains(r#"{"class":"code-key","pointer":"/token"}"#) && !log.contains("ghp_"), "{log}");
}

#[test]
fn what_is_only_reported_passes_and_stands_on_record() {
    let (_, got, log) = served("/open", "", &json(SECRET));
    assert!(text(&got).ends_with(SECRET), "{}", text(&got));
    assert!(log.contains(r#"{"class":"code-key","pointer":"/token"}"#) && !log.contains("ghp_"), "{log}");
    assert!(log.contains(&format!("\"bytes\":{}", SECRET.len())), "{log}");
}

#[test]
fn what_is_changed_says_its_own_length() {
    let body = r#"{"secret": 1, "n": 1.50e3, "shown": "x", "list": [{"secret": [1, 2]}]}"#;
    let (_, got, log) = served("/masked", "", &json(body));
    let left = r#"{"n": 1.50e3, "shown": "***", "list": [{}]}"#;
    let got = text(&got);
    assert!(got.ends_with(left) && got.contains(&format!("content-length: {}\r\n", left.len())), "{got}");
    assert_eq!(got.matches("content-length").count(), 1);
    assert!(log.contains(r#"{"id":"fields","mode":"enforce","outcome":"changed"}"#), "{log}");
}

#[test]
fn chunks_are_held_until_the_last() {
    let chunked = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
        10\r\n{\"secret\": \"abc\"\r\n6\r\n, \"b\":\r\n3\r\n 2}\r\n0\r\n\r\n";
    let (_, got, _) = served("/masked", "", chunked);
    assert!(text(&got).ends_with("\r\n\r\n{\"b\": 2}"), "{}", text(&got));
    // The last chunk never comes: nothing was sent of those before.
    let (_, got, _) = served("/masked", "", &chunked[..chunked.len() - 12]);
    let got = text(&got);
    assert!(got.starts_with("HTTP/1.1 502 ") && !got.contains("\"b\""), "{got}");
}

#[test]
fn a_coded_answer_is_judged_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(br#"{"secret": 1, "b": 2}"#).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\netag: \"1\"\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    let answer = [head.as_bytes(), &packed].concat();
    let (asked, got, _) = served("/masked", "accept-encoding: gzip, br\r\nrange: bytes=0-3\r\n", &answer);
    assert!(asked.contains("accept-encoding: gzip\r\n") && !asked.contains("range"), "{asked}");
    let got = text(&got);
    assert!(got.ends_with("\r\n\r\n{\"b\": 2}") && !got.contains("gzip") && !got.contains("etag"), "{got}");
    // What nobody changes goes on as it came.
    let (_, got, log) = served("/open", "accept-encoding: gzip\r\n", &answer);
    assert!(got.ends_with(&packed) && log.contains("\"leaks\":[]"), "{log}");
}

#[test]
fn what_is_too_large_to_hold_is_refused_or_goes_unsearched() {
    let body = format!(r#"{{"pad": "{}", "secret": 1}}"#, "x".repeat(5000));
    let length_known = json(&body);
    let until_closed =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}").into_bytes();
    for answer in [length_known, until_closed] {
        let (_, got, log) = served("/blocked", "", &answer);
        assert!(text(&got).starts_with("HTTP/1.1 502 ") && !text(&got).contains("xxx"), "{}", text(&got));
        assert!(log.contains(r#""reason":"answer-too-large","control":"leak""#), "{log}");
        let (_, got, log) = served("/masked", "", &answer);
        let got = text(&got);
        assert!(
            got.starts_with("HTTP/1.1 200 ") && got.ends_with("x\"}\r\n0\r\n\r\n") && !got.contains("secret"),
            "{got}"
        );
        assert!(log.contains(r#""id":"fields","mode":"enforce","outcome":"changed""#), "{log}");
        let (_, got, log) = served("/open", "", &answer);
        let got = text(&got).replace("\r\n", "\n");
        assert!(got.starts_with("HTTP/1.1 200 ") && got.contains("xxx"), "{got}");
        assert_eq!(got.matches('x').count(), 5000 + got.split("\n\n").next().unwrap().matches('x').count());
        assert!(log.contains(r#"{"class":"unsearched","pointer":""}"#), "{log}");
    }
}

#[test]
fn banners_go_and_an_error_page_becomes_a_problem() {
    let page = "HTTP/1.1 500 Oops\r\nserver: Apache/2.4.1\r\nx-powered-by: PHP\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p>x";
    let (_, got, log) = served("/open", "", page.as_bytes());
    let got = text(&got);
    assert!(got.starts_with("HTTP/1.1 500 ") && got.contains("urn:palisade:problem:error-answer"), "{got}");
    assert!(!got.contains("Apache") && !got.contains("PHP") && !got.contains("<p>"), "{got}");
    assert!(log.contains("\"detail\":\"status 500, 4 bytes, sha-256 "), "{log}");
    let plain = "HTTP/1.1 200 OK\r\nserver: Apache/2.4.1\r\ncontent-length: 2\r\n\r\nok";
    let (_, got, _) = served("/open", "", plain.as_bytes());
    let got = text(&got);
    assert!(got.ends_with("ok") && got.contains("x-content-type-options: nosniff\r\n"), "{got}");
    assert!(!got.contains("Apache"), "{got}");
}
