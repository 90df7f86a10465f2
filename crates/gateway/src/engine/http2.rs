//! Serves the HTTP/2 requests of one connection (RFC 9113), whose frames the HTTP library reads, and ends in time what it
//! would wait for without end.

mod pace;

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::body::Source;
use super::http1::Service as _;
use super::phase::Phase;
use super::serve::Served;
use super::transport::Io;
use crate::config::Limits;
use crate::denial::Reason;
use crate::wire::Fault;
use pace::{PIECE_BYTES_MAX, Paced, paced};

/// Streams that a peer may have reset before they were accepted (the rapid reset attack, CVE-2023-44487).
const PENDING_RESETS_MAX: usize = 20;

/// Streams reset by us for a peer's errors before its connection is closed (CVE-2025-8671).
const LOCAL_RESETS_MAX: usize = 128;

/// The streams of one connection: how many are open, and since when none is.
#[derive(Debug)]
struct Streams {
    open: Cell<usize>,
    idle_since: Cell<Instant>,
    changed: Notify,
}

/// Counts a stream as open until it is dropped.
struct Open(Rc<Streams>);

/// Runs streams on the worker's own thread, each for as long as its caller takes its answer.
#[derive(Debug, Clone)]
struct Executor {
    streams: Rc<Streams>,
    stall_timeout: Duration,
}

/// Serves requests until the caller or the gateway ends the connection; `stopping` says when the
/// gateway does.
pub(super) async fn serve(io: Io, served: Served, limits: &Limits, mut stopping: watch::Receiver<Phase>) {
    let served = Rc::new(served);
    let headers_max = usize::from(limits.headers_max);
    let service = service_fn(move |request: Request<Incoming>| {
        let served = Rc::clone(&served);
        async move {
            let mut answer = served.answer(read(request, headers_max)).await;
            // It has no connection of its own to close (RFC 9113 8.2.2).
            answer.headers_mut().remove(http::header::CONNECTION);
            Ok::<_, Infallible>(answer.map(Paced::from))
        }
    });
    let streams = Rc::new(Streams::default());
    let executor = Executor { streams: Rc::clone(&streams), stall_timeout: limits.body_idle_timeout.0 };
    let mut http2 = hyper::server::conn::http2::Builder::new(executor);
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(limits.head_bytes_max.0).unwrap_or(u32::MAX))
        .max_send_buf_size(PIECE_BYTES_MAX)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .max_local_error_reset_streams(LOCAL_RESETS_MAX)
        .keep_alive_interval(limits.idle_timeout.0)
        .keep_alive_timeout(limits.header_timeout.0);
    let mut serving = std::pin::pin!(http2.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        // Whoever answers pings would else keep its connection for ever.
        () = streams.idle(limits.idle_timeout.0) => None,
        _ = stopping.wait_for(|&phase| phase != Phase::Serving) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            streams.idle_since.set(Instant::now());
            tokio::select! {
                ended = serving => ended,
                // A farewell takes a ping and its answer, which may never come.
                () = streams.idle(limits.header_timeout.0) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended before its time");
    }
}

/// The request, if the library's limits and ours let it pass.
fn read(request: Request<Incoming>, headers_max: usize) -> Result<(Box<Parts>, Source), Fault> {
    let (parts, body) = request.into_parts();
    if parts.headers.len() > headers_max {
        return Err(Fault::head(Reason::HeadersTooLarge, "more fields than the limit"));
    }
    let source = if body.is_end_stream() { Source::Empty } else { Source::Http2(body) };
    Ok((Box::new(parts), source))
}

impl Streams {
    fn open(self: Rc<Self>) -> Open {
        self.open.set(self.open.get() + 1);
        self.changed.notify_one();
        Open(self)
    }

    /// Waits until no stream has been open for `time`.
    async fn idle(&self, time: Duration) {
        loop {
            if self.open.get() > 0 {
                self.changed.notified().await;
            } else if timeout_at(self.idle_since.get() + time, self.changed.notified()).await.is_err() {
                return;
            }
        }
    }
}

impl Default for Streams {
    fn default() -> Streams {
        Streams { open: Cell::new(0), idle_since: Cell::new(Instant::now()), changed: Notify::new() }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.idle_since.set(Instant::now());
        self.0.changed.notify_one();
    }
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, stream: F) {
        let (open, stall_timeout) = (Rc::clone(&self.streams).open(), self.stall_timeout);
        // Each future that a large one is moved into would hold a place for it of its own.
        let stream = Box::pin(stream);
        tokio::task::spawn_local(async move {
            let _open = open;
            paced(stream, stall_timeout).await;
        });
    }
}
