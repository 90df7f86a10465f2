//! A connection whose inbound bytes reach the HTTP library only as clean messages, and in time.
//!
//! Heads are held back until they are complete and clean; bodies pass as they come. Bytes are read straight into the
//! library's own buffer, checked there, and copied only where a message has arrived in part. The library would answer
//! a bad head by itself, without a record; instead it gets a stand-in request, which the service recognises with
//! [`Inbound::fault_of`] and answers with the fault, like any other refusal.

mod deadline;
mod inbound;

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::denial::Reason;
use crate::wire::{Advance, Framing, HTTP2_PREFACE, WireLimits};

pub(super) use deadline::Timeouts;
use deadline::{Deadline, Wait};
pub(super) use inbound::{InFlight, Inbound};

/// A socket, or TLS over one, with [`Framing`] in front of its reader. Writes pass through.
#[derive(Debug)]
pub(super) struct Framed<IO> {
    io: IO,
    framing: Framing,
    inbound: Rc<Inbound>,
    deadline: Deadline,
    /// Bytes that have arrived and are not delivered: at most one head in part, and what one read brought after it.
    hold: Vec<u8>,
    /// How many of the leading bytes of `hold` are released.
    released: usize,
    course: Course,
}

/// The HTTP version that a connection without ALPN begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2 with prior knowledge (RFC 9113 3.3).
    Http2,
}

/// What the reader does once the held bytes that are released have been delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Reads and checks.
    Checked,
    /// Reads without a check: HTTP/2 has a framing of its own.
    Passed,
    /// Delivers what is left of the stand-in for a message that was refused, from this offset.
    StandIn(usize),
    /// Breaks the body that was refused off.
    BrokenBody,
    /// Reads what the peer still sends, up to a bound, and forgets it: a socket that is closed with unread bytes
    /// resets the connection, and the peer may never see the answer.
    Drained(usize),
    /// The peer's side has ended, or nothing came in time.
    Ended,
}

/// What the library reads in place of a refused head. [`Framing`] lets no such target pass, so no caller can send it.
const STAND_IN: &[u8] = b"GET /\\ HTTP/1.1\r\nhost: invalid\r\nconnection: close\r\n\r\n";

/// The path of [`STAND_IN`].
const STAND_IN_PATH: &str = "/\\";

/// How much of what follows a fault is read and forgotten, in bytes.
const DRAINED_BYTES_MAX: usize = 256 * 1024;

/// The size of a read while the protocol is not known.
const OPENING_BYTES: usize = 2048;

impl<IO: AsyncRead + Unpin> Framed<IO> {
    /// Around a connection on which nothing has been read. `inbound` is what its service looks at.
    pub(super) fn new(io: IO, limits: WireLimits, timeouts: Timeouts, inbound: Rc<Inbound>) -> Framed<IO> {
        Framed {
            io,
            framing: Framing::new(limits),
            inbound,
            deadline: Deadline::new(timeouts),
            hold: Vec::new(),
            released: 0,
            course: Course::Checked,
        }
    }

    /// Waits for the first bytes and says what they speak. Where ALPN has said it, this need not be asked.
    ///
    /// A connection on which nothing clean comes in time is one of HTTP/1, where the next read says so.
    pub(super) async fn protocol(&mut self) -> io::Result<Protocol> {
        std::future::poll_fn(|cx| self.poll_protocol(cx)).await
    }

    fn poll_protocol(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Protocol>> {
        let mut bytes = [0; OPENING_BYTES];
        loop {
            if self.hold.starts_with(HTTP2_PREFACE) {
                self.course = Course::Passed;
                self.released = self.hold.len();
                return Poll::Ready(Ok(Protocol::Http2));
            }
            if !HTTP2_PREFACE.starts_with(&self.hold) || self.course != Course::Checked {
                let advance = self.framing.advance(&self.hold);
                self.hold_back(advance);
                return Poll::Ready(Ok(Protocol::Http1));
            }
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(read) => read?,
                Poll::Pending => {
                    ready!(self.poll_deadline(cx));
                    continue;
                }
            }
            if buf.filled().is_empty() {
                self.course = Course::Ended;
            }
            self.hold.extend_from_slice(buf.filled());
        }
    }

    /// Puts released bytes into `buf`; whether there were any.
    fn deliver(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let count = self.released.min(buf.remaining());
        let Some(bytes) = self.hold.get(..count).filter(|bytes| !bytes.is_empty()) else { return false };
        buf.put_slice(bytes);
        self.released -= count;
        if count == self.hold.len() {
            // Given back: most connections hold nothing most of the time.
            self.hold = Vec::new();
        } else {
            self.hold.drain(..count);
        }
        true
    }

    /// Checks what was read into `buf` after its first `before` bytes, and leaves there what may be delivered.
    fn check(&mut self, buf: &mut ReadBuf<'_>, before: usize) {
        let arrived = buf.filled().get(before..).unwrap_or_default();
        if self.hold.is_empty() {
            let advance = self.framing.advance(arrived);
            let rest = arrived.get(advance.released..).unwrap_or_default();
            self.hold.extend_from_slice(rest);
            buf.set_filled(before + advance.released);
            self.hold_back(Advance { released: 0, ..advance });
            if advance.released > 0 {
                self.deadline.restart();
            }
        } else {
            self.hold.extend_from_slice(arrived);
            buf.set_filled(before);
            let advance = self.framing.advance(&self.hold);
            self.hold_back(advance);
        }
    }

    /// Takes what was found in the held bytes.
    fn hold_back(&mut self, advance: Advance) {
        self.released = advance.released;
        if advance.released > 0 {
            self.deadline.restart();
        }
        if let Some(fault) = advance.fault {
            self.hold.truncate(advance.released);
            self.inbound.set_fault(fault, self.framing.heads());
            self.course = if fault.is_in_body { Course::BrokenBody } else { Course::StandIn(0) };
        }
    }

    /// Ready once the time for what is awaited is over and the course has changed.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let wait = if !self.framing.is_between_messages() {
            Wait::Body
        } else if !b"\r\n".starts_with(&self.hold) {
            Wait::Head
        } else {
            Wait::NextRequest
        };
        ready!(self.deadline.poll(cx, wait, self.inbound.has_request()));
        if wait == Wait::Head {
            let fault = self.framing.fail(Reason::RequestTimeout, "a head that did not arrive in time");
            self.hold_back(Advance { released: 0, fault: Some(fault) });
        } else {
            self.hold.clear();
            self.course = Course::Ended;
        }
        Poll::Ready(())
    }

    fn poll_checked(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf) {
            Poll::Ready(read) => read?,
            Poll::Pending => return self.poll_deadline(cx).map(Ok),
        }
        if buf.filled().len() == before {
            self.course = Course::Ended;
        } else {
            self.check(buf, before);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_drained(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        mut left: usize,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        while left > 0 {
            let has_failed = ready!(Pin::new(&mut self.io).poll_read(cx, buf)).is_err();
            let count = buf.filled().len() - before;
            buf.set_filled(before);
            left = if has_failed || count == 0 { 0 } else { left.saturating_sub(count) };
            self.course = Course::Drained(left);
        }
        // Not the end of input: the library would drop the answer that it has yet to write.
        Poll::Pending
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Framed<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        loop {
            if buf.remaining() == 0 || this.deliver(buf) || buf.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
            match this.course {
                Course::Checked => ready!(this.poll_checked(cx, buf))?,
                Course::Passed => return Pin::new(&mut this.io).poll_read(cx, buf),
                Course::StandIn(sent) => {
                    let rest = STAND_IN.get(sent..).unwrap_or_default();
                    let (now, later) = rest.split_at_checked(buf.remaining()).unwrap_or((rest, &[]));
                    buf.put_slice(now);
                    this.course = match later {
                        [] => Course::Drained(DRAINED_BYTES_MAX),
                        _ => Course::StandIn(sent + now.len()),
                    };
                }
                Course::BrokenBody => {
                    this.course = Course::Drained(DRAINED_BYTES_MAX);
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the framing of the body",
                    )));
                }
                Course::Drained(left) => return this.poll_drained(cx, buf, left),
                Course::Ended => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Framed<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
