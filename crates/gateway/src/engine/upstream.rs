//! Connections to backends: one pool per worker and backend, HTTP/1.1 or HTTP/2, TLS where the origin says so.

mod backends;
mod exchange;
mod head;
mod health;
mod http2;
mod request;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use model::Timestamp;
use rustls::pki_types::ServerName;
use smallvec::SmallVec;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::{BodyError, RequestBody};
use super::plain::Plain;
use super::transport::{Io, Scratch};
use crate::config::Limits;
use crate::destination::is_public;
use exchange::Connection;
pub(crate) use exchange::Exchange as Http1Exchange;

pub use backends::Backends;
pub use head::answer_head;

pub(crate) use head::Head;
pub(crate) use request::Outgoing;

/// The origin of a backend.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS to it; absent for `http:`.
    pub tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    /// Whether HTTP/2 is spoken to it: with prior knowledge for `http:`, as ALPN agrees on for `https:`.
    pub is_http2: bool,
    /// Whether it is only to be had at addresses that everybody reaches, wherever its name leads.
    pub is_outside: bool,
}

impl Origin {
    /// A connection to it.
    async fn reach(&self) -> io::Result<TcpStream> {
        let name = (self.host.as_str(), self.port);
        if !self.is_outside {
            return TcpStream::connect(name).await;
        }
        // What was looked at is connected to: the name is not resolved again, when it might lead elsewhere.
        let addresses = lookup_host(name).await?.filter(|address| is_public(address.ip()));
        let addresses: SmallVec<[SocketAddr; 4]> = addresses.collect();
        if addresses.is_empty() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        TcpStream::connect(addresses.as_slice()).await
    }
}

/// Why a backend gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection could be made in time.
    Unreachable(&'static str),
    /// It did not answer in time.
    Timeout,
    /// It closed the connection, or what it sent is not HTTP.
    Malformed,
    /// Every backend has failed too often and gets no requests for a while.
    Unavailable,
    /// The caller's body ended before its time; the backend never saw a whole request.
    RequestBody(BodyError),
}

/// The backends of one API, as one worker speaks to them.
#[derive(Debug)]
pub(crate) struct Upstream {
    backends: Arc<Backends>,
    /// One a backend, in their order.
    pools: Vec<Rc<Pool>>,
    /// HTTP/2 is spoken to all of them.
    is_http2: bool,
}

/// A backend's answer on its way.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// Over a connection of its own.
    Http1(Http1Exchange),
    /// Over a stream of a connection that others use as well.
    Http2(Box<http2::Answering>),
}

impl Exchange {
    /// The length of what is to come, where it is known.
    pub(crate) fn body_bytes(&self) -> Option<u64> {
        match self {
            Exchange::Http1(exchange) => exchange.body_bytes(),
            Exchange::Http2(answering) => answering.body_bytes(),
        }
    }

    /// Whether it has been read to its end.
    pub(crate) fn is_at_end(&self) -> bool {
        self.body_bytes() == Some(0)
    }

    /// Whether it has no end of its own.
    pub(crate) fn is_endless(&self) -> bool {
        match self {
            Exchange::Http1(exchange) => exchange.is_endless(),
            Exchange::Http2(answering) => answering.is_endless(),
        }
    }

    /// Whether all of the request was sent and all of the answer has come, as far as that can be known.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Exchange::Http1(exchange) => exchange.is_whole(),
            Exchange::Http2(_) => false,
        }
    }

    /// Appends what comes next to `out`; false at the end.
    pub(crate) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Result<bool, Failure>> {
        match self {
            Exchange::Http1(exchange) => exchange.poll_body(cx, out),
            Exchange::Http2(answering) => answering.poll_body(cx, out),
        }
    }

    /// The fields that came after the body. Those of HTTP/1.1 end here.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        match self {
            Exchange::Http1(_) => None,
            Exchange::Http2(answering) => answering.take_trailers(),
        }
    }

    /// Keeps the connection for another exchange, where both sides would.
    pub(crate) fn give_back(self) {
        if let Exchange::Http1(exchange) = self {
            exchange.give_back();
        }
    }
}

/// Unused connections to one backend.
pub(crate) struct Pool {
    origin: Origin,
    scratch: Scratch,
    idle: RefCell<Vec<Idle>>,
    http2: RefCell<Vec<http2::Connection>>,
    /// Held by who connects over HTTP/2.
    connecting: Mutex<()>,
    bounds: Bounds,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    connect: Duration,
    response: Duration,
    idle: Duration,
    body_idle: Duration,
    stream_idle: Duration,
    stream_lifetime: Duration,
    idle_max: usize,
    streams_max: usize,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
}

impl Pool {
    fn new(origin: Origin, limits: &Limits, scratch: Scratch) -> Pool {
        let bounds = Bounds {
            connect: limits.upstream_connect_timeout.0,
            response: limits.upstream_response_timeout.0,
            idle: limits.upstream_idle_timeout.0,
            body_idle: limits.body_idle_timeout.0,
            stream_idle: limits.stream_idle_timeout.0,
            stream_lifetime: limits.stream_lifetime_max.0,
            idle_max: usize::from(limits.upstream_idle_max),
            streams_max: usize::from(limits.upstream_streams_max),
        };
        let (idle, http2) = (RefCell::default(), RefCell::default());
        Pool { origin, scratch, idle, http2, connecting: Mutex::new(()), bounds }
    }

    /// A connection, and whether it was used before.
    async fn open(&self, now: Instant) -> Result<(Box<Connection>, bool), Failure> {
        match self.checkout(now) {
            Some(connection) => Ok((connection, true)),
            // Boxed, so that a request over a kept connection has no room for a handshake.
            None => Ok((Box::pin(self.connect()).await?, false)),
        }
    }

    /// Sends the request of `exchange`, and waits for the head of its answer.
    ///
    /// A kept connection may have been closed by the backend in the meantime. The request goes over another where not a
    /// byte of it was written, so it is never repeated.
    async fn head(
        &self,
        mut exchange: Http1Exchange,
        mut is_kept: bool,
        (sent, deadline): (Instant, Instant),
    ) -> Result<(Head, Http1Exchange), (Failure, Http1Exchange)> {
        loop {
            match poll_fn(|cx| exchange.poll_head(cx, deadline)).await {
                Ok(head) => return Ok((head, exchange)),
                Err(Failure::Malformed) if is_kept && exchange.is_unsent() => {}
                Err(failure) => return Err((failure, exchange)),
            }
            match self.open(sent).await {
                Ok((connection, kept)) => (exchange, is_kept) = (exchange.moved_to(connection), kept),
                Err(failure) => return Err((failure, exchange)),
            }
        }
    }

    /// The most recently used idle connection that still lives.
    fn checkout(&self, now: Instant) -> Option<Box<Connection>> {
        let mut all = self.idle.borrow_mut();
        loop {
            let mut idle = all.pop()?;
            if now.saturating_duration_since(idle.since) >= self.bounds.idle {
                // The others have been idle for longer.
                all.clear();
                return None;
            }
            if idle.connection.is_alive() {
                return Some(idle.connection);
            }
        }
    }

    fn keep(&self, connection: Box<Connection>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.bounds.idle_max {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    async fn connect(&self) -> Result<Box<Connection>, Failure> {
        match timeout(self.bounds.connect, self.handshake()).await {
            Ok(Ok(io)) => Ok(Connection::new(io, self.scratch.clone())),
            Ok(Err(error)) => Err(Failure::Unreachable(kind_of(&error))),
            Err(_) => Err(Failure::Unreachable("connect timeout")),
        }
    }

    async fn handshake(&self) -> io::Result<Io> {
        let stream = self.origin.reach().await?;
        stream.set_nodelay(true)?;
        let stream = Plain::new(stream);
        Ok(match &self.origin.tls {
            None => Box::new(stream),
            Some((config, name)) => {
                let stream = TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?;
                if self.origin.is_http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(io::ErrorKind::Unsupported.into());
                }
                Box::new(stream)
            }
        })
    }
}

impl Upstream {
    pub(super) fn new(backends: &Arc<Backends>, limits: &Limits, scratch: &Scratch) -> Upstream {
        let pool = |origin: &Origin| Rc::new(Pool::new(origin.clone(), limits, scratch.clone()));
        Upstream {
            pools: backends.origins().map(pool).collect(),
            is_http2: backends.origins().any(|origin| origin.is_http2),
            backends: Arc::clone(backends),
        }
    }

    /// Sends a request, and waits for the head of its answer; again, to another backend, where it may be.
    pub(crate) async fn send(
        &self,
        request: Outgoing<'_>,
        body: RequestBody,
    ) -> Result<(Head, Exchange), Failure> {
        if self.is_http2 {
            return self.send_http2(request, body).await;
        }
        let (head, exchange) = self.send_http1(request, body).await?;
        Ok((head, Exchange::Http1(exchange)))
    }

    async fn send_http1(
        &self,
        request: Outgoing<'_>,
        body: RequestBody,
    ) -> Result<(Head, Http1Exchange), Failure> {
        let mut tried = SmallVec::<[usize; 4]>::new();
        let (mut begun, mut body, mut attempts) = (None::<Http1Exchange>, Some(body), 0);
        loop {
            let (index, pool) = self.choose(request.now, &mut tried)?;
            attempts += 1;
            let failure = match pool.open(request.sent).await {
                Err(failure) => failure,
                Ok((mut connection, is_kept)) => {
                    let in_flight = self.backends.begin(index);
                    let exchange = match begun.take() {
                        Some(exchange) => exchange.for_another(pool, connection, in_flight),
                        None => {
                            connection.out.clear();
                            request.write(&mut connection.out);
                            let body = body.take().unwrap_or(RequestBody::Empty);
                            Http1Exchange::new(pool, connection, request, body, in_flight)
                        }
                    };
                    let times = (request.sent, request.sent + pool.bounds.response);
                    match pool.head(exchange, is_kept, times).await {
                        Ok((head, exchange)) => {
                            self.backends.note(index, is_failure(head.status), request.now);
                            return Ok((head, exchange));
                        }
                        Err((failure, exchange)) => {
                            begun = Some(exchange);
                            failure
                        }
                    }
                }
            };
            self.backends.note(index, !matches!(failure, Failure::RequestBody(_)), request.now);
            let may_repeat = match failure {
                Failure::Unreachable(_) => begun.as_ref().is_none_or(Http1Exchange::is_unsent),
                Failure::Malformed => begun.as_ref().is_some_and(Http1Exchange::is_repeatable),
                Failure::Timeout | Failure::Unavailable | Failure::RequestBody(_) => false,
            };
            if attempts > self.backends.retries || !may_repeat {
                return Err(failure);
            }
        }
    }

    /// The backend for the next attempt: one that was not tried, while there is any.
    fn choose(
        &self,
        now: Timestamp,
        tried: &mut SmallVec<[usize; 4]>,
    ) -> Result<(usize, &Rc<Pool>), Failure> {
        if tried.len() == self.backends.len() {
            tried.clear();
        }
        let chosen = self.backends.choose(now, tried);
        let index = chosen.or_else(|| self.backends.choose(now, &[])).ok_or(Failure::Unavailable)?;
        tried.push(index);
        self.pools.get(index).map(|pool| (index, pool)).ok_or(Failure::Unavailable)
    }
}

/// Whether an answer says that the backend cannot serve.
fn is_failure(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// A connect error in fixed words: an address or a name is no business of the caller, and the log has the API's name.
fn kind_of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "connection reset",
        io::ErrorKind::TimedOut => "connect timeout",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no route to the backend",
        io::ErrorKind::InvalidData => "tls handshake failed",
        io::ErrorKind::Unsupported => "no http/2",
        io::ErrorKind::InvalidInput => "no public address",
        _ => "connect failed",
    }
}
