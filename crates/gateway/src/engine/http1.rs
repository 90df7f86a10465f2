//! Serves the HTTP/1 requests of one connection, one after another (RFC 9112).

mod answer;
mod deadline;
mod inbound;

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use http::Response;
use http::request::Parts;
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer_body::{AnswerBody, BrokenOff};
use super::body::Source;
use super::phase::Phase;
use super::timer::Timer;
use crate::wire::Fault;
use answer::{After, write_head};
pub(super) use answer::{enclose_chunk, push_field};
pub(super) use deadline::Timeouts;
use inbound::Next;
pub(super) use inbound::{AsksWebSocket, Inbound, Protocol};

/// What answers requests: the worker, or a test.
pub(super) trait Service {
    /// Answers a request, or a head that was refused. There is always an answer.
    fn answer(
        &self,
        request: Result<(Box<Parts>, Source), Fault>,
    ) -> impl Future<Output = Response<AnswerBody>>;
}

/// How much of what follows a fault is read and forgotten, in bytes.
const DRAINED_BYTES_MAX: usize = 256 << 10;

/// What of an answer is gathered before it is written, in bytes.
const GATHERED_BYTES_MAX: usize = 64 << 10;

/// The room that a connection keeps between answers, in bytes.
const KEPT_BYTES_MAX: usize = 4 << 10;

/// A connection while it is served.
struct Serving<'s, S> {
    service: &'s S,
    inbound: Rc<RefCell<Inbound>>,
    out: Vec<u8>,
    timer: Timer,
    /// How long the caller may take nothing of an answer.
    stall_timeout: Duration,
    stopping: watch::Receiver<Phase>,
}

/// The caller left, or its answer broke off: there is nobody to answer, or nothing to answer with.
struct Departed;

impl From<io::Error> for Departed {
    fn from(error: io::Error) -> Departed {
        tracing::debug!(%error, "a connection failed");
        Departed
    }
}

impl From<BrokenOff> for Departed {
    fn from(error: BrokenOff) -> Departed {
        tracing::debug!(%error, "a connection is cut to say that its answer is not whole");
        Departed
    }
}

/// Serves requests until the caller or the gateway ends the connection; `stopping` says when the gateway
/// does.
pub(super) async fn serve<S: Service>(
    service: &S,
    inbound: Inbound,
    stall_timeout: Duration,
    mut stopping: watch::Receiver<Phase>,
) {
    let inbound = Rc::new(RefCell::new(inbound));
    let mut serving = Serving {
        service,
        inbound: Rc::clone(&inbound),
        out: Vec::new(),
        timer: Timer::default(),
        stall_timeout,
        stopping: stopping.clone(),
    };
    let mut stopped =
        std::pin::pin!(async move { stopping.wait_for(|&phase| phase == Phase::Stopping).await.is_ok() });
    let mut is_stopping = false;
    loop {
        let next = poll_fn(|cx| {
            let mut inbound = inbound.borrow_mut();
            if let Poll::Ready(next) = inbound.poll_next(cx) {
                return Poll::Ready(next);
            }
            if !is_stopping && stopped.as_mut().poll(cx).is_ready() {
                is_stopping = true;
            }
            // A request of which something has arrived is served first.
            if is_stopping && inbound.is_idle() { Poll::Ready(Next::End) } else { Poll::Pending }
        });
        let request = match next.await {
            Next::End => return,
            Next::Head(parts) => {
                let is_empty = inbound.borrow().is_at_end();
                let body = if is_empty { Source::Empty } else { Source::Http1(Rc::clone(&inbound)) };
                Ok((parts, body))
            }
            Next::Refused(fault) => Err(fault),
        };
        match serving.one(request).await {
            Ok(true) => {}
            Ok(false) => return serving.close().await,
            Err(Departed) => return,
        }
    }
}

impl<S: Service> Serving<'_, S> {
    /// Serves one request; whether the connection goes on.
    async fn one(&mut self, request: Result<(Box<Parts>, Source), Fault>) -> Result<bool, Departed> {
        let mut after = match &request {
            Ok((parts, _)) => After::of(parts),
            Err(_) => After::REFUSED,
        };
        let mut answering = std::pin::pin!(self.service.answer(request));
        let inbound = &self.inbound;
        let answer = poll_fn(|cx| match answering.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => inbound.borrow_mut().poll_departed(cx).map(|()| Err(Departed)),
        });
        let (head, mut body) = answer.await?.into_parts();
        // A body that nobody wanted, and that has not arrived whole, is not waited for.
        let may_go_on = {
            let mut inbound = inbound.borrow_mut();
            inbound.begin_answer();
            let is_taken = match &body {
                AnswerBody::Whole(_) | AnswerBody::Message(..) => inbound.skip_body(),
                AnswerBody::Streamed(_) | AnswerBody::Tunnel(_) => inbound.is_at_end(),
            };
            is_taken && inbound.may_go_on()
        };
        // It changes once, and to look at its version takes no lock.
        after.goes_on &= may_go_on && !self.stopping.has_changed().unwrap_or(true);
        let framing = write_head(&mut self.out, &head, &body, &mut after);
        inbound.borrow().keep(head.headers);
        self.write(&mut body, framing).await?;
        if let AnswerBody::Tunnel(mut tunnel) = body {
            let scratch = self.inbound.borrow().scratch().clone();
            poll_fn(|cx| tunnel.poll(cx, &scratch, &mut self.inbound.borrow_mut())).await;
            return Err(Departed);
        }
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES_MAX);
        let inbound = self.inbound.borrow();
        Ok(after.goes_on && inbound.is_at_end() && inbound.may_go_on())
    }

    /// Writes what stands in `out`, then the body, as both can be written.
    async fn write(&mut self, body: &mut AnswerBody, framing: answer::Framing) -> Result<(), Departed> {
        let Serving { inbound, out, timer, stall_timeout, .. } = self;
        let (mut written, mut stalled_until) = (0, None);
        let mut is_over = framing == answer::Framing::None;
        poll_fn(|cx| {
            loop {
                while !is_over && out.len() - written < GATHERED_BYTES_MAX {
                    let start = out.len();
                    let Poll::Ready(more) = body.poll(cx, out) else { break };
                    is_over = !more?;
                    if framing == answer::Framing::Chunked {
                        enclose_chunk(out, start);
                        if is_over {
                            out.extend_from_slice(b"0\r\n\r\n");
                        }
                    }
                }
                let mut inbound = inbound.borrow_mut();
                let Some(rest) = out.get(written..).filter(|rest| !rest.is_empty()) else {
                    ready!(inbound.poll_flush(cx))?;
                    if is_over {
                        return Poll::Ready(Ok(()));
                    }
                    return inbound.poll_departed(cx).map(|()| Err(Departed));
                };
                match inbound.poll_write(cx, rest) {
                    Poll::Ready(Ok(count @ 1..)) => {
                        (written, stalled_until) = (written + count, None);
                        if written == out.len() {
                            out.clear();
                            written = 0;
                        }
                    }
                    Poll::Ready(_) => return Poll::Ready(Err(Departed)),
                    Poll::Pending => {
                        let until = *stalled_until.get_or_insert_with(|| Instant::now() + *stall_timeout);
                        return timer.poll(cx, until).map(|()| Err(Departed));
                    }
                }
            }
        })
        .await
    }

    /// Ends the connection so that the caller still sees its answer: a socket that is closed with unread bytes resets
    /// the connection. Where all that was sent is read, nothing is waited for.
    async fn close(mut self) {
        let (mut left, until) = (DRAINED_BYTES_MAX, Instant::now() + self.stall_timeout);
        let closed: io::Result<()> = poll_fn(|cx| {
            let mut inbound = self.inbound.borrow_mut();
            ready!(inbound.poll_shutdown(cx))?;
            if inbound.is_at_end() && inbound.is_idle() {
                return Poll::Ready(Ok(()));
            }
            match inbound.poll_drain(cx, &mut left) {
                Poll::Ready(()) => Poll::Ready(Ok(())),
                Poll::Pending => self.timer.poll(cx, until).map(Ok),
            }
        })
        .await;
        if let Err(error) = closed {
            tracing::debug!(%error, "a connection ended before its time");
        }
    }
}

#[cfg(test)]
mod tests;
