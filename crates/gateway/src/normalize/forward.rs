//! What a request carries on to the backend: one trace, one request id, one account of where it came from.

use std::net::{IpAddr, Ipv4Addr};

use http::HeaderMap;
use http::header::{self, HeaderName};
use identity::client_tokens::ClientToken;
use model::ExchangeId;
use smallvec::SmallVec;

use super::{Host, Scheme};
use crate::policy::Hold;
use crate::third_party::ThirdParty;

const DPOP: HeaderName = HeaderName::from_static("dpop");
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
    /// What it gets in place of the caller's `Authorization`, and of the proof that goes with it; `None` within where
    /// that is nothing.
    pub authorization: Option<Option<&'a [u8]>>,
    /// How much of the answer is looked into: then it must come in a coding that can be undone, and whole where that is
    /// needed.
    pub holds: Hold,
    /// The third party that gets the request in place of a backend: then nothing of the inside is said.
    pub third_party: Option<&'a ThirdParty>,
    /// The token that it is shown, where that is what it is shown.
    pub token: Option<&'a ClientToken>,
}

/// Gives `send` the fields of a request as the backend gets them, each value in parts: those of the caller, and in place
/// of what it says of them, those that the gateway vouches for: `Host`, `X-Request-Id`, `traceparent`, `Forwarded`
/// (RFC 7239).
///
/// Called after [`super::inbound`], which took out what a caller may not say.
pub fn forwardable(headers: &HeaderMap, facts: &Facts<'_>, mut send: impl FnMut(&str, &[&[u8]])) {
    let has_request_id = request_id(headers).is_some();
    let has_trace = has_one_traceparent(headers);
    for (name, value) in headers {
        let is_replaced = *name == header::HOST && facts.host.is_some()
            || *name == header::FORWARDED
            || facts.authorization.is_some() && (*name == header::AUTHORIZATION || *name == DPOP)
            || !has_request_id && *name == X_REQUEST_ID
            || !has_trace && (*name == TRACEPARENT || *name == TRACESTATE)
            || facts.third_party.is_some_and(|third_party| third_party.withholds(name))
            || facts.holds > Hold::No && *name == header::ACCEPT_ENCODING
            || facts.holds == Hold::Needed && asks_for_a_part(name);
        if !is_replaced {
            send(name.as_str(), &[value.as_bytes()]);
        }
    }
    if let Some(host) = facts.host {
        send("host", &[host.as_str().as_bytes()]);
    }
    if let (Some(Some(authorization)), None) = (facts.authorization, facts.third_party) {
        send("authorization", &[authorization]);
    }
    if facts.holds > Hold::No {
        send("accept-encoding", &[if takes_gzip(headers) { b"gzip".as_slice() } else { b"identity" }]);
    }
    let id = facts.id.to_hex();
    if !has_request_id {
        send("x-request-id", &[&id]);
    }
    if let Some(third_party) = facts.third_party {
        if let Some((name, value)) = third_party.field(facts.token) {
            send(name, &value);
        }
        return;
    }
    if !has_trace {
        // A trace that begins here bears the exchange's own id, so that log and trace find each other. It is flagged as
        // sampled: a backend that follows its parent's decision would otherwise never record a trace again. The last
        // half of an id is random; zero is no valid parent, whose odds are one in 2^64.
        let parent = id.get(16..).filter(|parent| parent.iter().any(|&digit| digit != b'0'));
        send("traceparent", &[b"00-", &id, b"-", parent.unwrap_or(b"0000000000000001"), b"-01"]);
    }
    forwarded(facts, send);
}

/// RFC 7239 4: one element; addresses of IPv6, and hosts with a port, are quoted.
fn forwarded(facts: &Facts<'_>, mut send: impl FnMut(&str, &[&[u8]])) {
    let client = match facts.client.to_canonical() {
        IpAddr::V4(address) => ipv4(address),
        IpAddr::V6(address) => SmallVec::from_slice(format!("\"[{address}]\"").as_bytes()),
    };
    let proto = facts.scheme.as_str().as_bytes();
    match facts.host {
        None => send("forwarded", &[b"for=", &client, b";proto=", proto]),
        Some(host) => {
            let is_quoted = !host.port().is_empty() || host.name().starts_with('[');
            let quote: &[u8] = if is_quoted { b"\"" } else { b"" };
            let host = host.as_str().as_bytes();
            send("forwarded", &[b"for=", &client, b";host=", quote, host, quote, b";proto=", proto]);
        }
    }
}

/// RFC 9110 14.2: a server may ignore it, and so may whoever must see all of an answer.
fn asks_for_a_part(name: &HeaderName) -> bool {
    [header::RANGE, header::IF_RANGE].contains(name)
}

/// Whether the caller takes gzip by its name (RFC 9110 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
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

/// As `Display` writes it, without its machinery: this is done for every request.
fn ipv4(address: Ipv4Addr) -> SmallVec<[u8; 64]> {
    let mut text = SmallVec::new();
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            text.push(b'.');
        }
        text.extend_from_slice(itoa::Buffer::new().format(octet).as_bytes());
    }
    text
}
