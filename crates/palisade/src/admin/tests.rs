//! The admin listener over real sockets.

mod blocks;

use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex};

use arc_swap::ArcSwap;
use gateway::Blocks;
use model::Timestamp;
use prometheus_client::metrics::counter::Counter;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

static NAMES: LazyLock<[String; 1]> = LazyLock::new(|| ["palisade".to_owned()]);

/// An answer as it stood on the socket.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn check(&self, status: u16, body: &str) {
        assert!(self.head.starts_with(&format!("HTTP/1.1 {status} ")), "{}", self.head);
        assert_eq!(self.body, body);
        assert!(self.head.contains("cache-control: no-store"), "{}", self.head);
        assert!(!self.head.contains("access-control-"), "{}", self.head);
    }
}

struct Listening {
    address: SocketAddr,
    folder: TempDir,
    live: Arc<ArcSwap<Blocks>>,
    reasons: Arc<Mutex<Vec<String>>>,
}

async fn listening() -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let mut registry = Registry::default();
    let requests = Counter::<u64>::default();
    requests.inc_by(3);
    registry.register("palisade_requests", "Requests", requests);
    let told = Arc::clone(&reasons);
    let folder = tempfile::tempdir().unwrap();
    let live = Arc::new(ArcSwap::default());
    let blocks = KeptBlocks::read(folder.path(), Arc::clone(&live)).unwrap();
    let of_config = serde_json::from_str(r#"{ "address": "192.0.2.0/24", "reason": "floods" }"#).unwrap();
    let of_config = Arc::new(Blocks::new([of_config], Timestamp::default()));
    let facts = Facts {
        not_ready: Arc::new(move || told.lock().unwrap().clone()),
        metrics: Arc::new(registry),
        key_set: Arc::new(|| serde_json::json!({ "keys": [] })),
        snapshot: Arc::new(|| serde_json::json!({ "operations": [] })),
        blocks: Arc::new(blocks),
        block_feed: Arc::new(move || BlockFeed {
            configured: Arc::clone(&of_config),
            ..BlockFeed::default()
        }),
    };
    // It ends with the test's runtime.
    tokio::spawn(serve(listener, &*NAMES, facts));
    Listening { address, folder, live, reasons }
}

impl Listening {
    async fn ask(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_ascii_lowercase().replace("http/1.1", "HTTP/1.1"), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)).await
    }
}

#[tokio::test]
async fn a_living_process_says_so() {
    listening().await.get("/healthz").await.check(200, "ok\n");
}

#[tokio::test]
async fn what_is_not_ready_is_listed_until_it_is() {
    let listening = listening().await;
    listening.get("/readyz").await.check(200, "ready\n");
    listening
        .reasons
        .lock()
        .unwrap()
        .push("the keys of `https://login.example.com` are not loaded".to_owned());
    let expected = "{\"schema_version\":1,\"ready\":false,\
                    \"reasons\":[\"the keys of `https://login.example.com` are not loaded\"]}";
    let answer = listening.get("/readyz").await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap(),
        serde_json::from_str::<serde_json::Value>(expected).unwrap()
    );
    assert!(answer.head.starts_with("HTTP/1.1 503 "), "{}", answer.head);
    listening.reasons.lock().unwrap().clear();
    listening.get("/readyz").await.check(200, "ready\n");
}

#[tokio::test]
async fn metrics_are_open_metrics() {
    let answer = listening().await.get("/metrics").await;
    answer.check(
        200,
        "# HELP palisade_requests Requests.\n# TYPE palisade_requests counter\npalisade_requests_total 3\n# EOF\n",
    );
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
}

#[tokio::test]
async fn the_snapshot_is_json() {
    let answer = listening().await.get("/snapshot").await;
    answer.check(200, r#"{"operations":[]}"#);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
}

#[tokio::test]
async fn a_name_pointed_here_by_somebody_else_is_refused_everywhere() {
    let listening = listening().await;
    for path in ["/healthz", "/readyz", "/metrics", "/snapshot", "/nothing"] {
        for host in ["Host: evil.example:9901\r\n", "Host:\r\n", ""] {
            let request = format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
            listening.ask(&request).await.check(421, REFUSED);
        }
    }
}

#[tokio::test]
async fn the_name_of_its_service_is_answered() {
    let request = "GET /healthz HTTP/1.1\r\nHost: palisade:9901\r\nConnection: close\r\n\r\n";
    listening().await.ask(request).await.check(200, "ok\n");
}

#[test]
fn a_host_name_has_no_port_scheme_or_pattern() {
    assert!(is_host_name("palisade.monitoring.svc") && is_host_name("palisade_admin"));
    for wrong in ["", "palisade:9901", "http://palisade", "*.svc", "a b", "[::1]"] {
        assert!(!is_host_name(wrong), "{wrong}");
    }
}

#[tokio::test]
async fn only_reading_is_possible() {
    let listening = listening().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = format!("{method} /snapshot HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = listening.ask(&request).await;
        answer.check(405, "");
        assert!(answer.head.contains("allow: get,head"), "{}", answer.head);
    }
    let head = listening.ask("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    head.check(200, "");
    assert!(head.head.contains("content-length: 3"), "{}", head.head);
    listening.get("/nothing").await.check(404, "");
}
