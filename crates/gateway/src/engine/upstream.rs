//! Connections to backends: one pool per worker and backend, HTTP/1.1, TLS where the origin says so.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::RequestBody;
use crate::config::Limits;

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
    /// It did not begin to answer in time.
    Timeout,
    /// It closed the connection, or what it sent is not HTTP.
    Malformed,
    /// The caller's body ended before its time; the backend never saw a whole request.
    RequestBody,
}

/// Unused connections to one backend.
#[derive(Debug)]
pub(crate) struct Pool {
    origin: Origin,
    idle: RefCell<Vec<Idle>>,
    bounds: Bounds,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    connect_timeout: Duration,
    response_timeout: Duration,
    idle_timeout: Duration,
    idle_max: usize,
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<RequestBody>,
    since: Instant,
}

/// A connection that is in use; it goes back to its pool when its answer was read to the end.
#[derive(Debug)]
pub(crate) struct Lease {
    pool: Rc<Pool>,
    sender: SendRequest<RequestBody>,
}

impl Pool {
    pub(crate) fn new(origin: Origin, limits: &Limits) -> Pool {
        let bounds = Bounds {
            connect_timeout: limits.upstream_connect_timeout.0,
            response_timeout: limits.upstream_response_timeout.0,
            idle_timeout: limits.upstream_idle_timeout.0,
            idle_max: usize::from(limits.upstream_idle_max),
        };
        Pool { origin, idle: RefCell::default(), bounds }
    }

    /// Sends `request` and waits for the head of the answer.
    ///
    /// A kept connection may have been closed by the backend in the meantime. hyper hands the request back only where
    /// not a byte of it was written, so sending it once more on a new connection can never repeat it.
    pub(crate) async fn send(
        self: &Rc<Self>,
        request: Request<RequestBody>,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        match timeout(self.bounds.response_timeout, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Timeout),
        }
    }

    async fn exchange(
        self: &Rc<Self>,
        request: Request<RequestBody>,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        let mut request = request;
        while let Some(mut sender) = self.checkout().await {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, Lease { pool: Rc::clone(self), sender })),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(failure(&error.into_error())),
                },
            }
        }
        let mut sender = self.connect().await?;
        let response = sender.send_request(request).await.map_err(|error| failure(&error))?;
        Ok((response, Lease { pool: Rc::clone(self), sender }))
    }

    /// The most recently used idle connection that still lives.
    async fn checkout(&self) -> Option<SendRequest<RequestBody>> {
        loop {
            let idle = self.idle.borrow_mut().pop()?;
            if idle.since.elapsed() >= self.bounds.idle_timeout {
                // The others have been idle for longer.
                self.idle.borrow_mut().clear();
                return None;
            }
            let mut sender = idle.sender;
            if sender.is_ready() || (!sender.is_closed() && sender.ready().await.is_ok()) {
                return Some(sender);
            }
        }
    }

    async fn connect(&self) -> Result<SendRequest<RequestBody>, Failure> {
        match timeout(self.bounds.connect_timeout, self.handshake()).await {
            Ok(Ok(sender)) => Ok(sender),
            Ok(Err(error)) => Err(Failure::Unreachable(kind_of(&error))),
            Err(_) => Err(Failure::Unreachable("connect timeout")),
        }
    }

    async fn handshake(&self) -> io::Result<SendRequest<RequestBody>> {
        let stream = TcpStream::connect((self.origin.host.as_str(), self.origin.port)).await?;
        stream.set_nodelay(true)?;
        match &self.origin.tls {
            None => connection(TokioIo::new(stream)).await,
            Some((config, name)) => {
                let stream = TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?;
                connection(TokioIo::new(stream)).await
            }
        }
    }
}

impl Lease {
    /// Keeps the connection for another request. Call it only when the answer's body has been read to its end.
    pub(crate) fn give_back(self) {
        let mut idle = self.pool.idle.borrow_mut();
        if !self.sender.is_closed() && idle.len() < self.pool.bounds.idle_max {
            idle.push(Idle { sender: self.sender, since: Instant::now() });
        }
    }
}

async fn connection<IO>(io: IO) -> io::Result<SendRequest<RequestBody>>
where
    IO: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_headers(256)
        .max_buf_size(256 << 10)
        .handshake(io)
        .await
        .map_err(io::Error::other)?;
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a backend ended");
        }
    });
    Ok(sender)
}

fn failure(error: &hyper::Error) -> Failure {
    if error.is_user() { Failure::RequestBody } else { Failure::Malformed }
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
