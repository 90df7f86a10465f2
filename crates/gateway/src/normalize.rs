//! One spelling of what a request asks for, or a refusal where two readers could understand it differently.
//!
//! Everything after this sees one path, one host and one set of fields, so that what was authorised is what the
//! backend acts on. A request is refused rather than repaired where servers are known to repair it differently.

mod client;
mod forward;
mod headers;
mod host;
mod path;
mod query;

pub(crate) use client::address;
pub use client::{Client, client};
pub use forward::{Facts, forwardable, request_id};
pub use headers::{IDENTITY_HEADERS, IdentityHeaders, inbound};
pub use host::{Host, Scheme, host};
pub(crate) use host::{is_authority, own_host};

use std::borrow::Cow;

use http::{Method, Uri};

use crate::denial::{Denial, Reason};

/// The longest request target that is accepted by default, in bytes; RFC 9112 3 asks for 8000 at least.
pub const TARGET_BYTES_MAX: usize = 8192;

/// What is asked for, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target<'a> {
    /// The path: percent-encoded ASCII that begins with `/`, or `*` for `OPTIONS *`.
    pub path: Cow<'a, str>,
    /// What stands after `?`, percent-encoded ASCII; `Some("")` where nothing does.
    pub query: Option<Cow<'a, str>>,
    /// A segment carries `;` parameters (RFC 3986 3.3). Some servers cut them off before they route, so an
    /// operation that declares no matrix parameter should not be found by such a path.
    pub has_matrix: bool,
}

/// The one spelling of the target of a request of `method`.
///
/// # Errors
/// `uri-too-long`, `method-not-implemented`, `malformed-request` for a target that its method does not take or a
/// query that is not percent-encoded, and `ambiguous-path` for a path that servers read differently.
pub fn target<'a>(method: &Method, uri: &'a Uri, bytes_max: usize) -> Result<Target<'a>, Denial> {
    if *method == Method::CONNECT || *method == Method::TRACE {
        return Err(Denial::protocol(Reason::MethodNotImplemented, "a method of tunnels or loops"));
    }
    let query = uri.query();
    if uri.path().len() + query.map_or(0, |query| query.len() + 1) > bytes_max {
        return Err(Denial::protocol(Reason::UriTooLong, "path and query are longer than the limit"));
    }
    if uri.path() == "*" {
        return if *method == Method::OPTIONS && query.is_none() {
            Ok(Target { path: Cow::Borrowed("*"), query: None, has_matrix: false })
        } else {
            Err(Denial::protocol(Reason::MalformedRequest, "the target `*` is for `OPTIONS` alone"))
        };
    }
    let path = path::spell(uri.path())?;
    let has_matrix = memchr::memchr(b';', path.as_bytes()).is_some();
    Ok(Target { path, query: query.map(query::spell).transpose()?, has_matrix })
}

/// A byte that stands for itself in every segment and every query (RFC 3986 3.3 `pchar` without `%`).
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@'
        )
}

/// RFC 3986 2.3: these mean the same encoded or not, and are decoded.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Not URI characters, yet sent as they are by every browser; no server reads them as a delimiter, so they are
/// accepted and sent on encoded. Quotes, angle brackets, backtick and backslash are not among them: some servers
/// read a backslash as `/`, the others have no such use in an API.
fn is_tolerated(byte: u8) -> bool {
    matches!(byte, b'[' | b']' | b'{' | b'}' | b'|' | b'^')
}

/// The octet that the two hexadecimal digits at the start of `digits` spell.
fn octet(digits: &[u8]) -> Option<u8> {
    let high = hex_value(*digits.first()?)?;
    let low = hex_value(*digits.get(1)?)?;
    Some(high << 4 | low)
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `%XX`, upper-case as RFC 3986 6.2.2.1 asks.
fn push_encoded(out: &mut String, octet: u8) {
    out.push('%');
    for nibble in [octet >> 4, octet & 0xf] {
        out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }));
    }
}

#[cfg(test)]
mod tests;
