//! Bodies on their way through: bounded in size and time, counted, and recorded when they end.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::account::OnEnd;
use super::filter::Filter;
use super::held::{Budget, HeldBody, Spent};
use super::http1::Inbound;
use super::timer::Timer;
use super::tunnel::Tunnel;
use super::upstream::{Exchange, Failure};
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

/// An answer on its way to the caller.
pub(crate) enum AnswerBody {
    /// Made by the gateway.
    Whole(Bytes),
    /// The backend's, as it comes.
    Streamed(Box<Streamed>),
    /// A message of gRPC, and the trailers that end it; of HTTP/2 alone.
    Message(Bytes, Option<Box<HeaderMap>>),
    /// None: what follows is another protocol. Of HTTP/1 alone.
    Tunnel(Box<Tunnel>),
}

/// The backend's answer, with what must happen at its end.
pub(crate) struct Streamed {
    /// What was read already; it goes first, and counts as held until all of the answer was taken.
    held: HeldBody,
    exchange: Option<Exchange>,
    /// What reads it on its way.
    filter: Option<Box<Filter>>,
    /// What came and the filter has not read.
    unread: Vec<u8>,
    trailers: Option<HeaderMap>,
    bytes: u64,
    on_end: Option<OnEnd>,
}

/// The backend's answer broke off, and why.
#[derive(Debug)]
pub(crate) enum BrokenOff {
    /// The connection to the backend failed.
    Upstream(Failure),
    /// The rest of it could not be read by a control that must.
    Unreadable,
}

impl Streamed {
    /// An answer of which `held` was read already, and which reports to `on_end`.
    pub(crate) fn new(
        exchange: Exchange,
        held: HeldBody,
        filter: Option<Box<Filter>>,
        on_end: OnEnd,
    ) -> Streamed {
        let mut exchange = exchange;
        let trailers = exchange.take_trailers();
        let on_end = Some(on_end);
        let mut streamed =
            Streamed { held, exchange: None, filter, unread: Vec::new(), trailers, bytes: 0, on_end };
        // The connection of an answer that was read whole is free while the caller still reads.
        if !streamed.held.is_empty() && exchange.is_at_end() {
            exchange.give_back();
        } else {
            streamed.exchange = Some(exchange);
        }
        streamed
    }

    fn bytes(&self) -> Option<u64> {
        if self.filter.as_ref().is_some_and(|filter| filter.is_enforced()) {
            return None;
        }
        let rest = self.exchange.as_ref().map_or(Some(0), Exchange::body_bytes);
        rest.map(|rest| rest + self.held.bytes().len() as u64)
    }

    fn poll(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Result<bool, BrokenOff>> {
        let before = out.len();
        let more = match &mut self.filter {
            None => ready!(Streamed::poll_unread(&mut self.held, &mut self.exchange, cx, out)),
            Some(filter) => {
                self.unread.clear();
                match ready!(Streamed::poll_unread(&mut self.held, &mut self.exchange, cx, &mut self.unread))
                {
                    Err(failure) => Err(failure),
                    Ok(more) => match filter.push(&self.unread, out) && (more || filter.finish(out)) {
                        true => Ok(more),
                        false => Err(BrokenOff::Unreadable),
                    },
                }
            }
        };
        self.bytes += (out.len() - before) as u64;
        if !matches!(more, Ok(true)) {
            self.end(more.is_ok());
        }
        Poll::Ready(more)
    }

    /// What comes next, as the backend sent it.
    fn poll_unread(
        held: &mut HeldBody,
        exchange: &mut Option<Exchange>,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Result<bool, BrokenOff>> {
        if !held.is_empty() {
            out.append(&mut held.take());
            return Poll::Ready(Ok(true));
        }
        match exchange {
            Some(exchange) => exchange.poll_body(cx, out).map_err(BrokenOff::Upstream),
            None => Poll::Ready(Ok(false)),
        }
    }

    /// What must happen at the end, once: the connection is kept if it can be, and the end goes on record.
    fn end(&mut self, is_whole: bool) {
        if let Some(mut exchange) = self.exchange.take()
            && is_whole
        {
            self.trailers = self.trailers.take().or_else(|| exchange.take_trailers());
            exchange.give_back();
        }
        if let Some(on_end) = self.on_end.take() {
            on_end.record(self.bytes, is_whole, self.filter.as_deref());
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        // A body that was not read to its end has not been judged to its end.
        let is_whole = self.filter.is_none()
            && self.held.is_empty()
            && self.exchange.as_ref().is_none_or(Exchange::is_at_end);
        self.end(is_whole);
    }
}

impl AnswerBody {
    /// The length of what is to come, where it is known.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            AnswerBody::Whole(bytes) => Some(bytes.len() as u64),
            AnswerBody::Streamed(streamed) => streamed.bytes(),
            AnswerBody::Message(..) => None,
            AnswerBody::Tunnel(_) => None,
        }
    }

    /// Whether there is nothing (more) to come.
    pub(crate) fn is_at_end(&self) -> bool {
        match self {
            AnswerBody::Whole(bytes) => bytes.is_empty(),
            AnswerBody::Streamed(streamed) => streamed.bytes() == Some(0) && streamed.trailers.is_none(),
            AnswerBody::Message(bytes, trailers) => bytes.is_empty() && trailers.is_none(),
            AnswerBody::Tunnel(_) => true,
        }
    }

    /// The fields that came after the body, once it has ended.
    fn take_trailers(&mut self) -> Option<HeaderMap> {
        match self {
            AnswerBody::Streamed(streamed) => streamed.trailers.take(),
            AnswerBody::Message(_, trailers) => trailers.take().map(|trailers| *trailers),
            AnswerBody::Whole(_) | AnswerBody::Tunnel(_) => None,
        }
    }

    /// Appends what comes next to `out`; false at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Result<bool, BrokenOff>> {
        match self {
            AnswerBody::Whole(bytes) | AnswerBody::Message(bytes, _) => {
                out.extend_from_slice(&std::mem::take(bytes));
                Poll::Ready(Ok(false))
            }
            AnswerBody::Streamed(streamed) => streamed.poll(cx, out),
            AnswerBody::Tunnel(_) => Poll::Ready(Ok(false)),
        }
    }
}

/// For HTTP/2, whose library sends it.
impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        if let AnswerBody::Whole(bytes) = this {
            let bytes = std::mem::take(bytes);
            return Poll::Ready(if bytes.is_empty() { None } else { Some(Ok(Frame::data(bytes))) });
        }
        let mut out = Vec::new();
        loop {
            let more = ready!(this.poll(cx, &mut out));
            return Poll::Ready(match more {
                Err(broken) => Some(Err(broken)),
                Ok(_) if !out.is_empty() => Some(Ok(Frame::data(Bytes::from(out)))),
                Ok(false) => this.take_trailers().map(|trailers| Ok(Frame::trailers(trailers))),
                Ok(true) => continue,
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BrokenOff::Upstream(failure) => write!(f, "the backend's answer broke off: {failure:?}"),
            BrokenOff::Unreadable => f.write_str("the rest of the backend's answer cannot be read"),
        }
    }
}

impl std::error::Error for BrokenOff {}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AnswerBody::Whole(_) => "Whole",
            AnswerBody::Streamed(_) => "Streamed",
            AnswerBody::Message(..) => "Message",
            AnswerBody::Tunnel(_) => "Tunnel",
        })
    }
}
