//! Connections to backends: one pool per worker and backend, HTTP/1.1, TLS where the origin says so.

mod backends;
mod exchange;
mod head;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use model::Timestamp;
use rustls::pki_types::ServerName;
use smallvec::SmallVec;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::{BodyError, RequestBody};
use super::plain::Plain;
use super::transport::{Io, Scratch};
use crate::config::Limits;
use crate::websocket::Offer;
use exchange::Connection;

pub use backends::Backends;

pub(crate) use exchange::Exchange;
pub(crate) use head::Head;

/// The origin of a backend.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS to it; absent for `http:`.
    pub tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
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
}

/// A request as it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// Its method.
    pub method: &'a Method,
    /// When it was decided.
    pub sent: Instant,
    /// When that was by the calendar.
    pub now: Timestamp,
    /// The WebSocket that it asks for.
    pub offer: Option<&'a Rc<Offer>>,
}

/// Unused connections to one backend.
pub(crate) struct Pool {
    origin: Origin,
    scratch: Scratch,
    idle: RefCell<Vec<Idle>>,
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
        };
        Pool { origin, scratch, idle: RefCell::default(), bounds }
    }

    /// A connection, and whether it was used before.
    async fn open(&self, now: Instant) -> Result<(Box<Connection>, bool), Failure> {
        match self.checkout(now) {
            Some(connection) => Ok((connection, true)),
            None => Ok((self.connect().await?, false)),
        }
    }

    /// Sends the request of `exchange`, and waits for the head of its answer.
    ///
    /// A kept connection may have been closed by the backend in the meantime. The request goes over another where not a
    /// byte of it was written, so it is never repeated.
    async fn head(
        &self,
        mut exchange: Exchange,
        mut is_kept: bool,
        (sent, deadline): (Instant, Instant),
    ) -> Result<(Head, Exchange), (Failure, Exchange)> {
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
        let stream = TcpStream::connect((self.origin.host.as_str(), self.origin.port)).await?;
        stream.set_nodelay(true)?;
        let stream = Plain::new(stream);
        Ok(match &self.origin.tls {
            None => Box::new(stream),
            Some((config, name)) => {
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?)
            }
        })
    }
}

impl Upstream {
    pub(super) fn new(backends: &Arc<Backends>, limits: &Limits, scratch: &Scratch) -> Upstream {
        let pool = |origin: &Origin| Rc::new(Pool::new(origin.clone(), limits, scratch.clone()));
        Upstream { pools: backends.origins().map(pool).collect(), backends: Arc::clone(backends) }
    }

    /// Sends a request, and waits for the head of its answer; again, to another backend, where it may be.
    pub(crate) async fn send(
        &self,
        request: Outgoing<'_>,
        write_head: impl Fn(&mut Vec<u8>),
        body: RequestBody,
    ) -> Result<(Head, Exchange), Failure> {
        let mut tried = SmallVec::<[usize; 4]>::new();
        let (mut begun, mut body, mut attempts) = (None::<Exchange>, Some(body), 0);
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
                            write_head(&mut connection.out);
                            let body = body.take().unwrap_or(RequestBody::Empty);
                            Exchange::new(pool, connection, request, body, in_flight)
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
                Failure::Unreachable(_) => begun.as_ref().is_none_or(Exchange::is_unsent),
                Failure::Malformed => begun.as_ref().is_some_and(Exchange::is_repeatable),
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
        _ => "connect failed",
    }
}
