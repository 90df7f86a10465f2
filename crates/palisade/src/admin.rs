//! The admin listener: whether the process lives, whether it is ready, what it counted, what is in force, and who is blocked.

mod blocks;
mod host;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway::BlockFeed;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::blocks::KeptBlocks;
use host::Hosts;

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 64;
/// From the first byte of a connection, or the end of its last answer, to the end of a request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The life of a connection, so that idle ones do not keep others out.
const CONNECTION_LIFETIME_MAX: Duration = Duration::from_secs(120);

/// What the admin listener says; each is asked when a request comes.
#[derive(Clone)]
pub(crate) struct Facts {
    /// Why requests should not be sent here yet, one plain sentence each; empty where they may.
    pub(crate) not_ready: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Every metric.
    pub(crate) metrics: Arc<Registry>,
    /// The keys that verify tokens of the inside.
    pub(crate) key_set: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// What is in force, by operation and control.
    pub(crate) snapshot: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// What is blocked by word of this listener, which changes it.
    pub(crate) blocks: Arc<KeptBlocks>,
    /// All that is blocked, and by which database countries are known.
    pub(crate) block_feed: Arc<dyn Fn() -> BlockFeed + Send + Sync>,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts")
    }
}

/// Whether `name` can be one of the names that the listener is called by: a host without a port.
pub(crate) fn is_host_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.bytes().all(is_plain)
}

/// Answers on `listener` until it is dropped, and its connections with the runtime.
///
/// # Errors
/// Where the listener's own address cannot be had. A connection that fails ends alone.
pub(crate) async fn serve(listener: TcpListener, names: &[String], facts: Facts) -> io::Result<()> {
    let router = router(facts, Hosts::of(listener.local_addr()?, names));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let accepted = listener.accept().await;
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone().layer(Extension(Peer(peer.ip().to_canonical())));
                tokio::spawn(async move {
                    connection(stream, router).await;
                    drop(place);
                });
            }
            // Out of file descriptors, or the peer is gone already: neither is a reason to stop.
            Err(error) => {
                tracing::warn!(%error, "cannot accept an admin connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match tokio::time::timeout(CONNECTION_LIFETIME_MAX, served).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "admin connection ended"),
    }
}

/// The listener's pages, for requests that name the listener itself.
fn router(facts: Facts, hosts: Hosts) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/jwks.json", get(key_set))
        .route("/snapshot", get(snapshot))
        .merge(blocks::router())
        .layer(middleware::from_fn_with_state(hosts, only_own_hosts))
        .with_state(facts)
}

/// Refuses requests whose `Host` is a name that somebody else can point here.
///
/// A page of another site can make a browser call this listener under that site's own name, by letting the name resolve
/// to 127.0.0.1 after the page has loaded; the browser then lets the page read the answer. The `Host` field still says
/// the foreign name. No answer carries CORS fields, so under a name of ours a page can ask but not read.
async fn only_own_hosts(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let mut response = if host.is_some_and(|host| hosts.contains(host)) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, REFUSED).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(NOSNIFF.0, header::HeaderValue::from_static(NOSNIFF.1));
    response
}

const NOSNIFF: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

const REFUSED: &str = "the admin listener answers only to `localhost`, to loopback addresses, to its own address and to the \
names in `admin: { hosts: … }`, so that a web page cannot read it through a name that was pointed here (DNS rebinding)\n";

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
struct Peer(IpAddr);

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(facts): State<Facts>) -> Response {
    let reasons = (facts.not_ready)();
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    let body =
        serde_json::json!({ "schema_version": model::SCHEMA_VERSION, "ready": false, "reasons": reasons });
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
}

async fn metrics(State(facts): State<Facts>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &facts.metrics) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("cannot write metrics: {error}\n")).into_response()
        }
    }
}

/// OpenMetrics 1.0.0, section "Overall structure".
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// RFC 7517 section 8.5.2.
const JWK_SET: &str = "application/jwk-set+json";

async fn key_set(State(facts): State<Facts>) -> Response {
    ([(header::CONTENT_TYPE, JWK_SET)], (facts.key_set)().to_string()).into_response()
}

async fn snapshot(State(facts): State<Facts>) -> axum::Json<serde_json::Value> {
    axum::Json((facts.snapshot)())
}

#[cfg(test)]
mod tests;
