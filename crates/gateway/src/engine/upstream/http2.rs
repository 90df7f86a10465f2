//! Requests to a backend over HTTP/2 (RFC 9113): many at once on few connections, by the HTTP library.

mod answer;
mod outbound;

use std::cell::Cell;
use std::error::Error as _;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use http::Response;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use smallvec::SmallVec;
use tokio::time::{Instant, timeout, timeout_at};

use super::head::{HEAD_BYTES_MAX, Head};
use super::{Exchange, Failure, Outgoing, Pool, Upstream, is_failure, kind_of};
use crate::engine::body::RequestBody;
pub(crate) use answer::Answering;
use outbound::{Outbound, Sending};

/// A connection that takes more requests.
pub(super) struct Connection {
    sender: SendRequest<Outbound>,
    load: Rc<Load>,
}

/// How busy a connection is.
#[derive(Debug)]
struct Load {
    streams: Cell<usize>,
    /// What the backend allows at once.
    streams_max: Cell<usize>,
    idle_since: Cell<Instant>,
}

/// A request's place on a connection; given back when dropped.
#[derive(Debug)]
struct Stream(Rc<Load>);

/// Why a request got no answer, and whether it may be sent again.
struct Unanswered {
    failure: Failure,
    may_repeat: bool,
}

/// Runs what the HTTP library spawns on the worker's own thread.
#[derive(Debug, Clone, Copy)]
struct LocalExecutor;

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get().saturating_sub(1));
        self.0.idle_since.set(Instant::now());
    }
}

impl Connection {
    /// A place for a request, while there is one.
    fn place(&self, streams_max: usize) -> Option<(SendRequest<Outbound>, Stream)> {
        let Load { streams, streams_max: allowed, .. } = &*self.load;
        if streams.get() >= streams_max.min(allowed.get()) {
            return None;
        }
        streams.set(streams.get() + 1);
        Some((self.sender.clone(), Stream(Rc::clone(&self.load))))
    }
}

impl Upstream {
    /// Sends a request, and waits for the head of its answer; again, to another backend, where it may be.
    pub(super) async fn send_http2(
        &self,
        request: Outgoing<'_>,
        body: RequestBody,
    ) -> Result<(Head, Exchange), Failure> {
        let (body, mut tried, mut attempts) = (Sending::new(body), SmallVec::new(), 0);
        loop {
            let (index, pool) = self.choose(request.now, &mut tried)?;
            attempts += 1;
            let in_flight = self.backends.begin(index);
            let Unanswered { failure, may_repeat } = match pool.ask(request, &body).await {
                Ok((answer, stream)) => {
                    self.backends.note(index, is_failure(answer.status()), request.now);
                    let (head, answering) = answer::begin(answer, pool.bounds, (body, stream, in_flight));
                    return Ok((head, Exchange::Http2(Box::new(answering))));
                }
                Err(unanswered) => unanswered,
            };
            drop(in_flight);
            self.backends.note(index, !matches!(failure, Failure::RequestBody(_)), request.now);
            if attempts > self.backends.retries || !may_repeat {
                return Err(failure);
            }
        }
    }
}

impl Pool {
    /// Sends a request over a connection that has room for it.
    ///
    /// A backend may end a connection that requests are just being sent on, and says which of them it has not looked at
    /// (RFC 9113 6.8, 8.7). Such a request goes over another connection.
    async fn ask(
        &self,
        request: Outgoing<'_>,
        body: &Sending,
    ) -> Result<(Response<Incoming>, Stream), Unanswered> {
        let deadline = request.sent + request.patience(self.bounds.response);
        let mut has_moved = false;
        loop {
            let (mut sender, stream, is_kept) = self
                .stream(request.sent)
                .await
                .map_err(|failure| Unanswered { failure, may_repeat: body.is_replayable() })?;
            let Some(head) = request.http2(&self.origin, body.outbound()) else {
                let failure = Failure::Unreachable("a head that the library does not take");
                return Err(Unanswered { failure, may_repeat: false });
            };
            let mut answering = pin!(sender.try_send_request(head));
            let answer = poll_fn(|cx| match body.poll_failure(cx) {
                Poll::Ready(error) => Poll::Ready(Err(Failure::RequestBody(error))),
                Poll::Pending => answering.as_mut().poll(cx).map(Ok),
            });
            let answer = timeout_at(deadline, answer).await.unwrap_or(Err(Failure::Timeout));
            let error = match answer {
                Ok(Ok(answer)) => return Ok((answer, stream)),
                Ok(Err(error)) => error,
                Err(failure) => return Err(Unanswered { failure, may_repeat: false }),
            };
            let is_unseen = error.message().is_some() || is_unseen(error.error());
            if is_unseen && is_kept && !has_moved && body.is_replayable() {
                has_moved = true;
                continue;
            }
            let is_reset = of_library(error.error()).is_some_and(h2::Error::is_reset);
            let is_idempotent = request.parts.method.is_idempotent();
            let may_repeat = body.is_replayable() && (is_unseen || is_idempotent && !is_reset);
            let failure = if is_unseen {
                Failure::Unreachable("the request was not taken")
            } else {
                Failure::Malformed
            };
            return Err(Unanswered { failure, may_repeat });
        }
    }

    /// A place on a connection, and whether that was used before. One at a time connects, and the others wait for it.
    async fn stream(&self, now: Instant) -> Result<(SendRequest<Outbound>, Stream, bool), Failure> {
        if let Some((sender, stream)) = self.place(now) {
            return Ok((sender, stream, true));
        }
        let connect = async {
            let _turn = self.connecting.lock().await;
            if let Some((sender, stream)) = self.place(now) {
                return Ok((sender, stream, true));
            }
            let connection = Box::pin(self.connect_http2()).await?;
            let place = connection.place(self.bounds.streams_max);
            self.http2.borrow_mut().push(connection);
            let (sender, stream) = place.ok_or(Failure::Unreachable("the backend takes no streams"))?;
            Ok((sender, stream, false))
        };
        let connected = timeout(self.bounds.connect, connect).await;
        connected.unwrap_or(Err(Failure::Unreachable("connect timeout")))
    }

    /// A place on the first connection that has one. Connections that have ended, or were idle for too long, go.
    fn place(&self, now: Instant) -> Option<(SendRequest<Outbound>, Stream)> {
        let mut connections = self.http2.borrow_mut();
        connections.retain(|connection| {
            let Load { streams, idle_since, .. } = &*connection.load;
            let idle = now.saturating_duration_since(idle_since.get());
            !connection.sender.is_closed() && (streams.get() > 0 || idle < self.bounds.idle)
        });
        connections.iter().find_map(|connection| connection.place(self.bounds.streams_max))
    }

    async fn connect_http2(&self) -> Result<Connection, Failure> {
        let io = self.handshake().await.map_err(|error| Failure::Unreachable(kind_of(&error)))?;
        let mut http2 = Builder::new(LocalExecutor);
        http2
            .timer(TokioTimer::new())
            // Until the backend has said how many it takes: more than that it would refuse.
            .initial_max_send_streams(1)
            .max_header_list_size(HEAD_BYTES_MAX)
            .keep_alive_interval(self.bounds.body_idle)
            .keep_alive_timeout(self.bounds.connect);
        let (sender, connection) =
            http2.handshake(TokioIo::new(io)).await.map_err(|_error| Failure::Unreachable("no http/2"))?;
        let load = Rc::new(Load {
            streams: Cell::new(0),
            streams_max: Cell::new(connection.current_max_send_streams()),
            idle_since: Cell::new(Instant::now()),
        });
        let shared = Rc::downgrade(&load);
        tokio::task::spawn_local(async move {
            let mut connection = pin!(connection);
            let ended = poll_fn(|cx| {
                let ended = connection.as_mut().poll(cx);
                if let Some(load) = shared.upgrade() {
                    load.streams_max.set(connection.current_max_send_streams());
                }
                ended
            });
            if let Err(error) = ended.await {
                tracing::debug!(%error, "a connection to a backend ended");
            }
        });
        Ok(Connection { sender, load })
    }
}

/// Whether the backend says that it has not looked at the request: it refused the stream, or has ended the connection
/// before it.
fn is_unseen(error: &hyper::Error) -> bool {
    of_library(error).is_some_and(|error| {
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

fn of_library(error: &hyper::Error) -> Option<&h2::Error> {
    error.source().and_then(|source| source.downcast_ref())
}
