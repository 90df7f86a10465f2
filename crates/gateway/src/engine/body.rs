//! Bodies of requests on their way through: bounded in size and time, and counted.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::held::{Budget, HeldBody, Spent};
use super::http1::Inbound;
use super::timer::Timer;
use crate::wire::Fault;

/// Room that is made for a body before it has come, in bytes: to declare a length costs its sender nothing.
const RESERVED_BYTES_MAX: usize = 16 << 10;

/// Why a body ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Larger than the operation allows.
    TooLarge,
    /// No byte came for too long, or the whole took too long.
    Timeout,
    /// Two readers could see it end in different places.
    Refused(Fault),
    /// The connection it came over failed.
    Broken,
    /// The proxy that asks about its request did not send it.
    Withheld,
    /// It would have to be held, and there is no room.
    Overloaded,
}

/// Bounds of one body in transit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transit {
    /// Bytes at most.
    pub bytes_max: u64,
    /// Without a byte at most.
    pub idle: Duration,
    /// The whole, at the latest.
    pub deadline: Instant,
}

/// What has passed so far, readable while and after the body is sent.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Bytes that passed.
    pub bytes: Cell<u64>,
}

/// Where a request's body comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// There is none.
    Empty,
    /// The connection that the head came over.
    Http1(Rc<RefCell<Inbound>>),
    /// A stream of its own.
    Http2(Incoming),
    /// A proxy that asks about the request has sent it.
    Whole(Bytes),
    /// A proxy that asks about the request keeps it, or a part of it, or may do so; whoever must see it gets this instead.
    Kept(BodyError),
    /// As [`Source::Kept`], and the config says to let it go unjudged.
    Unseen,
}

/// A request body as it comes, under [`Transit`]'s bounds.
#[derive(Debug)]
pub(crate) struct Bounded {
    source: Source,
    transit: Transit,
    progress: Rc<Progress>,
    idle_until: Option<Instant>,
    timer: Timer,
}

/// A request body on its way to a backend.
#[derive(Debug)]
pub(crate) enum RequestBody {
    /// Nothing.
    Empty,
    /// Judged as a whole.
    Whole(HeldBody),
    /// Passed on as it comes.
    Streamed(Box<Bounded>),
}

impl Source {
    /// Whether there is nothing (more) to come.
    pub(crate) fn is_at_end(&self) -> bool {
        match self {
            Source::Empty => true,
            Source::Http1(inbound) => inbound.borrow().is_at_end(),
            Source::Http2(body) => body.is_end_stream(),
            Source::Whole(bytes) => bytes.is_empty(),
            Source::Kept(_) | Source::Unseen => false,
        }
    }

    /// The length of what is to come, where it is known.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Source::Empty => Some(0),
            Source::Http1(inbound) => inbound.borrow().body_bytes(),
            Source::Http2(body) => body.size_hint().exact(),
            Source::Whole(bytes) => Some(bytes.len() as u64),
            Source::Kept(_) | Source::Unseen => None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Result<bool, BodyError>> {
        match self {
            Source::Empty => Poll::Ready(Ok(false)),
            Source::Http1(inbound) => inbound.borrow_mut().poll_body(cx, out),
            Source::Http2(body) => Poll::Ready(match ready!(Pin::new(body).poll_frame(cx)) {
                None => Ok(false),
                Some(Err(_)) => Err(BodyError::Broken),
                Some(Ok(frame)) => {
                    out.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..]));
                    Ok(true)
                }
            }),
            Source::Whole(bytes) => {
                out.extend_from_slice(&std::mem::take(bytes));
                Poll::Ready(Ok(false))
            }
            Source::Kept(error) => Poll::Ready(Err(*error)),
            Source::Unseen => Poll::Ready(Err(BodyError::Withheld)),
        }
    }
}

impl From<Spent> for BodyError {
    fn from(Spent: Spent) -> BodyError {
        BodyError::Overloaded
    }
}

impl RequestBody {
    /// Its length, where it is known.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            RequestBody::Empty => Some(0),
            RequestBody::Whole(body) => Some(body.bytes().len() as u64),
            RequestBody::Streamed(body) => body.bytes(),
        }
    }
}

impl Bounded {
    pub(crate) fn new(source: Source, transit: Transit, progress: Rc<Progress>) -> Bounded {
        Bounded { source, transit, progress, idle_until: None, timer: Timer::default() }
    }

    /// The length of what is to come, where it is known.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.source.bytes()
    }

    /// Appends what comes next to `out`; false at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Result<bool, BodyError>> {
        let before = out.len();
        let Poll::Ready(more) = self.source.poll(cx, out) else {
            let idle = *self.idle_until.get_or_insert_with(|| Instant::now() + self.transit.idle);
            ready!(self.timer.poll(cx, self.transit.deadline.min(idle)));
            return Poll::Ready(Err(BodyError::Timeout));
        };
        self.idle_until = None;
        let bytes = self.progress.bytes.get() + (out.len() - before) as u64;
        self.progress.bytes.set(bytes);
        if more.is_ok() && bytes > self.transit.bytes_max {
            return Poll::Ready(Err(BodyError::TooLarge));
        }
        Poll::Ready(more)
    }

    /// Whether nothing of it was taken.
    pub(crate) fn is_untouched(&self) -> bool {
        self.progress.bytes.get() == 0
    }

    /// The whole body, held.
    pub(super) async fn whole(mut self, budget: Budget<'_>) -> Result<HeldBody, BodyError> {
        let known = self.bytes().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
        let mut whole = HeldBody::default();
        whole.reserve(known.min(RESERVED_BYTES_MAX), budget)?;
        let mut next = |cx: &mut Context<'_>| whole.append(budget, |out| self.poll(cx, out));
        while std::future::poll_fn(|cx| next(cx).unwrap_or_else(|spent| Poll::Ready(Err(spent.into()))))
            .await?
        {}
        Ok(whole)
    }
}
