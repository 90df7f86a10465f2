//! What a request carries on to the backend: one trace, one request id, one account of where it came from.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};
use model::ExchangeId;

use super::{Host, Scheme};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest `X-Request-Id` of a caller that is kept, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// What the gateway knows of a request that the backend should.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The exchange's id; the request id and the trace where the caller sent none.
    pub id: ExchangeId,
    /// The address of the peer.
    pub client: IpAddr,
    /// The host, as it was normalised.
    pub host: Option<&'a Host<'a>>,
    /// How the caller connects.
    pub scheme: Scheme,
}

/// Sets the fields that the gateway vouches for: `Host`, `Forwarded` (RFC 7239), `X-Request-Id`, `traceparent`.
///
/// Called after [`super::inbound`], which took out what a caller said in their place.
pub fn forwardable(headers: &mut HeaderMap, facts: &Facts<'_>) {
    if let Some(host) = facts.host
        && headers.get(header::HOST).is_none_or(|value| !is_spelled_as(value, host))
    {
        set(headers, header::HOST, host.to_string().into_bytes());
    }
    if request_id(headers).is_none() {
        set(headers, X_REQUEST_ID, facts.id.to_hex().to_vec());
    }
    if !has_one_traceparent(headers) {
        headers.remove(TRACESTATE);
        set(headers, TRACEPARENT, fresh_traceparent(facts.id));
    }
    set(headers, header::FORWARDED, forwarded(facts));
}

/// The caller's `X-Request-Id`, where it sent exactly one that is well-formed: 1 to 128 of `A-Z a-z 0-9 . _ ~ + / = -`.
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(X_REQUEST_ID).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let is_mark = |byte: u8| matches!(byte, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-');
    let bytes = value.as_bytes();
    let is_well_formed = (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || is_mark(byte));
    if is_well_formed { value.to_str().ok() } else { None }
}

fn is_spelled_as(value: &HeaderValue, host: &Host<'_>) -> bool {
    let port = value.to_str().ok().and_then(|text| text.strip_prefix(&*host.name));
    match (port, host.port) {
        (Some(rest), None) => rest.is_empty(),
        (Some(rest), Some(port)) => {
            rest.strip_prefix(':').and_then(|digits| digits.parse().ok()) == Some(port)
        }
        (None, _) => false,
    }
}

fn has_one_traceparent(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(TRACEPARENT).iter();
    matches!((values.next(), values.next()), (Some(value), None) if is_traceparent(value.as_bytes()))
}

/// W3C Trace Context 3.2: `version "-" trace-id "-" parent-id "-" flags`, lower case, ids not all zero. A version
/// beyond `00` may carry more after another dash; `ff` is invalid.
fn is_traceparent(value: &[u8]) -> bool {
    let Some((head, tail)) = value.split_at_checked(55) else { return false };
    let mut fields = head.split(|&byte| byte == b'-');
    let is_hex = |field: Option<&[u8]>, digits: usize| {
        field.is_some_and(|field| {
            field.len() == digits && field.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let is_zero = |field: Option<&[u8]>| field.is_some_and(|field| field.iter().all(|&byte| byte == b'0'));
    let (version, trace, parent, flags) = (fields.next(), fields.next(), fields.next(), fields.next());
    let is_known = version == Some(b"00");
    is_hex(version, 2)
        && version != Some(b"ff")
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2)
        && fields.next().is_none()
        && (tail.is_empty() || !is_known && tail.first() == Some(&b'-'))
}

/// A trace that begins here and bears the exchange's own id, so that log and trace find each other. It is flagged as
/// sampled: a backend that follows its parent's decision would otherwise never record a trace again.
fn fresh_traceparent(id: ExchangeId) -> Vec<u8> {
    let trace = id.to_hex();
    // The last half of an id is random; zero is no valid parent, whose odds are one in 2^64.
    let parent = trace.get(16..).filter(|parent| parent.iter().any(|&digit| digit != b'0'));
    [b"00-", &trace[..], b"-", parent.unwrap_or(b"0000000000000001"), b"-01"].concat()
}

/// RFC 7239 4: one element; addresses of IPv6, and hosts with a port, are quoted.
fn forwarded(facts: &Facts<'_>) -> Vec<u8> {
    let mut element = String::with_capacity(128);
    element.push_str("for=");
    match facts.client.to_canonical() {
        IpAddr::V4(address) => push_ipv4(&mut element, address),
        IpAddr::V6(address) => element.push_str(&format!("\"[{address}]\"")),
    }
    if let Some(host) = facts.host {
        let quote = if host.port.is_some() || host.name.starts_with('[') { "\"" } else { "" };
        element.push_str(";host=");
        element.push_str(quote);
        push_host(&mut element, host);
        element.push_str(quote);
    }
    element.push_str(";proto=");
    element.push_str(facts.scheme.as_str());
    element.into_bytes()
}

/// As `Display` writes it, without its machinery: this is done for every request.
fn push_ipv4(text: &mut String, address: Ipv4Addr) {
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        text.push_str(itoa::Buffer::new().format(octet));
    }
}

fn push_host(text: &mut String, host: &Host<'_>) {
    text.push_str(&host.name);
    if let Some(port) = host.port {
        text.push(':');
        text.push_str(itoa::Buffer::new().format(port));
    }
}

/// What is set is ASCII made here, which is always a field value; were it not, the field is absent, never the caller's.
fn set(headers: &mut HeaderMap, name: HeaderName, bytes: Vec<u8>) {
    match HeaderValue::from_maybe_shared(Bytes::from(bytes)) {
        Ok(value) => {
            headers.insert(name, value);
        }
        Err(_) => {
            headers.remove(name);
        }
    }
}
