//! A gateway made by hand before a backend, with what it recorded.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gateway::config::{Balance, Limits, Listen, WhenFull};
use gateway::denial::{Denial, Reason, Verdict};
use gateway::normalize::IdentityHeaders;
use gateway::record::{Entry, Log, Reader, Settings};
use gateway::{
    Answer, ApiPlan, Backends, Context, Engine, Hold, ListenerKey, ListenerPlan, Metrics, Origin, Pipeline,
    Plan, Policy, Snapshot, Stage, Step,
};
use http::Method;
use model::{Mode, OperationKey};
use spec::{JsonLimits, OperationIndex, Route, Router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Refuses every request that does not say `x-pass`.
#[derive(Debug)]
struct Password;

impl Policy for Password {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        if cx.headers.contains_key("x-pass") {
            return Ok(());
        }
        Err(Denial::fixed(Reason::Unauthenticated, "jwt", "no password"))
    }
}

/// Must see bodies whole, those of requests and of answers; the latter not where the request says `x-glance`.
#[derive(Debug)]
struct Inspector;

impl Policy for Inspector {
    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        true
    }

    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        let is_glanced_at = answer.is_some_and(|answer| answer.headers.contains_key("x-glance"));
        if is_glanced_at { Hold::Wanted } else { Hold::Needed }
    }
}

fn listen() -> [Listen; 1] {
    [Listen::at("127.0.0.1:0".parse().unwrap())]
}

fn plain(key: ListenerKey) -> ListenerPlan {
    ListenerPlan { key, tls: None, proxies: None, decisions: None }
}

fn snapshot(origin: Origin, metrics: &Metrics, mode: Mode, limits: Limits) -> Snapshot {
    let reasons = metrics.refusals("orders");
    let plan = |method: &'static str, path: &'static str| {
        let key = OperationKey { api: "orders".into(), method: method.into(), path: path.into() };
        let step = Step { id: "jwt", stage: Stage::Identify, mode, policy: Box::new(Password) };
        Plan {
            counters: metrics.operation(&key, &reasons),
            key,
            pipeline: Pipeline::new(vec![step]),
            body_bytes_max: 16,
            json_limits: JsonLimits::default(),
            is_grpc: false,
            is_websocket: path.ends_with("{id}") && method == "GET",
            query_names: Default::default(),
            gaps: Vec::new(),
        }
    };
    let mut whole = plan("PUT", "/v1/orders/{id}");
    whole.body_bytes_max = 1 << 20;
    let step = Step { id: "leak", stage: Stage::Validate, mode: Mode::Enforce, policy: Box::new(Inspector) };
    whole.pipeline = Pipeline::new(vec![step]);
    let methods = vec![
        (Method::GET, OperationIndex(0)),
        (Method::POST, OperationIndex(1)),
        (Method::PUT, OperationIndex(2)),
    ];
    let (router, refused) = Router::build([Route { template: "/v1/orders/{id}".to_owned(), methods }]);
    assert!(refused.is_empty());
    Snapshot {
        generation: 1,
        limits,
        listeners: ListenerKey::of_each(&listen()).map(plain).collect(),
        when_full: WhenFull::Refuse,
        identity_headers: IdentityHeaders::default(),
        systems: None,
        apis: vec![ApiPlan {
            name: "orders".into(),
            hosts: Vec::new(),
            base_paths: vec!["/v1".to_owned()],
            router,
            operations: vec![plan("GET", "/v1/orders/{id}"), plan("POST", "/v1/orders/{id}"), whole],
            undeclared: plan("*", "*"),
            third_party: None,
            upstream: Arc::new(Backends::new(vec![origin], Balance::RoundRobin, None, 0)),
        }],
    }
}

/// Sends `requests` on one connection to a gateway before `backend`, and returns what came back until it closed, and the
/// log as text.
pub(crate) fn exchange(
    runtime: &Runtime,
    backend: SocketAddr,
    mode: Mode,
    requests: &[u8],
) -> (String, String) {
    let gateway = Gateway::start(backend, mode);
    let answers = runtime.block_on(async {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        // A gateway that has answered already may not read on.
        stream.write_all(requests).await.ok();
        read_to_close(&mut stream).await
    });
    (answers, gateway.stop())
}

/// What comes until the connection closes.
pub(crate) async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answers = Vec::new();
    while stream.read_buf(&mut answers).await.unwrap_or(0) > 0 {}
    String::from_utf8(answers).unwrap()
}

/// A running gateway.
pub(crate) struct Gateway {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it counts.
    pub(crate) metrics: Arc<Metrics>,
    engine: Engine,
    log: Log,
    data: tempfile::TempDir,
}

impl Gateway {
    /// A gateway before `backend`, whose one policy is in `mode`.
    pub(crate) fn start(backend: SocketAddr, mode: Mode) -> Gateway {
        Gateway::before(origin(backend), mode, Limits::default())
    }

    /// As [`Gateway::start`], with limits of its own.
    pub(crate) fn limited(backend: SocketAddr, mode: Mode, limits: Limits) -> Gateway {
        Gateway::before(origin(backend), mode, limits)
    }

    /// A gateway before a `backend` of HTTP/2, whose one policy is in force.
    pub(crate) fn start_http2(backend: SocketAddr) -> Gateway {
        Gateway::before(Origin { is_http2: true, ..origin(backend) }, Mode::Enforce, Limits::default())
    }

    fn before(origin: Origin, mode: Mode, limits: Limits) -> Gateway {
        let data = tempfile::tempdir().unwrap();
        let metrics = Arc::new(Metrics::default());
        let shared = Arc::new(ArcSwap::from_pointee(snapshot(origin, &metrics, mode, limits)));
        let settings = Settings { segment_bytes: 1 << 20, ..Settings::default() };
        let opened = Log::open(data.path(), settings, 1).unwrap();
        let listen = listen();
        let (engine, listening) =
            Engine::start(&listen, &shared, &metrics, opened.writers, Vec::new()).unwrap();
        Gateway { address: listening[0].address, metrics, engine, log: opened.log, data }
    }

    /// Stops it; the log as text.
    pub(crate) fn stop(self) -> String {
        self.engine.stop();
        drop(self.log);
        log_text(self.data.path())
    }
}

fn origin(backend: SocketAddr) -> Origin {
    Origin {
        host: backend.ip().to_string(),
        port: backend.port(),
        tls: None,
        is_http2: false,
        is_outside: false,
    }
}

/// A line an exchange, with its end where it has one.
fn log_text(directory: &Path) -> String {
    let line = |entry: Entry| {
        let end = entry.completion.map(|completion| serde_json::to_string(&completion).unwrap());
        let exchange = serde_json::to_string(&entry.exchange().unwrap()).unwrap();
        format!("{exchange}{}\n", end.unwrap_or_default())
    };
    Reader::open(directory).unwrap().map(|entry| line(entry.unwrap())).collect()
}
