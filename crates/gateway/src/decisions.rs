//! What another proxy asks: the request that it describes, and the decision in words that it understands.
//!
//! Whatever the description leaves open, or says twice, is refused: the proxy would act on its own reading.

pub mod envoy;
mod gaps;
mod subrequest;

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version, header};

use crate::config::Bodies;
use crate::denial::{Denial, Reason};
use crate::normalize::Scheme;
use crate::wire::{self, WireLimits};

pub use gaps::{Gap, gaps};
pub use subrequest::PATH;
pub(crate) use subrequest::question as of_subrequest;

/// A request that another proxy describes.
#[derive(Debug)]
pub struct Question {
    /// Its head.
    pub parts: Parts,
    /// What is known of its body.
    pub body: Described,
    /// Whom it is from.
    pub client: IpAddr,
    /// How its caller speaks HTTP.
    pub scheme: Scheme,
}

/// What is known of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Described {
    /// There is none.
    Nothing,
    /// All of it, which came within the question.
    Whole(Bytes),
    /// It is the body of the question.
    Enclosed,
    /// There is one, or may be, and the proxy keeps it.
    Kept,
    /// There is one, of which the proxy sent the beginning: it is larger than what it sends.
    Partial,
}

/// The head that a proxy describes.
fn head(
    (method, target, host): (&[u8], &[u8], &[u8]),
    mut headers: HeaderMap,
    limits: &WireLimits,
) -> Result<Box<Parts>, Denial> {
    let method = Method::from_bytes(method).ok().ok_or_else(|| malformed("a method that is not a token"))?;
    wire::check_target(target, limits).map_err(wire::Fault::denial)?;
    if !target.starts_with(b"/") && target != b"*" {
        return Err(malformed("a target that is not a path"));
    }
    let uri = Uri::try_from(target).ok().ok_or_else(|| malformed("a target that is not a path"))?;
    let host =
        HeaderValue::from_bytes(host).ok().ok_or_else(|| malformed("a host that is no field value"))?;
    headers.insert(header::HOST, host);
    // An offer to speak HTTP/2 may be ignored (RFC 9110 7.8); of a tunnel, the gateway has to be one end.
    let is_offer = |offer: &HeaderValue| offer.as_bytes().eq_ignore_ascii_case(b"h2c");
    if !headers.get_all(header::UPGRADE).iter().all(is_offer) {
        return Err(Denial::protocol(Reason::UpgradeRefused, "an upgrade to another protocol"));
    }
    if headers.len() > limits.headers_max {
        return Err(Denial::protocol(Reason::HeadersTooLarge, "more fields than the limit"));
    }
    let mut parts = Request::new(()).into_parts().0;
    (parts.method, parts.uri, parts.version, parts.headers) = (method, uri, Version::HTTP_11, headers);
    Ok(Box::new(parts))
}

/// The scheme of which a proxy says that its caller speaks it.
fn scheme(text: &str) -> Result<Scheme, Denial> {
    match text {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => Err(malformed("a scheme that is neither `http` nor `https`")),
    }
}

/// What is known of a body that is not part of the question.
fn not_sent(method: &Method, is_announced: bool, bodies: Bodies) -> Described {
    let has_none = bodies == Bodies::Sent || is_bodiless(method);
    if !is_announced && has_none { Described::Nothing } else { Described::Kept }
}

/// Methods whose requests have no content unless they announce it (RFC 9110 9.3.1 to 9.3.8).
fn is_bodiless(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE].contains(method)
}

fn malformed(detail: &'static str) -> Denial {
    Denial::protocol(Reason::MalformedQuestion, detail)
}

#[cfg(test)]
mod tests;
