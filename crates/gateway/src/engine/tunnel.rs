//! What runs once both sides have left HTTP: bytes both ways, which nobody looks at, within limits of time.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite as _;
use tokio::time::Instant;

use super::account::OnEnd;
use super::body::Progress;
use super::http1::Inbound;
use super::timer::Timer;
use super::transport::{Held, Io, Scratch};
use super::upstream::Http1Exchange;
use crate::config::Limits;

/// One end of a tunnel: a connection, and what was read from it already.
pub(super) struct End<'a> {
    pub io: &'a mut Io,
    pub held: &'a mut Held,
}

/// How long what has no end of its own may go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Without a byte in either direction.
    pub idle: Duration,
    /// The whole, at the latest.
    pub deadline: Instant,
}

impl Bounds {
    /// Of what began at `started`.
    pub(super) fn of(limits: &Limits, started: Instant) -> Bounds {
        Bounds { idle: limits.stream_idle_timeout.0, deadline: started + limits.stream_lifetime_max.0 }
    }
}

/// Both connections of an exchange that has changed over to another protocol, with what must happen at the end.
pub(crate) struct Tunnel {
    exchange: Http1Exchange,
    from_caller: Way,
    from_backend: Way,
    bounds: Bounds,
    idle_until: Instant,
    timer: Timer,
    progress: Rc<Progress>,
    on_end: Option<OnEnd>,
}

/// One direction.
#[derive(Debug, Default)]
struct Way {
    bytes: u64,
    /// The side that sends has ended.
    has_ended: bool,
    /// The side that receives knows it.
    is_over: bool,
    is_flushed: bool,
}

impl Tunnel {
    /// A tunnel to the backend of `exchange`, which reports to `on_end`; what the caller sends counts in `progress`.
    pub(super) fn new(
        exchange: Http1Exchange,
        bounds: Bounds,
        progress: Rc<Progress>,
        on_end: OnEnd,
    ) -> Tunnel {
        Tunnel {
            exchange,
            from_caller: Way::default(),
            from_backend: Way::default(),
            idle_until: Instant::now() + bounds.idle,
            bounds,
            timer: Timer::default(),
            progress,
            on_end: Some(on_end),
        }
    }

    /// Carries bytes both ways; ready once both sides have ended, one has failed, or a limit is reached.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &Scratch,
        inbound: &mut Inbound,
    ) -> Poll<()> {
        let carried = self.from_caller.bytes + self.from_backend.bytes;
        let (mut caller, mut backend) = (inbound.end(), self.exchange.end());
        let up = self.from_caller.poll(cx, scratch, &mut caller, backend.io);
        let down = self.from_backend.poll(cx, scratch, &mut backend, caller.io);
        self.progress.bytes.set(self.from_caller.bytes);
        match (up, down) {
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => self.end(true),
            (Poll::Ready(Err(error)), _) | (_, Poll::Ready(Err(error))) => {
                tracing::debug!(%error, "a tunnel failed");
                self.end(false);
            }
            _ => {
                if self.from_caller.bytes + self.from_backend.bytes > carried {
                    self.idle_until = Instant::now() + self.bounds.idle;
                }
                ready!(self.timer.poll(cx, self.idle_until.min(self.bounds.deadline)));
                tracing::debug!("a tunnel was idle, or open, for too long");
                self.end(false);
            }
        }
        Poll::Ready(())
    }

    fn end(&mut self, is_whole: bool) {
        if let Some(on_end) = self.on_end.take() {
            on_end.record(self.from_backend.bytes, is_whole, None);
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl Way {
    /// Carries what has come, and the end after it. Not more is read than was written.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &Scratch,
        from: &mut End<'_>,
        to: &mut Io,
    ) -> Poll<io::Result<()>> {
        while !self.is_over {
            let rest = from.held.rest();
            if !rest.is_empty() {
                let count = ready!(Pin::new(&mut *to).poll_write(cx, rest))?;
                if count == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                from.held.advance(count);
                self.bytes += count as u64;
                self.is_flushed = false;
            } else if self.has_ended {
                ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                self.is_over = true;
            } else {
                let held = &mut *from.held;
                let read = scratch.poll_read(from.io, cx, |arrived| {
                    held.extend(arrived);
                    arrived.is_empty()
                });
                if read.is_pending() && !self.is_flushed {
                    // TLS may hold back what was written.
                    ready!(Pin::new(&mut *to).poll_flush(cx))?;
                    self.is_flushed = true;
                }
                self.has_ended = ready!(read)?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel")
            .field("from_caller", &self.from_caller)
            .field("from_backend", &self.from_backend)
            .finish_non_exhaustive()
    }
}
