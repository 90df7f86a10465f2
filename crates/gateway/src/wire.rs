//! Where each HTTP/1 message begins and ends, decided strictly: what two readers could see differently is refused.
//!
//! RFC 9112 lets a server be lenient: take `Content-Length` with `Transfer-Encoding`, bare line feeds, chunk extensions.
//! A second server behind the gateway may be lenient in another way, and the difference is a smuggled request. What
//! [`Framing`] lets pass leaves no such choice; the rest is a [`Fault`].

mod chunked;
mod field;
mod head;
mod proxy;
mod request_line;

use std::ops::Range;

use crate::denial::{Denial, Reason};
use crate::normalize;

pub(crate) use chunked::{ChunkRules, Chunked};
use head::Head;
pub use head::{FieldSpan, HeadSpans};
pub use proxy::{Announced, announced};
pub(crate) use request_line::check_target;

/// What an HTTP/2 connection without TLS begins with (RFC 9113 3.4).
pub const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Follows the messages of one connection, fed with bytes as they arrive; holds none itself.
#[derive(Debug)]
pub struct Framing {
    limits: WireLimits,
    state: State,
    spans: HeadSpans,
}

/// How large a message head may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireLimits {
    /// Request line, field lines and the empty line, in bytes.
    pub head_bytes_max: usize,
    /// Field lines in a head.
    pub headers_max: usize,
    /// The request target, in bytes.
    pub target_bytes_max: usize,
    /// Digits of a chunk size (RFC 9112 7.1); 16 spell the largest number that any reader holds.
    pub chunk_digits_max: usize,
}

/// What stands at the front of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Too little to say.
    Partial,
    /// A whole head of this many bytes; [`Framing::head`] says where its parts lie.
    Head(usize),
    /// A piece of a body: this many bytes, of which those in `data` are its content and the others framing.
    Body {
        /// Bytes of the input that the piece takes.
        bytes: usize,
        /// Where its content lies in them; empty where it is framing alone.
        data: Range<usize>,
    },
}

/// What one look at the input found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// How many leading bytes of the input are part of clean messages. The next input begins after them.
    pub released: usize,
    /// Why the bytes after them are refused. It stays: nothing is released after a fault.
    pub fault: Option<Fault>,
}

/// Why the bytes of a connection are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Why, as the caller is told.
    pub reason: Reason,
    /// What exactly, for the log.
    pub detail: &'static str,
    /// The head of the message has been released: the fault lies in its body.
    pub is_in_body: bool,
}

#[derive(Debug)]
enum State {
    Head(Head),
    /// Bytes of a body of known length that are still to come; never zero.
    Fixed {
        remaining: u64,
        is_last: bool,
    },
    Chunked {
        chunked: Chunked,
        is_last: bool,
    },
    /// The last message asked to close the connection.
    Ended,
    Faulted(Fault),
}

/// What a clean head says of the message around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    body: BodyLength,
    is_last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyLength {
    Fixed(u64),
    Chunked,
}

impl Framing {
    /// At the beginning of a connection.
    pub fn new(limits: WireLimits) -> Framing {
        Framing { limits, state: State::Head(Head::default()), spans: HeadSpans::default() }
    }

    /// Looks at `input`: all bytes that have arrived and were not taken yet. Bytes of a head are looked at once, in
    /// however many pieces they arrive.
    ///
    /// # Errors
    /// The bytes at the front are refused. The fault stays: nothing is taken after it.
    pub fn next(&mut self, input: &[u8]) -> Result<Piece, Fault> {
        if input.is_empty() {
            return Ok(Piece::Partial);
        }
        let piece = self.step(input);
        if let Err(fault) = piece {
            self.state = State::Faulted(fault);
        }
        piece
    }

    /// As [`Framing::next`], over all of `input` at once and without its content.
    pub fn advance(&mut self, input: &[u8]) -> Advance {
        let mut released = 0;
        loop {
            match self.next(input.get(released..).unwrap_or_default()) {
                Ok(Piece::Partial) => return Advance { released, fault: None },
                Ok(Piece::Head(bytes) | Piece::Body { bytes, .. }) => released += bytes,
                Err(fault) => return Advance { released, fault: Some(fault) },
            }
        }
    }

    /// Where the parts of the last whole head lie, from its first byte.
    pub fn head(&self) -> &HeadSpans {
        &self.spans
    }

    /// Nothing of a message is under way, apart from bytes that were not taken yet.
    pub fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Head(_) | State::Ended)
    }

    /// Another message may follow the one that is under way, or was last.
    pub fn may_go_on(&self) -> bool {
        match self.state {
            State::Head(_) => true,
            State::Fixed { is_last, .. } | State::Chunked { is_last, .. } => !is_last,
            State::Ended | State::Faulted(_) => false,
        }
    }

    /// The length of what is still to come of a body, where its head has said it.
    pub fn body_bytes(&self) -> Option<u64> {
        match self.state {
            State::Fixed { remaining, .. } => Some(remaining),
            State::Chunked { .. } => None,
            State::Head(_) | State::Ended | State::Faulted(_) => Some(0),
        }
    }

    /// Refuses what is to come, for a reason that lies outside the bytes.
    pub fn fail(&mut self, reason: Reason, detail: &'static str) -> Fault {
        let fault = Fault { reason, detail, is_in_body: !self.is_between_messages() };
        self.state = State::Faulted(fault);
        fault
    }

    /// What stands at the front of `input`, which is not empty.
    fn step(&mut self, input: &[u8]) -> Result<Piece, Fault> {
        match &mut self.state {
            State::Head(head) => match head.advance(input, &self.limits, &mut self.spans)? {
                Some((bytes, shape)) => {
                    self.state = shape.state();
                    Ok(Piece::Head(bytes))
                }
                None => Ok(Piece::Partial),
            },
            State::Fixed { remaining, is_last } => {
                let count = at_most(input.len(), *remaining);
                *remaining -= count as u64;
                if *remaining == 0 {
                    self.state = State::after(*is_last);
                }
                Ok(Piece::Body { bytes: count, data: 0..count })
            }
            State::Chunked { chunked, is_last } => {
                let (bytes, data) = chunked.next(input, &self.limits.chunks())?;
                if chunked.is_done() {
                    self.state = State::after(*is_last);
                }
                Ok(Piece::Body { bytes, data })
            }
            State::Ended => {
                Err(Fault::head(Reason::MalformedRequest, "bytes after the last request of the connection"))
            }
            State::Faulted(fault) => Err(*fault),
        }
    }
}

impl WireLimits {
    fn chunks(&self) -> ChunkRules {
        ChunkRules { digits_max: self.chunk_digits_max, extra_bytes_max: 0 }
    }
}

/// `length`, but no more than `most`.
pub(crate) fn at_most(length: usize, most: u64) -> usize {
    usize::try_from(most).map_or(length, |most| length.min(most))
}

impl Default for WireLimits {
    fn default() -> WireLimits {
        WireLimits {
            head_bytes_max: 32 * 1024,
            headers_max: 100,
            target_bytes_max: normalize::TARGET_BYTES_MAX,
            chunk_digits_max: 16,
        }
    }
}

impl Fault {
    /// As the pipeline's refusals.
    pub fn denial(self) -> Denial {
        Denial::protocol(self.reason, self.detail)
    }

    pub(crate) fn head(reason: Reason, detail: &'static str) -> Fault {
        Fault { reason, detail, is_in_body: false }
    }

    fn body(detail: &'static str) -> Fault {
        Fault { reason: Reason::AmbiguousFraming, detail, is_in_body: true }
    }
}

impl State {
    fn after(is_last: bool) -> State {
        if is_last { State::Ended } else { State::Head(Head::default()) }
    }
}

impl Shape {
    fn state(self) -> State {
        match self.body {
            BodyLength::Fixed(0) => State::after(self.is_last),
            BodyLength::Fixed(remaining) => State::Fixed { remaining, is_last: self.is_last },
            BodyLength::Chunked => State::Chunked { chunked: Chunked::default(), is_last: self.is_last },
        }
    }
}

#[cfg(test)]
mod tests;
