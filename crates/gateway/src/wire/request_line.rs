//! The request line (RFC 9112 3): `method SP target SP version`, with exactly those spaces.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{Fault, WireLimits, field};
use crate::denial::Reason;
use crate::normalize::is_authority;

/// The longest method, in bytes; the longest registered one has 17.
pub(super) const METHOD_BYTES_MAX: usize = 32;

/// What the request line says of the message's framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestLine {
    /// HTTP/1.1, as opposed to HTTP/1.0.
    pub(super) is_http11: bool,
}

/// Reads a request line, given without its line end: what it says of framing, and where its method and target lie.
pub(super) fn parse(
    line: &[u8],
    limits: &WireLimits,
) -> Result<(RequestLine, Range<usize>, Range<usize>), Fault> {
    let method_end = memchr(b' ', line).ok_or(malformed("a request line without a space"))?;
    let (method, rest) = line.split_at_checked(method_end).unwrap_or((line, &[]));
    if !field::is_token(method) || method.len() > METHOD_BYTES_MAX {
        return Err(malformed("a method that is not a token"));
    }
    // Nine bytes: the space, then the version.
    let (target, version) = rest
        .len()
        .checked_sub(9)
        .filter(|&target_end| target_end > 0)
        .and_then(|target_end| rest.get(1..target_end).zip(rest.get(target_end..)))
        .ok_or(malformed("a request line without a version"))?;
    let is_http11 = match version {
        b" HTTP/1.1" => true,
        b" HTTP/1.0" => false,
        [b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            return Err(Fault::head(Reason::UnsupportedVersion, "a version other than 1.0 and 1.1"));
        }
        _ => return Err(malformed("a request line without a version")),
    };
    if method == b"CONNECT" || method == b"TRACE" {
        return Err(Fault::head(Reason::MethodNotImplemented, "a method of tunnels or loops"));
    }
    check_target(target, limits)?;
    let target_start = method_end + 1;
    Ok((RequestLine { is_http11 }, 0..method_end, target_start..target_start + target.len()))
}

/// Refuses a target that is no URI, and bytes that make one end in different places for different readers. What the target means is [`crate::normalize`]'s to say.
pub(crate) fn check_target(target: &[u8], limits: &WireLimits) -> Result<(), Fault> {
    if target.len() > limits.target_bytes_max {
        return Err(Fault::head(Reason::UriTooLong, "a request target longer than the limit"));
    }
    if !target.iter().all(|&byte| is_target_byte(byte)) {
        return Err(malformed("a byte that does not stand in a request target"));
    }
    if target.first() == Some(&b'/') || target == b"*" {
        return Ok(());
    }
    let after_scheme = strip_prefix_ignoring_case(target, b"http://")
        .or_else(|| strip_prefix_ignoring_case(target, b"https://"))
        .ok_or(malformed("a target that is neither a path nor an http URI"))?;
    let end = memchr2(b'/', b'?', after_scheme).unwrap_or(after_scheme.len());
    let authority = after_scheme.get(..end).and_then(|authority| std::str::from_utf8(authority).ok());
    if authority.is_some_and(is_authority) {
        Ok(())
    } else {
        Err(Fault::head(Reason::HostMismatch, "an invalid host in the target"))
    }
}

/// Visible ASCII without the fragment's `#` (RFC 9112 3.2 has none in a target), and without quotes, angle brackets,
/// backtick and backslash, which no URI has and some readers take for something else. Of the bytes outside RFC 3986,
/// `[ ] { } | ^` pass: browsers send them, no server sees an end in them, and they are sent on encoded.
fn is_target_byte(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e) && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'`')
}

fn strip_prefix_ignoring_case<'t>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn malformed(detail: &'static str) -> Fault {
    Fault::head(Reason::MalformedRequest, detail)
}
