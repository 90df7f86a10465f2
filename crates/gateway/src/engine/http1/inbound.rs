//! The reading side of a connection: heads once they are complete and clean, and in time; bodies as they come.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use tokio::io::AsyncWrite as _;

use super::deadline::{Deadline, Timeouts, Wait};
use crate::denial::Reason;
use crate::engine::body::BodyError;
use crate::engine::transport::{Held, Io, Scratch};
use crate::engine::tunnel::End;
use crate::wire::{Fault, Framing, HTTP2_PREFACE, HeadSpans, Piece, WireLimits};

/// The HTTP version that a connection without ALPN begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2 with prior knowledge (RFC 9113 3.3).
    Http2,
}

/// Goes with the head of a request that asks for a WebSocket, in its extensions.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct AsksWebSocket;

/// What comes next on a connection.
pub(super) enum Next {
    /// A clean head.
    Head(Box<Parts>),
    /// A head that is refused; nothing after it is read.
    Refused(Fault),
    /// Nothing.
    End,
}

/// The caller's side of a connection.
pub(in crate::engine) struct Inbound {
    io: Io,
    scratch: Scratch,
    framing: Framing,
    deadline: Deadline,
    held: Held,
    /// The caller sends no more, or its connection failed.
    has_ended: bool,
    /// The interim answer that the caller still waits for before it sends its body.
    interim: &'static [u8],
}

/// What a caller that expects it is told once its body is wanted (RFC 9110 10.1.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How much of the next requests is read while one is served, in bytes.
const AHEAD_BYTES_MAX: usize = 16 << 10;

impl Inbound {
    /// Of a connection on which nothing has been read.
    pub(in crate::engine) fn new(
        io: Io,
        scratch: Scratch,
        limits: WireLimits,
        timeouts: Timeouts,
    ) -> Inbound {
        Inbound {
            io,
            scratch,
            framing: Framing::new(limits),
            deadline: Deadline::new(timeouts),
            held: Held::default(),
            has_ended: false,
            interim: b"",
        }
    }

    /// The connection, and what was read of it.
    pub(in crate::engine) fn into_parts(self) -> (Io, Held) {
        (self.io, self.held)
    }

    /// Waits for the first bytes and says what they speak. Where ALPN has said it, this need not be asked.
    ///
    /// A connection on which nothing clean comes in time is one of HTTP/1, where the next look says so.
    pub(in crate::engine) fn poll_protocol(&mut self, cx: &mut Context<'_>) -> Poll<Protocol> {
        loop {
            let rest = self.held.rest();
            if rest.starts_with(HTTP2_PREFACE) {
                return Poll::Ready(Protocol::Http2);
            }
            if !HTTP2_PREFACE.starts_with(rest) || self.has_ended {
                return Poll::Ready(Protocol::Http1);
            }
            if self.poll_fill(cx).is_pending() {
                ready!(self.deadline.poll(cx, wait(self.held.rest())));
                return Poll::Ready(Protocol::Http1);
            }
        }
    }

    /// The next head. The body of the one before has been taken.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            match self.framing.next(self.held.rest()) {
                Ok(Piece::Head(bytes)) => return Poll::Ready(self.head(bytes)),
                // There is none between messages.
                Ok(Piece::Body { bytes, .. }) => self.held.advance(bytes),
                Ok(Piece::Partial) if self.has_ended => return Poll::Ready(Next::End),
                Ok(Piece::Partial) => {
                    if self.poll_fill(cx).is_pending() {
                        let wait = wait(self.held.rest());
                        ready!(self.deadline.poll(cx, wait));
                        return Poll::Ready(self.too_late(wait));
                    }
                }
                Err(fault) => {
                    self.held.clear();
                    return Poll::Ready(Next::Refused(fault));
                }
            }
        }
    }

    /// Whether nothing of a further request has arrived.
    pub(super) fn is_idle(&self) -> bool {
        self.held.rest().is_empty()
    }

    /// Whether the body of the request that is served has been taken to its end.
    pub(in crate::engine) fn is_at_end(&self) -> bool {
        self.framing.is_between_messages()
    }

    /// The length of what is to come of the body, where it is known.
    pub(in crate::engine) fn body_bytes(&self) -> Option<u64> {
        self.framing.body_bytes()
    }

    /// Whether another request may follow.
    pub(super) fn may_go_on(&self) -> bool {
        self.framing.may_go_on() && !self.has_ended
    }

    /// Appends the next content of the body to `out`; false at its end.
    pub(in crate::engine) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Result<bool, BodyError>> {
        let Inbound { io, scratch, framing, held, .. } = self;
        loop {
            if framing.is_between_messages() {
                return Poll::Ready(Ok(false));
            }
            let before = out.len();
            let used = take(framing, held.rest(), out)?;
            held.advance(used);
            if out.len() > before || framing.is_between_messages() {
                return Poll::Ready(Ok(true));
            }
            while !self.interim.is_empty() {
                let written = ready!(Pin::new(&mut *io).poll_write(cx, self.interim));
                let written = written.ok().filter(|&written| written > 0).ok_or(BodyError::Broken)?;
                self.interim = self.interim.get(written..).unwrap_or_default();
                ready!(Pin::new(&mut *io).poll_flush(cx)).ok().ok_or(BodyError::Broken)?;
            }
            // Straight from the worker's buffer: only what belongs to the next request is kept.
            let read = ready!(scratch.poll_read(io, cx, |arrived| {
                let used = take(framing, arrived, out)?;
                held.extend(arrived.get(used..).unwrap_or_default());
                if arrived.is_empty() { Err(BodyError::Broken) } else { Ok(()) }
            }));
            read.unwrap_or(Err(BodyError::Broken))?;
            if out.len() > before {
                return Poll::Ready(Ok(true));
            }
        }
    }

    /// The answer is about to be written: an interim one would stand in the midst of it.
    pub(super) fn begin_answer(&mut self) {
        self.interim = b"";
    }

    /// Takes what has arrived of a body that nobody wants; whether it is over with that.
    pub(super) fn skip_body(&mut self) -> bool {
        let mut unwanted = Vec::new();
        let used = take(&mut self.framing, self.held.rest(), &mut unwanted).unwrap_or(0);
        self.held.advance(used);
        self.framing.is_between_messages()
    }

    /// Ready when the caller has left while its request, whose body has been taken, is served. What it sends ahead
    /// meanwhile is kept, up to a bound.
    pub(super) fn poll_departed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.framing.is_between_messages() && self.held.rest().len() < AHEAD_BYTES_MAX {
            if self.has_ended {
                return Poll::Ready(());
            }
            ready!(self.poll_fill(cx));
        }
        Poll::Pending
    }

    /// Reads and forgets up to `left` bytes: a socket that is closed with unread bytes resets the connection, and the
    /// caller may never see the answer.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>, left: &mut usize) -> Poll<()> {
        self.held.clear();
        while *left > 0 {
            match ready!(self.scratch.poll_read(&mut self.io, cx, <[u8]>::len)) {
                Ok(count @ 1..) => *left = left.saturating_sub(count),
                Ok(0) | Err(_) => *left = 0,
            }
        }
        Poll::Ready(())
    }

    /// Reads once. The end of input, and a failure, are kept.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Inbound { io, scratch, held, .. } = self;
        let read = ready!(scratch.poll_read(io, cx, |arrived| {
            held.extend(arrived);
            arrived.is_empty()
        }));
        self.has_ended = read.unwrap_or(true);
        Poll::Ready(())
    }

    fn too_late(&mut self, wait: Wait) -> Next {
        self.held.clear();
        match wait {
            Wait::NextRequest => Next::End,
            Wait::Head => {
                Next::Refused(self.framing.fail(Reason::RequestTimeout, "a head that did not arrive in time"))
            }
        }
    }

    /// The head that the first `bytes` are.
    fn head(&mut self, bytes: usize) -> Next {
        self.deadline.restart();
        let head = Bytes::copy_from_slice(self.held.rest().get(..bytes).unwrap_or_default());
        self.held.advance(bytes);
        let spans = self.framing.head();
        self.interim =
            if spans.expects_continue && spans.is_http11 && !self.is_at_end() { CONTINUE } else { b"" };
        match parts(&head, self.framing.head(), &self.scratch) {
            Some(parts) => Next::Head(Box::new(parts)),
            None => Next::Refused(
                self.framing.fail(Reason::MalformedRequest, "a head that the library does not take"),
            ),
        }
    }
}

/// Takes the body from the front of `input`, its content into `out`; how many bytes were taken.
fn take(framing: &mut Framing, input: &[u8], out: &mut Vec<u8>) -> Result<usize, BodyError> {
    let mut used = 0;
    while !framing.is_between_messages() {
        let rest = input.get(used..).unwrap_or_default();
        match framing.next(rest).map_err(BodyError::Refused)? {
            Piece::Partial | Piece::Head(_) => break,
            Piece::Body { bytes, data } => {
                out.extend_from_slice(rest.get(data).unwrap_or_default());
                used += bytes;
            }
        }
    }
    Ok(used)
}

/// The head in the library's types; nothing where it holds what they cannot.
fn parts(head: &Bytes, spans: &HeadSpans, scratch: &Scratch) -> Option<Parts> {
    let mut headers = scratch.map(spans.fields.len());
    for field in &spans.fields {
        let name = HeaderName::from_bytes(head.get(field.name.clone())?).ok()?;
        let value = HeaderValue::from_maybe_shared(head.slice(field.value.clone())).ok()?;
        headers.append(name, value);
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(head.get(spans.method.clone())?).ok()?;
    *request.uri_mut() = Uri::from_maybe_shared(head.slice(spans.target.clone())).ok()?;
    *request.version_mut() = if spans.is_http11 { Version::HTTP_11 } else { Version::HTTP_10 };
    *request.headers_mut() = headers;
    if spans.asks_websocket {
        request.extensions_mut().insert(AsksWebSocket);
    }
    Some(request.into_parts().0)
}

/// What is awaited when this much of a head has arrived. An empty line is no part of it yet (RFC 9112 2.2).
fn wait(arrived: &[u8]) -> Wait {
    if b"\r\n".starts_with(arrived) { Wait::NextRequest } else { Wait::Head }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("framing", &self.framing).finish_non_exhaustive()
    }
}

/// The writing side, which shares the connection.
impl Inbound {
    /// The connection itself, once it carries HTTP no more.
    pub(in crate::engine) fn end(&mut self) -> End<'_> {
        End { io: &mut self.io, held: &mut self.held }
    }

    /// What it is read with.
    pub(super) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Takes the map of an answer's head that was written.
    pub(super) fn keep(&self, map: HeaderMap) {
        self.scratch.keep(map);
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
