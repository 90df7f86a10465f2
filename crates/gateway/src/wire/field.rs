//! Field lines (RFC 9112 5), and what those of framing say together (RFC 9112 6.3).

use std::ops::Range;

use memchr::memchr;

use super::request_line::RequestLine;
use super::{BodyLength, Fault, Shape, WireLimits};
use crate::denial::Reason;
use crate::normalize::is_authority;

/// What the fields of a head have said of its framing so far.
#[derive(Debug, Default)]
pub(super) struct Fields {
    count: usize,
    has_host: bool,
    content_length: Option<u64>,
    is_chunked: bool,
    asks_close: bool,
    asks_keep_alive: bool,
    asks_upgrade: bool,
    expects_continue: bool,
    upgrade: Option<Upgrade>,
}

/// What `Upgrade` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upgrade {
    /// HTTP/2, which is ignored.
    Http2,
    /// A WebSocket.
    WebSocket,
}

impl Fields {
    /// Takes one field line, given without its line end and not empty; where in it name and value lie.
    pub(super) fn add(
        &mut self,
        line: &[u8],
        limits: &WireLimits,
    ) -> Result<(Range<usize>, Range<usize>), Fault> {
        self.count += 1;
        if self.count > limits.headers_max {
            return Err(Fault::head(Reason::HeadersTooLarge, "more fields than the limit"));
        }
        let name_end = memchr(b':', line).ok_or(malformed("a field line without a colon"))?;
        let (name, rest) = line.split_at_checked(name_end).unwrap_or((line, &[]));
        if !is_token(name) {
            return Err(malformed("a field name that is not a token"));
        }
        let untrimmed = rest.get(1..).unwrap_or_default();
        let value = trim_whitespace(untrimmed);
        check_value(value)?;
        self.note(name, value)?;
        let leading = untrimmed.len() - untrimmed.trim_ascii_start().len();
        // A value of white space alone is empty, wherever it is said to begin.
        let value_start = if value.is_empty() { line.len() } else { name_end + 1 + leading };
        Ok((0..name_end, value_start..value_start + value.len()))
    }

    /// Takes what the field says of framing.
    fn note(&mut self, name: &[u8], value: &[u8]) -> Result<(), Fault> {
        // Lengths first: of a usual head, all but a few fields are settled by it.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.host(value),
            6 if name.eq_ignore_ascii_case(b"expect") => {
                self.expects_continue = true;
                check_expect(value)
            }
            7 if name.eq_ignore_ascii_case(b"upgrade") => self.upgrade(value),
            10 if name.eq_ignore_ascii_case(b"connection") => {
                self.connection(value);
                Ok(())
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => self.content_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.transfer_encoding(value),
            _ => Ok(()),
        }
    }

    /// `Expect: 100-continue` was sent.
    pub(super) fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    /// A WebSocket is asked for (RFC 6455 4.1).
    pub(super) fn asks_websocket(&self) -> bool {
        self.upgrade == Some(Upgrade::WebSocket)
    }

    /// The shape of the message, once its head is complete.
    pub(super) fn shape(&self, request_line: RequestLine) -> Result<Shape, Fault> {
        let RequestLine { is_http11 } = request_line;
        if is_http11 && !self.has_host {
            return Err(Fault::head(Reason::HostMismatch, "no `host`"));
        }
        if self.is_chunked && !is_http11 {
            return Err(ambiguous("`transfer-encoding` in HTTP/1.0"));
        }
        let body = match (self.content_length, self.is_chunked) {
            (Some(_), true) => return Err(ambiguous("`content-length` together with `transfer-encoding`")),
            (None, true) => BodyLength::Chunked,
            (Some(length), false) => BodyLength::Fixed(length),
            (None, false) => BodyLength::Fixed(0),
        };
        if self.asks_websocket() {
            self.check_websocket(is_http11)?;
        }
        // What follows a request for another protocol is read as that protocol or not at all, never as a request.
        let is_last = self.asks_close || self.asks_websocket() || !is_http11 && !self.asks_keep_alive;
        Ok(Shape { body, is_last })
    }

    /// RFC 9110 7.8: an upgrade is for the next hop, which `Connection` says, and not of HTTP/1.0. One with a body could
    /// be seen to begin before the body or after it.
    fn check_websocket(&self, is_http11: bool) -> Result<(), Fault> {
        if !is_http11 || !self.asks_upgrade {
            return Err(refused("an upgrade that `connection` does not name, or of HTTP/1.0"));
        }
        if self.is_chunked || self.content_length.is_some() {
            return Err(refused("an upgrade with a body"));
        }
        Ok(())
    }

    fn host(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.has_host {
            return Err(Fault::head(Reason::HostMismatch, "more than one `host`"));
        }
        self.has_host = true;
        match std::str::from_utf8(value) {
            Ok(text) if is_authority(text) => Ok(()),
            _ => Err(Fault::head(Reason::HostMismatch, "an invalid `host`")),
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for option in value.split(|&byte| byte == b',').map(trim_whitespace) {
            self.asks_close |= option.eq_ignore_ascii_case(b"close");
            self.asks_keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.asks_upgrade |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }

    /// An offer to speak HTTP/2, which common client libraries make with each first request, is left alone
    /// (RFC 9110 7.8 lets a server ignore it) and stripped later. A WebSocket is for whoever knows the operation to
    /// allow. Any other upgrade would end in a surprise, and so would two.
    fn upgrade(&mut self, value: &[u8]) -> Result<(), Fault> {
        let upgrade = if value.eq_ignore_ascii_case(b"h2c") {
            Upgrade::Http2
        } else if value.eq_ignore_ascii_case(b"websocket") {
            Upgrade::WebSocket
        } else {
            return Err(refused("an upgrade to another protocol"));
        };
        match self.upgrade.replace(upgrade) {
            Some(before) if before != upgrade || upgrade == Upgrade::WebSocket => {
                Err(refused("more than one upgrade"))
            }
            _ => Ok(()),
        }
    }

    /// RFC 9112 6.2 lets identical lengths repeat; there is no reason for an honest client to. Leading zeros are
    /// octal to some.
    fn content_length(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.content_length.is_some() {
            return Err(ambiguous("more than one `content-length`"));
        }
        let is_plain = !value.is_empty()
            && value.iter().all(u8::is_ascii_digit)
            && (value.len() == 1 || value.first() != Some(&b'0'));
        let length =
            if is_plain { std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) } else { None };
        // The largest numbers turn negative for readers with signed ones, and over for whoever adds to them.
        self.content_length = length.filter(|&length: &u64| length <= i64::MAX as u64);
        if self.content_length.is_none() {
            return Err(ambiguous("a `content-length` that is not one decimal number"));
        }
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.is_chunked {
            return Err(ambiguous("more than one `transfer-encoding`"));
        }
        if value.eq_ignore_ascii_case(b"chunked") {
            self.is_chunked = true;
            return Ok(());
        }
        if is_coding_list(value) {
            Err(Fault::head(Reason::UnsupportedTransferCoding, "a transfer coding other than `chunked`"))
        } else {
            Err(ambiguous("an invalid `transfer-encoding`"))
        }
    }
}

/// Whether `value` lists codings with `chunked`, if at all, once and last (RFC 9112 6.1).
fn is_coding_list(value: &[u8]) -> bool {
    let mut has_ended = false;
    value.split(|&byte| byte == b',').map(trim_whitespace).all(|coding| {
        let may_stand = is_token(coding) && !has_ended;
        has_ended = coding.eq_ignore_ascii_case(b"chunked");
        may_stand
    })
}

/// Whether `text` is a token (RFC 9110 5.6.2).
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|&byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'!' | b'#'
                        | b'$'
                        | b'%'
                        | b'&'
                        | b'\''
                        | b'*'
                        | b'+'
                        | b'-'
                        | b'.'
                        | b'^'
                        | b'_'
                        | b'`'
                        | b'|'
                        | b'~'
                )
        })
}

/// RFC 9110 5.5: no control characters but the tab. Bytes beyond ASCII are UTF-8 or refused: servers that read
/// Latin-1 trim some of them as spaces.
fn check_value(value: &[u8]) -> Result<(), Fault> {
    // No early end, so that the compiler looks at many bytes at once.
    let (mut is_controlled, mut union) = (false, 0);
    for &byte in value {
        is_controlled |= (byte < 0x20) & (byte != b'\t') | (byte == 0x7f);
        union |= byte;
    }
    if is_controlled {
        return Err(malformed("a control character in a field value"));
    }
    if union >= 0x80 && std::str::from_utf8(value).is_err() {
        return Err(malformed("a field value that is not UTF-8"));
    }
    Ok(())
}

fn check_expect(value: &[u8]) -> Result<(), Fault> {
    if value.eq_ignore_ascii_case(b"100-continue") {
        return Ok(());
    }
    Err(Fault::head(Reason::ExpectationFailed, "an expectation other than `100-continue`"))
}

/// Optional whitespace is space and tab (RFC 9110 5.6.3), and nothing else that some libraries trim.
fn trim_whitespace(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn refused(detail: &'static str) -> Fault {
    Fault::head(Reason::UpgradeRefused, detail)
}

fn malformed(detail: &'static str) -> Fault {
    Fault::head(Reason::MalformedRequest, detail)
}

fn ambiguous(detail: &'static str) -> Fault {
    Fault::head(Reason::AmbiguousFraming, detail)
}
