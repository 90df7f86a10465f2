//! One request and its answer on a connection to a backend.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::Method;
use tokio::io::AsyncWrite as _;
use tokio::time::Instant;

use super::backends::InFlight;
use super::head::{self, Head, Length};
use super::{Failure, Outgoing, Pool};
use crate::content;
use crate::engine::body::{BodyError, RequestBody};
use crate::engine::held::{Charge, HeldBody};
use crate::engine::http1::enclose_chunk;
use crate::engine::timer::Timer;
use crate::engine::transport::{Held, Io, Scratch};
use crate::engine::tunnel::End;
use crate::websocket::Offer;
use crate::wire::{ChunkRules, Chunked, at_most};

/// A connection to a backend, on which nothing is under way while it is kept.
pub(super) struct Connection {
    io: Io,
    scratch: Scratch,
    held: Held,
    timer: Timer,
    /// The room that requests are written in, kept with the connection.
    pub(super) out: Vec<u8>,
}

/// One request on its way, and its answer.
pub(crate) struct Exchange {
    pool: Rc<Pool>,
    connection: Box<Connection>,
    method: Method,
    /// Bytes of `connection.out` that were written.
    written: usize,
    /// Any byte was written.
    has_begun: bool,
    request: Sending,
    /// It can be sent again from the beginning.
    is_replayable: bool,
    /// Something of an answer came.
    is_answered: bool,
    is_chunked: bool,
    /// The backend takes no more of the request.
    is_cut_off: bool,
    answer: Reading,
    is_kept: bool,
    /// The WebSocket that was asked for, if one was.
    offer: Option<Rc<Offer>>,
    idle_until: Option<Instant>,
    /// Until when an answer without an end of its own may go on; absent for others.
    endless_until: Option<Instant>,
    in_flight: InFlight,
}

/// What is left of a request to send.
enum Sending {
    Whole {
        body: HeldBody,
        written: usize,
    },
    /// Nothing but what stands behind the head, which counts as held until the exchange is over.
    Joined(#[expect(dead_code, reason = "counts while it is there")] Option<Charge>),
    Streamed(Box<crate::engine::body::Bounded>),
    /// Nothing.
    Done,
}

/// What is left of an answer's body.
enum Reading {
    Fixed(u64),
    Chunked(Chunked),
    Connection,
}

/// What a chunked answer may hold beside its content: extensions and trailer fields, which end here.
const CHUNKS: ChunkRules = ChunkRules { digits_max: 16, extra_bytes_max: 16 << 10 };

/// Interim answers that are read over before the final one.
const INTERIM_MAX: usize = 8;

/// A whole body up to this size is sent with its head in one piece.
const JOINED_BYTES_MAX: usize = 16 << 10;

impl Connection {
    pub(super) fn new(io: Io, scratch: Scratch) -> Box<Connection> {
        Box::new(Connection { io, scratch, held: Held::default(), timer: Timer::default(), out: Vec::new() })
    }

    /// Whether the backend has neither closed it nor sent what nobody asked for. Costs no system call on a connection
    /// of which the kernel has said nothing.
    pub(super) fn is_alive(&mut self) -> bool {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        self.held.rest().is_empty() && self.scratch.poll_read(&mut self.io, &mut cx, |_| ()).is_pending()
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Connection { io, scratch, held, .. } = self;
        let read = ready!(scratch.poll_read(io, cx, |arrived| {
            held.extend(arrived);
            !arrived.is_empty()
        }));
        Poll::Ready(if read.unwrap_or(false) { Ok(()) } else { Err(Failure::Malformed) })
    }
}

impl Exchange {
    /// Of a request whose head stands in the connection's `out`.
    pub(super) fn new(
        pool: &Rc<Pool>,
        mut connection: Box<Connection>,
        request: Outgoing<'_>,
        body: RequestBody,
        in_flight: InFlight,
    ) -> Exchange {
        let mut is_chunked = false;
        let is_replayable = !matches!(body, RequestBody::Streamed(_));
        let (method, offer) = (request.parts.method.clone(), request.offer.cloned());
        let request = match body {
            RequestBody::Empty => Sending::Done,
            RequestBody::Whole(body) if body.bytes().len() <= JOINED_BYTES_MAX => {
                connection.out.extend_from_slice(body.bytes());
                Sending::Joined(body.into_charge())
            }
            RequestBody::Whole(body) => Sending::Whole { body, written: 0 },
            RequestBody::Streamed(body) => {
                is_chunked = body.bytes().is_none();
                Sending::Streamed(body)
            }
        };
        Exchange {
            pool: Rc::clone(pool),
            connection,
            method,
            written: 0,
            has_begun: false,
            request,
            is_replayable,
            is_answered: false,
            is_chunked,
            is_cut_off: false,
            answer: Reading::Fixed(0),
            is_kept: false,
            offer,
            idle_until: None,
            endless_until: None,
            in_flight,
        }
    }

    /// Whether not a byte was written, so that the request may be sent elsewhere.
    pub(super) fn is_unsent(&self) -> bool {
        !self.has_begun
    }

    /// Whether it may be sent again although it was sent: it is whole, its method is idempotent (RFC 9110 9.2.2), and
    /// nothing of an answer came.
    pub(super) fn is_repeatable(&self) -> bool {
        let is_idempotent = self.method.is_idempotent() && self.method != Method::TRACE;
        is_idempotent && self.is_replayable && !self.is_answered
    }

    /// The same request on another connection. Only where [`Exchange::is_unsent`] or [`Exchange::is_repeatable`].
    pub(super) fn moved_to(mut self, mut connection: Box<Connection>) -> Exchange {
        std::mem::swap(&mut connection.out, &mut self.connection.out);
        self.connection = connection;
        self.is_cut_off = false;
        self.written = 0;
        if let Sending::Whole { written, .. } = &mut self.request {
            *written = 0;
        }
        self
    }

    /// The same request, for another backend.
    pub(super) fn for_another(
        mut self,
        pool: &Rc<Pool>,
        connection: Box<Connection>,
        in_flight: InFlight,
    ) -> Exchange {
        self.pool = Rc::clone(pool);
        self.in_flight = in_flight;
        self.moved_to(connection)
    }

    /// Sends the request and reads the head of its answer, until `deadline`.
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        deadline: Instant,
    ) -> Poll<Result<Head, Failure>> {
        let mut interim = 0;
        loop {
            if let Poll::Ready(Err(error)) = self.poll_request(cx) {
                return Poll::Ready(Err(Failure::RequestBody(error)));
            }
            while let Some((bytes, head)) =
                head::read(self.connection.held.rest(), &self.method, &self.connection.scratch)?
            {
                self.connection.held.advance(bytes);
                let is_taken_up = |offer: &Rc<Offer>| head.is_websocket && offer.is_taken_up(&head.headers);
                if !head.status.is_informational() || self.offer.as_ref().is_some_and(is_taken_up) {
                    self.begin_body(&head);
                    return Poll::Ready(Ok(head));
                }
                interim += 1;
                // It was asked neither to change to this protocol nor to wait (RFC 9110 15.2).
                if interim > INTERIM_MAX || head.status == http::StatusCode::SWITCHING_PROTOCOLS {
                    return Poll::Ready(Err(Failure::Malformed));
                }
            }
            if let Poll::Ready(filled) = self.connection.poll_fill(cx) {
                filled?;
                self.is_answered = true;
                continue;
            }
            return self.connection.timer.poll(cx, deadline).map(|()| Err(Failure::Timeout));
        }
    }

    fn begin_body(&mut self, head: &Head) {
        self.is_kept = head.is_kept && !head.is_websocket;
        self.answer = Reading::of(if head.is_websocket { Length::Fixed(0) } else { head.length });
        // An event stream does not know its length.
        if !matches!(self.answer, Reading::Fixed(_)) && content::is_event_stream(&head.headers) {
            self.endless_until = Some(Instant::now() + self.pool.bounds.stream_lifetime);
        }
    }

    /// Whether the answer has no end of its own.
    pub(crate) fn is_endless(&self) -> bool {
        self.endless_until.is_some()
    }

    /// The connection itself, once it carries HTTP no more.
    pub(in crate::engine) fn end(&mut self) -> End<'_> {
        let Connection { io, held, .. } = &mut *self.connection;
        End { io, held }
    }

    /// The length of what is to come of the answer, where it is known.
    pub(crate) fn body_bytes(&self) -> Option<u64> {
        match &self.answer {
            Reading::Fixed(bytes) => Some(*bytes),
            Reading::Chunked(chunked) if chunked.is_done() => Some(0),
            Reading::Chunked(_) | Reading::Connection => None,
        }
    }

    /// Whether the answer has been read to its end.
    pub(crate) fn is_at_end(&self) -> bool {
        self.body_bytes() == Some(0)
    }

    /// Whether all of the request was sent and all of the answer has come, so that both ends are known.
    pub(crate) fn is_whole(&self) -> bool {
        let has_come = |bytes| bytes <= self.connection.held.rest().len() as u64;
        self.is_sent() && self.body_bytes().is_some_and(has_come)
    }

    fn is_sent(&self) -> bool {
        self.request.is_done() && self.written == self.connection.out.len() && !self.is_cut_off
    }

    /// Appends what comes next of the answer to `out`; false at its end.
    pub(crate) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Result<bool, Failure>> {
        // What is left of the request goes on while the answer comes. Where it breaks off, the answer may still be whole.
        if let Poll::Ready(Err(_)) = self.poll_request(cx) {
            self.is_kept = false;
        }
        loop {
            if self.is_at_end() {
                return Poll::Ready(Ok(false));
            }
            let before = out.len();
            let used = self.answer.take(self.connection.held.rest(), out)?;
            self.connection.held.advance(used);
            if out.len() > before {
                self.idle_until = None;
                return Poll::Ready(Ok(!self.is_at_end()));
            }
            if self.is_at_end() {
                return Poll::Ready(Ok(false));
            }
            let Connection { io, scratch, held, .. } = &mut *self.connection;
            let answer = &mut self.answer;
            let read = scratch.poll_read(io, cx, |arrived| {
                let used = answer.take(arrived, out)?;
                held.extend(arrived.get(used..).unwrap_or_default());
                Ok(!arrived.is_empty())
            });
            let Poll::Ready(read) = read else {
                let bounds = &self.pool.bounds;
                let idle = if self.endless_until.is_some() { bounds.stream_idle } else { bounds.body_idle };
                let idle_until = *self.idle_until.get_or_insert_with(|| Instant::now() + idle);
                let until = self.endless_until.map_or(idle_until, |until| until.min(idle_until));
                ready!(self.connection.timer.poll(cx, until));
                return Poll::Ready(Err(Failure::Timeout));
            };
            self.idle_until = None;
            if !read.unwrap_or(Ok(false))? {
                if !matches!(self.answer, Reading::Connection) {
                    return Poll::Ready(Err(Failure::Malformed));
                }
                self.answer = Reading::Fixed(0);
            }
            if out.len() > before {
                return Poll::Ready(Ok(!self.is_at_end()));
            }
        }
    }

    /// Keeps the connection for another exchange, where request and answer are over and both sides would.
    pub(crate) fn give_back(self) {
        if self.is_kept && self.is_sent() && self.connection.held.rest().is_empty() {
            self.pool.keep(self.connection);
        }
    }

    /// Sends what can be sent of the request. Where the backend takes no more of it, its answer says why.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        while !self.is_cut_off {
            let Connection { io, out, .. } = &mut *self.connection;
            if let Some(rest) = out.get(self.written..).filter(|rest| !rest.is_empty()) {
                match ready!(Pin::new(io).poll_write(cx, rest)) {
                    Ok(count @ 1..) => self.written += count,
                    Ok(0) | Err(_) => self.is_cut_off = true,
                }
                self.has_begun |= self.written > 0;
                continue;
            }
            match &mut self.request {
                // TLS may hold back what was written.
                sending if sending.is_done() => return Pin::new(io).poll_flush(cx).map(|_| Ok(())),
                Sending::Done | Sending::Joined(_) => {}
                Sending::Whole { body, written } => {
                    let rest = body.bytes().get(*written..).unwrap_or_default();
                    match ready!(Pin::new(io).poll_write(cx, rest)) {
                        Ok(count @ 1..) => *written += count,
                        Ok(0) | Err(_) => self.is_cut_off = true,
                    }
                }
                Sending::Streamed(body) => {
                    out.clear();
                    self.written = 0;
                    let more = ready!(body.poll(cx, out)).inspect_err(|_| {
                        out.clear();
                        self.is_cut_off = true;
                    })?;
                    if self.is_chunked {
                        enclose_chunk(out, 0);
                    }
                    if !more {
                        if self.is_chunked {
                            out.extend_from_slice(b"0\r\n\r\n");
                        }
                        self.request = Sending::Done;
                    }
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Sending {
    fn is_done(&self) -> bool {
        match self {
            Sending::Whole { body, written } => *written == body.bytes().len(),
            Sending::Streamed(_) => false,
            Sending::Done | Sending::Joined(_) => true,
        }
    }
}

impl Reading {
    fn of(length: Length) -> Reading {
        match length {
            Length::Fixed(bytes) => Reading::Fixed(bytes),
            Length::Chunked => Reading::Chunked(Chunked::default()),
            Length::Connection => Reading::Connection,
        }
    }

    /// Takes the body from the front of `input`, its content into `out`; how many bytes were taken.
    fn take(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Failure> {
        match self {
            Reading::Fixed(remaining) => {
                let count = at_most(input.len(), *remaining);
                *remaining -= count as u64;
                out.extend_from_slice(input.get(..count).unwrap_or_default());
                Ok(count)
            }
            Reading::Connection => {
                out.extend_from_slice(input);
                Ok(input.len())
            }
            Reading::Chunked(chunked) => {
                let mut used = 0;
                while !chunked.is_done() {
                    let rest = input.get(used..).unwrap_or_default();
                    if rest.is_empty() {
                        break;
                    }
                    let (bytes, data) = chunked.next(rest, &CHUNKS).ok().ok_or(Failure::Malformed)?;
                    out.extend_from_slice(rest.get(data).unwrap_or_default());
                    used += bytes;
                }
                Ok(used)
            }
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
