//! A message head, line by line: each line is looked at once, when its end has arrived.

use std::ops::Range;

use memchr::memchr;

use super::field::Fields;
use super::request_line::{self, RequestLine};
use super::{Fault, Shape, WireLimits};
use crate::denial::Reason;

/// What is known of a head that has arrived in part.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// No line feed lies between `line_start` and here.
    scanned: usize,
    line_start: usize,
    has_skipped_line: bool,
    request_line: Option<RequestLine>,
    fields: Fields,
}

/// Where the parts of a head lie, from its first byte.
#[derive(Debug, Default)]
pub struct HeadSpans {
    /// The method.
    pub method: Range<usize>,
    /// The request target.
    pub target: Range<usize>,
    /// HTTP/1.1, as opposed to HTTP/1.0.
    pub is_http11: bool,
    /// `Expect: 100-continue` was sent.
    pub expects_continue: bool,
    /// A WebSocket is asked for: nothing after this head is HTTP unless that is refused.
    pub asks_websocket: bool,
    /// The fields, in order.
    pub fields: Vec<FieldSpan>,
}

/// Where one field of a head lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpan {
    /// Its name, as it was spelled.
    pub name: Range<usize>,
    /// Its value, without the white space around it.
    pub value: Range<usize>,
}

/// Bytes of a request line beside its target: a method of at most 32, two spaces, the version and the line end.
const REQUEST_LINE_REST_MAX: usize = request_line::METHOD_BYTES_MAX + 2 + 8 + 2;

impl Head {
    /// The length and shape of the head at the start of `input`, or `None` while it is not complete.
    pub(super) fn advance(
        &mut self,
        input: &[u8],
        limits: &WireLimits,
        spans: &mut HeadSpans,
    ) -> Result<Option<(usize, Shape)>, Fault> {
        loop {
            let unseen = input.get(self.scanned..).unwrap_or_default();
            let Some(found) = memchr(b'\n', unseen) else {
                // A return that no line feed follows is refused at once: what came after it may be all that comes.
                let tail = input.get(self.scanned.saturating_sub(1)..).unwrap_or_default();
                if memchr(b'\r', tail).is_some_and(|at| at + 1 < tail.len()) {
                    return Err(Fault::head(Reason::MalformedRequest, "a bare carriage return"));
                }
                self.scanned = input.len();
                // The line will end beyond what has arrived, so one byte more is certain.
                self.check_length(input.len() + 1, limits)?;
                return Ok(None);
            };
            let line_end = self.scanned + found + 1;
            self.check_length(line_end, limits)?;
            let line = input.get(self.line_start..line_end).unwrap_or_default();
            let line = line
                .strip_suffix(b"\r\n")
                .ok_or(Fault::head(Reason::MalformedRequest, "a line that ends with a bare line feed"))?;
            let line_start = std::mem::replace(&mut self.line_start, line_end);
            self.scanned = line_end;
            if let Some(shape) = self.line(line, line_start, limits, spans)? {
                return Ok(Some((line_end, shape)));
            }
        }
    }

    /// Takes the line that begins at `start`, given without its end; the empty one gives the shape.
    fn line(
        &mut self,
        line: &[u8],
        start: usize,
        limits: &WireLimits,
        spans: &mut HeadSpans,
    ) -> Result<Option<Shape>, Fault> {
        let Some(request_line) = self.request_line else {
            // RFC 9112 2.2: one empty line before the request line is what old clients send after a body.
            if line.is_empty() && !self.has_skipped_line {
                self.has_skipped_line = true;
                return Ok(None);
            }
            let (request_line, method, target) = request_line::parse(line, limits)?;
            spans.method = from(start, method);
            spans.target = from(start, target);
            spans.is_http11 = request_line.is_http11;
            (spans.expects_continue, spans.asks_websocket) = (false, false);
            spans.fields.clear();
            self.request_line = Some(request_line);
            return Ok(None);
        };
        if line.is_empty() {
            spans.expects_continue = self.fields.expects_continue();
            spans.asks_websocket = self.fields.asks_websocket();
            return self.fields.shape(request_line).map(Some);
        }
        let (name, value) = self.fields.add(line, limits)?;
        spans.fields.push(FieldSpan { name: from(start, name), value: from(start, value) });
        Ok(None)
    }

    fn check_length(&self, line_end: usize, limits: &WireLimits) -> Result<(), Fault> {
        let line_bytes = line_end - self.line_start;
        if self.request_line.is_none() && line_bytes > limits.target_bytes_max + REQUEST_LINE_REST_MAX {
            return Err(Fault::head(Reason::UriTooLong, "a request line longer than the limit"));
        }
        if line_end > limits.head_bytes_max {
            return Err(Fault::head(Reason::HeadersTooLarge, "a head larger than the limit"));
        }
        Ok(())
    }
}

fn from(start: usize, range: Range<usize>) -> Range<usize> {
    start + range.start..start + range.end
}
