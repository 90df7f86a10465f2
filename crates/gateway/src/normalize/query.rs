//! The one spelling of a query (RFC 3986 3.4): as it came, for its meaning is the application's.

use std::borrow::Cow;

use super::{is_plain, is_tolerated, octet, push_encoded};
use crate::denial::{Denial, Reason};

/// `raw` with what browsers leave unencoded encoded; borrowed where that changes nothing, the common case.
pub(super) fn spell(raw: &str) -> Result<Cow<'_, str>, Denial> {
    let bytes = raw.as_bytes();
    let mut has_tolerated = false;
    for (at, &byte) in bytes.iter().enumerate() {
        if is_plain(byte) || matches!(byte, b'/' | b'?') {
            continue;
        }
        if is_tolerated(byte) {
            has_tolerated = true;
        } else if byte != b'%' {
            return Err(malformed("a byte that does not stand in a query unencoded"));
        } else if bytes.get(at + 1..).and_then(octet).is_none() {
            return Err(malformed("a `%` in the query without two hexadecimal digits"));
        }
    }
    if !has_tolerated {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len() + 16);
    for &byte in bytes {
        if is_tolerated(byte) {
            push_encoded(&mut out, byte);
        } else {
            out.push(char::from(byte));
        }
    }
    Ok(Cow::Owned(out))
}

fn malformed(detail: &'static str) -> Denial {
    Denial::protocol(Reason::MalformedRequest, detail)
}
