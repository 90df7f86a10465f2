//! Bodies on their way through: bounded in size and time, counted, and recorded when they end.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::upstream::Lease;

/// Why a body ended before its time.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// Larger than the operation allows.
    TooLarge,
    /// No byte came for too long, or the whole took too long.
    Timeout,
    /// The connection it came over failed, or its framing was wrong.
    Broken,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BodyError::TooLarge => "the body is larger than the operation allows",
            BodyError::Timeout => "the body took too long",
            BodyError::Broken => "the body was cut off",
        })
    }
}

impl std::error::Error for BodyError {}

/// Bounds of one body in transit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transit {
    /// Bytes at most.
    pub bytes_max: u64,
    /// Without a byte at most.
    pub idle: Duration,
    /// The whole, at the latest; absent where only idleness is bounded.
    pub deadline: Option<Instant>,
}

/// What has passed so far, readable while and after the body is sent.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Bytes that passed.
    pub bytes: Cell<u64>,
    /// Whether the end was reached.
    pub ended: Cell<bool>,
    /// Whether it broke off because it grew too large.
    pub too_large: Cell<bool>,
    /// Whether it broke off because it was too slow.
    pub timed_out: Cell<bool>,
}

/// A body that streams through under [`Transit`]'s bounds.
#[derive(Debug)]
pub(crate) struct Bounded {
    inner: Incoming,
    transit: Transit,
    progress: Rc<Progress>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    pub(crate) fn new(inner: Incoming, transit: Transit, progress: Rc<Progress>) -> Bounded {
        Bounded { inner, transit, progress, timer: None }
    }

    /// Whether the wait for the next byte is over. The timer exists only while a byte is awaited, so a body that is
    /// there already costs none.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let timer = self.timer.get_or_insert_with(|| {
            let idle = Instant::now() + self.transit.idle;
            Box::pin(sleep_until(self.transit.deadline.map_or(idle, |deadline| deadline.min(idle))))
        });
        ready!(timer.as_mut().poll(cx));
        self.progress.timed_out.set(true);
        Poll::Ready(BodyError::Timeout)
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            return this.poll_timeout(cx).map(|error| Some(Err(error)));
        };
        this.timer = None;
        Poll::Ready(match frame {
            None => {
                this.progress.ended.set(true);
                None
            }
            Some(Err(_)) => Some(Err(BodyError::Broken)),
            Some(Ok(frame)) => {
                let bytes = this.progress.bytes.get() + frame.data_ref().map_or(0, |data| data.len() as u64);
                this.progress.bytes.set(bytes);
                if bytes > this.transit.bytes_max {
                    this.progress.too_large.set(true);
                    return Poll::Ready(Some(Err(BodyError::TooLarge)));
                }
                if this.inner.is_end_stream() {
                    this.progress.ended.set(true);
                }
                Some(Ok(frame))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A request body on its way to a backend.
#[derive(Debug)]
pub(crate) enum RequestBody {
    /// Nothing.
    Empty,
    /// Judged as a whole.
    Whole(Option<Bytes>),
    /// Passed on as it comes.
    Streamed(Box<Bounded>),
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            RequestBody::Empty => Poll::Ready(None),
            RequestBody::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            RequestBody::Streamed(body) => Pin::new(&mut **body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            RequestBody::Empty => true,
            RequestBody::Whole(bytes) => bytes.is_none(),
            RequestBody::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            RequestBody::Empty => SizeHint::with_exact(0),
            RequestBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            RequestBody::Streamed(body) => body.size_hint(),
        }
    }
}

/// Called once with what passed when an answer's body has ended or was dropped.
pub(crate) type OnEnd = Box<dyn FnOnce(&Progress)>;

/// An answer on its way to the caller.
pub(crate) enum AnswerBody {
    /// Made by the gateway, or read whole.
    Whole(Option<Bytes>),
    /// The backend's, as it comes.
    Streamed(Box<Streamed>),
}

/// The backend's answer, with what must happen at its end.
pub(crate) struct Streamed {
    body: Bounded,
    lease: Option<Lease>,
    on_end: Option<OnEnd>,
}

impl Streamed {
    /// An answer that reports to `on_end`, and gives `lease` back if it is read to its end.
    pub(crate) fn new(body: Bounded, lease: Option<Lease>, on_end: OnEnd) -> Streamed {
        Streamed { body, lease, on_end: Some(on_end) }
    }

    fn finish(&mut self) {
        if let Some(lease) = self.lease.take()
            && self.body.progress.ended.get()
        {
            lease.give_back();
        }
        if let Some(on_end) = self.on_end.take() {
            on_end(&self.body.progress);
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AnswerBody::Whole(_) => "Whole",
            AnswerBody::Streamed(_) => "Streamed",
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            AnswerBody::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            AnswerBody::Streamed(streamed) => {
                let frame = ready!(Pin::new(&mut streamed.body).poll_frame(cx));
                if streamed.body.progress.ended.get() || !matches!(frame, Some(Ok(_))) {
                    streamed.finish();
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Whole(bytes) => bytes.is_none(),
            AnswerBody::Streamed(streamed) => streamed.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            AnswerBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            AnswerBody::Streamed(streamed) => streamed.body.size_hint(),
        }
    }
}
