//! Bodies of answers on their way to the caller: counted, filtered where a control says so, and recorded when they end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::account::OnEnd;
use super::filter::Filter;
use super::held::HeldBody;
use super::tunnel::Tunnel;
use super::upstream::{Exchange, Failure};

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
