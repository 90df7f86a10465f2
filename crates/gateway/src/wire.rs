//! Where each HTTP/1 message begins and ends, decided strictly before the HTTP library sees a byte.
//!
//! The library is lenient where RFC 9112 lets it be: it takes `Content-Length` with `Transfer-Encoding` and drops the
//! evidence, bare line feeds, chunk extensions. A second server behind the gateway may be lenient in another way, and
//! the difference is a smuggled request. What [`Framing`] releases leaves no such choice; the rest is a [`Fault`].

mod chunked;
mod field;
mod head;
mod request_line;

use crate::denial::{Denial, Reason};
use crate::normalize;

use chunked::Chunked;
use head::Head;

/// What an HTTP/2 connection without TLS begins with (RFC 9113 3.4).
pub const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Follows the messages of one connection, fed with bytes as they arrive; holds none itself.
#[derive(Debug)]
pub struct Framing {
    limits: WireLimits,
    state: State,
    heads: u64,
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
        Framing { limits, state: State::Head(Head::default()), heads: 0 }
    }

    /// Looks at `input`: all bytes that have arrived and were not released yet. Bytes of a head are looked at once,
    /// in however many pieces they arrive.
    pub fn advance(&mut self, input: &[u8]) -> Advance {
        let mut released = 0;
        loop {
            let rest = input.get(released..).unwrap_or_default();
            if rest.is_empty() {
                return Advance { released, fault: None };
            }
            match self.step(rest) {
                Ok(0) => return Advance { released, fault: None },
                Ok(count) => released += count,
                Err(fault) => {
                    self.state = State::Faulted(fault);
                    return Advance { released, fault: Some(fault) };
                }
            }
        }
    }

    /// Nothing of a message is under way, apart from bytes that were not released yet.
    pub fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Head(_) | State::Ended)
    }

    /// How many heads have been released.
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// Refuses what is to come, for a reason that lies outside the bytes.
    pub fn fail(&mut self, reason: Reason, detail: &'static str) -> Fault {
        let fault = Fault { reason, detail, is_in_body: !self.is_between_messages() };
        self.state = State::Faulted(fault);
        fault
    }

    /// How many of the leading bytes of `rest`, which is not empty, are released.
    fn step(&mut self, rest: &[u8]) -> Result<usize, Fault> {
        match &mut self.state {
            State::Head(head) => match head.advance(rest, &self.limits)? {
                Some((bytes, shape)) => {
                    self.state = shape.state();
                    self.heads += 1;
                    Ok(bytes)
                }
                None => Ok(0),
            },
            State::Fixed { remaining, is_last } => {
                let count =
                    usize::try_from(*remaining).map_or(rest.len(), |remaining| rest.len().min(remaining));
                *remaining -= count as u64;
                if *remaining == 0 {
                    self.state = State::after(*is_last);
                }
                Ok(count)
            }
            State::Chunked { chunked, is_last } => {
                let count = chunked.advance(rest, &self.limits)?;
                if chunked.is_done() {
                    self.state = State::after(*is_last);
                }
                Ok(count)
            }
            State::Ended => {
                Err(Fault::head(Reason::MalformedRequest, "bytes after the last request of the connection"))
            }
            State::Faulted(fault) => Err(*fault),
        }
    }
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

    fn head(reason: Reason, detail: &'static str) -> Fault {
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
