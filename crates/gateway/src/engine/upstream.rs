//! Connections to backends: one pool per worker and backend, HTTP/1.1, TLS where the origin says so.

mod exchange;
mod head;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::{BodyError, RequestBody};
use super::transport::{Io, Scratch};
use crate::config::Limits;
use exchange::Connection;

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
    /// The caller's body ended before its time; the backend never saw a whole request.
    RequestBody(BodyError),
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
    idle_max: usize,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
}

impl Pool {
    pub(super) fn new(origin: Origin, limits: &Limits, scratch: Scratch) -> Pool {
        let bounds = Bounds {
            connect: limits.upstream_connect_timeout.0,
            response: limits.upstream_response_timeout.0,
            idle: limits.upstream_idle_timeout.0,
            body_idle: limits.body_idle_timeout.0,
            idle_max: usize::from(limits.upstream_idle_max),
        };
        Pool { origin, scratch, idle: RefCell::default(), bounds }
    }

    /// Sends a request of `method`, whose head `write_head` writes, and waits for the head of the answer. `sent` is when
    /// it begins.
    ///
    /// A kept connection may have been closed by the backend in the meantime. The request goes over another only where
    /// not a byte of it was written, so it is never repeated.
    pub(crate) async fn send(
        self: &Rc<Self>,
        method: &Method,
        write_head: impl FnOnce(&mut Vec<u8>),
        body: RequestBody,
        sent: Instant,
    ) -> Result<(Head, Exchange), Failure> {
        let deadline = sent + self.bounds.response;
        let (mut connection, mut is_kept) = match self.checkout(sent) {
            Some(connection) => (connection, true),
            None => (self.connect().await?, false),
        };
        connection.out.clear();
        write_head(&mut connection.out);
        let mut exchange = Exchange::new(self, connection, method.clone(), body);
        loop {
            match poll_fn(|cx| exchange.poll_head(cx, deadline)).await {
                Ok(head) => return Ok((head, exchange)),
                Err(Failure::Malformed) if is_kept && exchange.is_unsent() => {}
                Err(failure) => return Err(failure),
            }
            let (connection, kept) = match self.checkout(sent) {
                Some(connection) => (connection, true),
                None => (self.connect().await?, false),
            };
            (exchange, is_kept) = (exchange.moved_to(connection), kept);
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
        Ok(match &self.origin.tls {
            None => Box::new(stream),
            Some((config, name)) => {
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?)
            }
        })
    }
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
