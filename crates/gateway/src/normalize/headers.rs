//! Fields that end here: those of the connection, and those by which a caller could claim to be somebody.

use std::fmt;

use foldhash::HashSet;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};
use smallvec::SmallVec;

use crate::denial::{Denial, Reason};

/// Fields that backends and frameworks believe to be set by what stands before them. A trailing `*` names every field
/// that begins so.
pub const IDENTITY_HEADERS: &[&str] = &[
    "cf-connecting-ip",
    "client-cert*",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "remote-*",
    "ssl-client-*",
    "true-client-ip",
    "x-amzn-oidc-*",
    "x-auth-request-*",
    "x-authenticated-*",
    "x-client-cert*",
    "x-client-ip",
    "x-client-verify*",
    "x-cluster-client-ip",
    "x-consumer-*",
    "x-credential-*",
    "x-envoy-*",
    "x-forwarded*",
    "x-goog-authenticated-user-*",
    "x-goog-iap-*",
    "x-host",
    "x-http-method*",
    "x-jwt-*",
    "x-method-override",
    "x-middleware-*",
    "x-ms-client-principal*",
    "x-original-*",
    "x-originating-ip",
    "x-palisade-*",
    "x-principal*",
    "x-proxyuser*",
    "x-real-ip",
    "x-remote-*",
    "x-rewrite-url",
    "x-ssl-*",
    "x-user",
    "x-user-*",
    "x-webauth-*",
];

/// Fields of one connection (RFC 9110 7.6.1), and `Expect`, which the gateway answers itself (RFC 9110 10.1.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// End-to-end fields on which a decision stands: `Connection` may not take them away on the way to the backend
/// (RFC 9110 7.6.1), and no other spelling may shadow them.
const PROTECTED: &[&str] = &[
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "dpop",
    "host",
    "origin",
    "traceparent",
    "tracestate",
    "x-api-key",
    "x-request-id",
];

/// Fields that have one value (RFC 9110 5.3); of two, one server takes the first and another the last.
const SINGLE: &[HeaderName] = &[
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::ORIGIN,
];

/// The identity fields that are taken out of every request, compiled for the request path.
#[derive(Clone)]
pub struct IdentityHeaders {
    exact: HashSet<Box<str>>,
    prefixes: Vec<Box<str>>,
    /// A bit for each letter that a pattern begins with: most fields of a request are settled by it.
    first_letters: u32,
}

/// Makes the fields of a request safe to decide on: ends those of the connection, strips those by which a caller could
/// claim an identity, joins cookie crumbs (RFC 9113 8.2.3). `Content-Length` stays.
///
/// # Errors
/// `malformed-request` for a repeated field that has one value, a `Connection` that nominates an end-to-end field that
/// decisions stand on, and a name with `_` that CGI-like servers cannot tell from such a field.
pub fn inbound(headers: &mut HeaderMap, identity: &IdentityHeaders) -> Result<(), Denial> {
    let mut ended: SmallVec<[HeaderName; 8]> = SmallVec::new();
    for name in headers.keys() {
        if is_hop_by_hop(name.as_str()) || identity.contains(name.as_str()) {
            ended.push(name.clone());
        } else if memchr::memchr(b'_', name.as_str().as_bytes()).is_some() {
            let dashed = name.as_str().replace('_', "-");
            if identity.contains(&dashed) || is_hop_by_hop(&dashed) {
                ended.push(name.clone());
            } else if PROTECTED.contains(&dashed.as_str()) || headers.contains_key(&dashed) {
                return Err(malformed("a field name with `_` that shadows the one with `-`"));
            }
        }
    }
    if headers.contains_key(header::CONNECTION) {
        nominated(headers, &mut ended)?;
    }
    refuse_repeated(headers)?;
    for name in ended {
        headers.remove(name);
    }
    join_cookies(headers)
}

impl IdentityHeaders {
    /// From names in lower case, of which a trailing `*` makes a prefix.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> IdentityHeaders {
        let mut compiled =
            IdentityHeaders { exact: HashSet::default(), prefixes: Vec::new(), first_letters: 0 };
        for pattern in patterns {
            compiled.first_letters |= pattern.bytes().next().map_or(u32::MAX, letter_bit);
            match pattern.strip_suffix('*') {
                Some(prefix) => compiled.prefixes.push(prefix.into()),
                None => {
                    compiled.exact.insert(pattern.into());
                }
            }
        }
        compiled
    }

    /// Whether a field called `name`, in lower case, is taken out.
    pub fn contains(&self, name: &str) -> bool {
        let may_match = name.bytes().next().is_some_and(|first| self.first_letters & letter_bit(first) != 0);
        may_match
            && (self.exact.contains(name) || self.prefixes.iter().any(|prefix| name.starts_with(&**prefix)))
    }
}

impl Default for IdentityHeaders {
    /// [`IDENTITY_HEADERS`].
    fn default() -> IdentityHeaders {
        IdentityHeaders::new(IDENTITY_HEADERS.iter().copied())
    }
}

impl fmt::Debug for IdentityHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityHeaders")
            .field("exact", &self.exact.len())
            .field("prefixes", &self.prefixes)
            .finish_non_exhaustive()
    }
}

fn letter_bit(byte: u8) -> u32 {
    1 << (byte & 0x1f)
}

fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name) || name.starts_with("proxy-") || name == "proxy"
}

/// Adds what `Connection` nominates to `ended`.
fn nominated(headers: &HeaderMap, ended: &mut SmallVec<[HeaderName; 8]>) -> Result<(), Denial> {
    for value in headers.get_all(header::CONNECTION) {
        let text = value.to_str().ok().ok_or_else(|| malformed("a `connection` that is not ASCII"))?;
        for option in text.split(',').map(|option| option.trim_matches([' ', '\t'])) {
            if option.is_empty()
                || ["close", "keep-alive"].iter().any(|plain| option.eq_ignore_ascii_case(plain))
            {
                continue;
            }
            let name: HeaderName =
                option.parse().ok().ok_or_else(|| malformed("a `connection` option that is not a token"))?;
            if PROTECTED.contains(&name.as_str()) {
                return Err(malformed("a `connection` that nominates an end-to-end field"));
            }
            ended.push(name);
        }
    }
    Ok(())
}

fn refuse_repeated(headers: &HeaderMap) -> Result<(), Denial> {
    // Names and values count the same unless some field is repeated, which is rare.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    for name in SINGLE {
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(malformed("a repeated field that has one value"));
        }
    }
    Ok(())
}

/// HTTP/2 may split a cookie into crumbs; towards HTTP/1.1 they are one field again (RFC 9113 8.2.3).
fn join_cookies(headers: &mut HeaderMap) -> Result<(), Denial> {
    let mut crumbs = headers.get_all(header::COOKIE).iter();
    let (Some(first), Some(second)) = (crumbs.next(), crumbs.next()) else { return Ok(()) };
    let mut joined = [first.as_bytes(), second.as_bytes()].join(&b"; "[..]);
    for crumb in crumbs {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(crumb.as_bytes());
    }
    let mut joined = HeaderValue::from_bytes(&joined).ok().ok_or_else(|| malformed("an invalid `cookie`"))?;
    joined.set_sensitive(true);
    headers.insert(header::COOKIE, joined);
    Ok(())
}

fn malformed(detail: &'static str) -> Denial {
    Denial::protocol(Reason::MalformedRequest, detail)
}
