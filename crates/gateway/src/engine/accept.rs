//! Listening sockets and workers: a thread a worker, each with its own sockets, runtime and upstream connections.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::Acceptor;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connections::Connections;
use super::http1::{self, Inbound, Protocol, Timeouts};
use super::http2;
use super::peer::Peer;
use super::phase::Phase;
use super::plain::Plain;
use super::resolver::Resolver;
use super::serve::{Connection, Served, Worker};
use super::sockets::{Door, Inherited, OfWorker, sockets};
use super::tls::ListenerTls;
use super::transport::{Io, Prefixed};
use crate::config::{Asker, ClientSource, Limits, Listen};
use crate::metrics::Metrics;
use crate::normalize::Scheme;
use crate::record::Writer;
use crate::snapshot::{ListenerKey, Snapshot};
use crate::third_party::Side;
use crate::wire::{self, Announced, WireLimits};

/// How long a worker that cannot accept (no file descriptors left) waits before it tries again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The running gateway.
#[derive(Debug)]
pub struct Engine {
    workers: Vec<JoinHandle<()>>,
    phase: watch::Sender<Phase>,
    /// To be handed on; empty once the gateway accepts no more.
    sockets: Arc<Mutex<Vec<Inherited>>>,
}

/// An address that the gateway accepts connections on.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// The bound address; never port 0.
    pub address: SocketAddr,
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// The proxy that asks for decisions there; absent where requests are taken.
    pub asker: Option<Asker>,
    /// Which APIs are served there.
    pub side: Side,
}

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be bound.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address as configured.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A worker thread or its runtime could not be made.
    #[error("cannot start a worker: {0}")]
    Worker(io::Error),
}

/// What the workers share. Everything in it is read without a lock.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub metrics: Arc<Metrics>,
    pub connections: Arc<Connections>,
    /// How many answers wait, in the one counter.
    pub delayed: Arc<[AtomicU32]>,
    /// Looks names up.
    pub resolver: Arc<Resolver>,
    /// Whether the gateway stops.
    pub phase: watch::Receiver<Phase>,
}

impl Engine {
    /// Listens on `listen`, on sockets of `inherited` where it has any, and starts one thread per writer of `log`; the
    /// snapshot may be replaced at any time.
    pub fn start(
        listen: &[Listen],
        snapshot: &Arc<ArcSwap<Snapshot>>,
        metrics: &Arc<Metrics>,
        writers: Vec<Writer>,
        mut inherited: Vec<Inherited>,
    ) -> Result<(Engine, Vec<Listening>), StartError> {
        let (mut listening, mut kept) = (Vec::new(), Vec::new());
        let mut of_workers: Vec<OfWorker> = writers.iter().map(|_| Vec::new()).collect();
        for (key, listen) in ListenerKey::of_each(listen).zip(listen) {
            let address = listen.address;
            let failed = |source| StartError::Bind { address, source };
            let sockets = sockets(address, writers.len(), &mut inherited).map_err(failed)?;
            let asker = listen.decisions.as_ref().map(|decisions| decisions.asker);
            let bound = sockets.first().map_or(Ok(address), TcpListener::local_addr).map_err(failed)?;
            let side = if listen.egress { Side::Egress } else { Side::Ingress };
            listening.push(Listening { address: bound, tls: listen.tls.is_some(), asker, side });
            for (number, socket) in sockets.into_iter().enumerate() {
                kept.push(Inherited { address, socket: socket.try_clone().map_err(failed)? });
                if let Some(of_worker) = of_workers.get_mut(number % writers.len().max(1)) {
                    of_worker.push((Door { key, side }, socket));
                }
            }
        }
        let (phase, in_phase) = watch::channel(Phase::Serving);
        let shared = Shared {
            snapshot: Arc::clone(snapshot),
            metrics: Arc::clone(metrics),
            connections: Arc::default(),
            delayed: Arc::new([AtomicU32::new(0)]),
            resolver: Arc::default(),
            phase: in_phase.clone(),
        };
        let mut workers = Vec::new();
        for (index, (writer, sockets)) in writers.into_iter().zip(of_workers).enumerate() {
            let (shared, in_phase) = (shared.clone(), in_phase.clone());
            let thread = std::thread::Builder::new().name(format!("worker-{index}"));
            let spawned = thread.spawn(move || run(shared, writer, sockets, in_phase));
            workers.push(spawned.map_err(StartError::Worker)?);
        }
        Ok((Engine { workers, phase, sockets: Arc::new(Mutex::new(kept)) }, listening))
    }

    /// Its listening sockets, for a gateway that is to take over.
    pub fn sockets(&self) -> impl Fn() -> io::Result<Vec<Inherited>> + Send + use<> {
        let sockets = Arc::clone(&self.sockets);
        move || {
            let again =
                |kept: &Inherited| Ok(Inherited { address: kept.address, socket: kept.socket.try_clone()? });
            sockets.lock().unwrap_or_else(PoisonError::into_inner).iter().map(again).collect()
        }
    }

    /// Stops accepting, ends idle connections, lets requests in flight end within the drain timeout, and joins the
    /// workers.
    pub fn stop(self) {
        self.end(Phase::Stopping);
    }

    /// Leaves accepting to another, and serves open connections until each has had one more answer, or the drain timeout.
    pub fn leave(self) {
        self.end(Phase::Leaving);
    }

    fn end(self, phase: Phase) {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.phase.send_replace(phase);
        for worker in self.workers {
            if worker.join().is_err() {
                tracing::error!("a worker panicked");
            }
        }
    }
}

fn run(shared: Shared, writer: Writer, sockets: OfWorker, stopping: watch::Receiver<Phase>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "a worker's runtime could not be made");
            return;
        }
    };
    let local = LocalSet::new();
    let worker = Rc::new(Worker::new(shared, writer));
    for (door, socket) in sockets {
        let (worker, stopping) = (Rc::clone(&worker), stopping.clone());
        local.spawn_local(async move {
            match tokio::net::TcpListener::from_std(socket) {
                Ok(listener) => accept(&worker, door, &listener, stopping).await,
                Err(error) => tracing::error!(%error, "a listening socket could not be used"),
            }
        });
    }
    let mut stopping = stopping;
    local.block_on(&runtime, async {
        let stopped = stopping.wait_for(|&phase| phase != Phase::Serving).await.is_ok();
        let drain_timeout = worker.limits().drain_timeout.0;
        if stopped && timeout(drain_timeout, worker.drained()).await.is_err() {
            tracing::warn!(open = worker.open(), "connections were cut at the drain timeout");
        }
    });
    drop(local);
    // Threads that still look up a name are not waited for.
    runtime.shutdown_background();
}

async fn accept(
    worker: &Rc<Worker>,
    door: Door,
    listener: &tokio::net::TcpListener,
    mut stopping: watch::Receiver<Phase>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|&phase| phase != Phase::Serving) => return,
        };
        match accepted {
            Ok((stream, peer)) => admit(worker, door, stream, peer, stopping.clone()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Gives a new connection its place, or drops it without a word: an answer would cost what the limit saves. So is one at
/// an address that the config has no more, since nothing says how to take it.
fn admit(
    worker: &Rc<Worker>,
    door: Door,
    stream: TcpStream,
    peer: SocketAddr,
    stopping: watch::Receiver<Phase>,
) {
    let ip = peer.ip().to_canonical();
    let snapshot = worker.shared.snapshot.load_full();
    let place = snapshot.listener(door.key).and_then(|plan| {
        if plan.decisions.as_ref().is_some_and(|deciding| !deciding.settings.trusts(ip)) {
            return None;
        }
        let is_proxy =
            plan.decisions.is_some() || plan.proxies.as_ref().is_some_and(|proxies| proxies.trusts(ip));
        worker.shared.connections.place(ip, is_proxy, &snapshot.limits)
    });
    let Some(place) = place else {
        worker.shared.metrics.connections_refused.inc();
        return;
    };
    let worker = Rc::clone(worker);
    tokio::task::spawn_local(async move {
        let _place = place;
        let _open = worker.opened();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a socket refused TCP_NODELAY");
        }
        let opened =
            timeout(snapshot.limits.first_byte_timeout.0, announced(&snapshot, door, ip, stream)).await;
        match opened {
            Ok(Ok((io, ip))) => serve(worker, &snapshot, io, (ip, door), stopping).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection did not begin as its listener wants"),
            Err(_) => tracing::debug!("nobody said in time whom a connection is from"),
        }
    });
}

/// Ends the handshake, if there is one to be, and speaks HTTP with the client at an address of a listener.
async fn serve(
    worker: Rc<Worker>,
    snapshot: &Snapshot,
    io: Io,
    (ip, Door { key: listener, side }): (IpAddr, Door),
    stopping: watch::Receiver<Phase>,
) {
    let plan = snapshot.listener(listener);
    let asker = plan.and_then(|plan| plan.decisions.as_ref()).map(|deciding| deciding.settings.asker);
    let served = |worker, scheme, peer| Served {
        worker,
        connection: Connection { ip, scheme, listener, side, asker },
        peer,
    };
    let Some(tls) = plan.and_then(|plan| plan.tls.as_ref()) else {
        return speak(served(worker, Scheme::Http, None), io, None, stopping).await;
    };
    match timeout(snapshot.limits.handshake_timeout.0, handshake(tls, io)).await {
        Ok(Ok(stream)) => {
            let connection = stream.get_ref().1;
            let protocol = match connection.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            let peer = Peer::of(listener, connection);
            speak(served(worker, Scheme::Https, Some(peer)), Box::new(stream), Some(protocol), stopping)
                .await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// The connection behind what a proxy has announced, and whom it is from.
async fn announced(
    snapshot: &Snapshot,
    door: Door,
    ip: IpAddr,
    mut stream: TcpStream,
) -> io::Result<(Io, IpAddr)> {
    let proxies = snapshot.listener(door.key).and_then(|plan| plan.proxies.as_ref());
    let Some(proxies) = proxies.filter(|proxies| proxies.client == ClientSource::ProxyProtocol) else {
        return Ok((Box::new(Plain::new(stream)), ip));
    };
    if !proxies.trusts(ip) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut read = Vec::new();
    loop {
        match wire::announced(&read) {
            Announced::Header { bytes, client } => {
                let rest = read.get(bytes..).unwrap_or_default();
                let client = client.map_or(ip, |client| client.to_canonical());
                return Ok((Box::new(Prefixed::new(rest, Box::new(Plain::new(stream)))), client));
            }
            Announced::Malformed => return Err(io::ErrorKind::InvalidData.into()),
            Announced::Partial if stream.read_buf(&mut read).await? == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Announced::Partial => {}
        }
    }
}

/// Ends a handshake as the name that the client asks for wants it.
async fn handshake(tls: &ListenerTls, stream: Io) -> io::Result<TlsStream<Io>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let config = tls.config(start.client_hello().server_name()).ok_or(io::ErrorKind::Unsupported)?;
    start.into_stream(config).await
}

/// Speaks HTTP on one connection until it ends, or until the gateway stops and its requests are answered. The first bytes
/// say which version, unless TLS has agreed on HTTP/1; where it has agreed on HTTP/2, nothing else is spoken.
async fn speak(served: Served, io: Io, negotiated: Option<Protocol>, stopping: watch::Receiver<Phase>) {
    let limits = served.worker.limits();
    let scratch = served.worker.scratch.clone();
    let mut inbound = Inbound::new(io, scratch, wire_limits(&limits), timeouts(&limits));
    let begun = match negotiated {
        Some(Protocol::Http1) => Protocol::Http1,
        // In time, which the HTTP library would not see to.
        Some(Protocol::Http2) | None => std::future::poll_fn(|cx| inbound.poll_protocol(cx)).await,
    };
    match begun {
        Protocol::Http1 if negotiated == Some(Protocol::Http2) => {
            tracing::debug!("a connection agreed on HTTP/2 and did not begin with its preface");
        }
        Protocol::Http1 => http1::serve(&served, inbound, limits.body_idle_timeout.0, stopping).await,
        Protocol::Http2 => {
            let (io, held) = inbound.into_parts();
            http2::serve(Box::new(Prefixed::new(held.rest(), io)), served, &limits, stopping).await;
        }
    }
}

pub(super) fn wire_limits(limits: &Limits) -> WireLimits {
    WireLimits {
        head_bytes_max: limits.head_bytes_max.as_usize(),
        headers_max: usize::from(limits.headers_max),
        target_bytes_max: limits.target_bytes_max.as_usize(),
        ..WireLimits::default()
    }
}

fn timeouts(limits: &Limits) -> Timeouts {
    Timeouts {
        first_byte: limits.first_byte_timeout.0,
        header: limits.header_timeout.0,
        idle: limits.idle_timeout.0,
    }
}
