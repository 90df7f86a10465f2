//! Envoy's questions and the answers to them (`envoy.service.auth.v3.Authorization`).

mod messages;

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use prost::Message as _;

use super::{Described, Question, head, malformed, not_sent, scheme};
use crate::config::Bodies;
use crate::denial::Denial;
use crate::policy::AnswerField;
use crate::wire::WireLimits;
use messages::{
    Address, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValueOption, HttpRequest, HttpResponse,
    HttpStatus, OkHttpResponse, Status,
};

/// The path of the one method that there is.
pub const PATH: &str = "/envoy.service.auth.v3.Authorization/Check";

/// Envoy's word on whether it sent all of a body; it takes a caller's own out.
const PARTIAL: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");

/// gRPC's codes of a refusal.
const PERMISSION_DENIED: i32 = 7;
const UNAUTHENTICATED: i32 = 16;

/// Fields of the connection, and those that Envoy writes itself or takes out where a caller may not say them. A name that
/// ends with `*` stands for all that begin so.
const ENVOYS_OWN: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-envoy-*",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-proto",
];

/// The request that a `CheckRequest` describes.
///
/// # Errors
/// `malformed-question` for a message that is none, or that describes no request; those of a head that is not HTTP.
pub fn question(message: &[u8], bodies: Bodies, limits: &WireLimits) -> Result<Question, Denial> {
    let request = CheckRequest::decode(message).ok().ok_or_else(|| malformed("a message that is none"))?;
    let attributes = request.attributes.ok_or_else(|| malformed("a question without attributes"))?;
    let client = attributes.source.and_then(|source| client(source.address?));
    let client = client.ok_or_else(|| malformed("a source that is no address"))?;
    let http = attributes.request.and_then(|request| request.http);
    let mut http = http.ok_or_else(|| malformed("a question about something else than http"))?;
    let mut headers = fields(&mut http)?;
    let partial = headers.remove(PARTIAL);
    let body = body(&mut http, &headers, partial.as_ref(), bodies)?;
    let scheme = scheme(&http.scheme)?;
    let description = (http.method.as_bytes(), http.path.as_bytes(), http.host.as_bytes());
    headers.remove(HOST);
    Ok(Question { parts: *head(description, headers, limits)?, body, client, scheme })
}

fn client(address: Address) -> Option<IpAddr> {
    let address: IpAddr = address.socket_address?.address.parse().ok()?;
    Some(address.to_canonical())
}

/// The caller's fields, as they were sent (`encode_raw_headers`) or, of those that were repeated, joined by commas. Pseudo
/// fields must say what the rest of the question does.
fn fields(http: &mut HttpRequest) -> Result<HeaderMap, Denial> {
    let mut headers = HeaderMap::new();
    let mut add = |http: &HttpRequest, name: &str, value: &[u8]| {
        let expected = match name {
            ":method" => &http.method,
            ":path" => &http.path,
            ":authority" => &http.host,
            ":scheme" => &http.scheme,
            _ if name.starts_with(':') => return Ok(()),
            _ => {
                let name = HeaderName::from_bytes(name.as_bytes()).ok();
                let pair = name.zip(HeaderValue::from_bytes(value).ok());
                let (name, value) = pair.ok_or_else(|| malformed("a field that is none"))?;
                headers.append(name, value);
                return Ok(());
            }
        };
        if expected.as_bytes() == value {
            Ok(())
        } else {
            Err(malformed("a request that is described twice"))
        }
    };
    let raw = std::mem::take(&mut http.header_map).map(|map| map.headers).unwrap_or_default();
    let joined = std::mem::take(&mut http.headers);
    if raw.is_empty() {
        for (name, value) in &joined {
            add(http, name, value.as_bytes())?;
        }
    }
    for field in &raw {
        let value = if field.raw_value.is_empty() { field.value.as_bytes() } else { &field.raw_value };
        add(http, &field.key, value)?;
    }
    Ok(headers)
}

fn body(
    http: &mut HttpRequest,
    headers: &HeaderMap,
    partial: Option<&HeaderValue>,
    bodies: Bodies,
) -> Result<Described, Denial> {
    let sent = if http.raw_body.is_empty() {
        Bytes::from(std::mem::take(&mut http.body).into_bytes())
    } else {
        std::mem::take(&mut http.raw_body)
    };
    let length = headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
    Ok(match partial.map(HeaderValue::as_bytes) {
        Some(b"false") => {
            let is_short = length.is_some_and(|length| length != sent.len().to_string().as_bytes());
            if is_short { Described::Kept } else { Described::Whole(sent) }
        }
        Some(b"true") => Described::Partial,
        Some(_) => return Err(malformed("a body that is neither whole nor partial")),
        None if !sent.is_empty() => return Err(malformed("a body of which nothing says that it is whole")),
        None if length == Some(b"0") => Described::Nothing,
        None => {
            let is_announced = length.is_some() || headers.contains_key(TRANSFER_ENCODING);
            let method = Method::from_bytes(http.method.as_bytes()).unwrap_or_default();
            not_sent(&method, is_announced, bodies)
        }
    })
}

/// The message that lets a request go on: it was `sent` with some fields, and its backend should get `wanted`.
pub(crate) fn allowed(sent: &HeaderMap, wanted: &HeaderMap, of_answer: &[AnswerField]) -> Bytes {
    let is_own = |name: &HeaderName| {
        let name = name.as_str();
        ENVOYS_OWN.iter().any(|own| own.strip_suffix('*').map_or(name == *own, |own| name.starts_with(own)))
    };
    let is_same = |name: &HeaderName| sent.get_all(name).iter().eq(wanted.get_all(name));
    let changed = wanted.keys().filter(|name| !is_own(name) && !is_same(name));
    let headers = changed.flat_map(|name| {
        let values = wanted.get_all(name).iter().enumerate();
        values.map(move |(index, value)| HeaderValueOption::new(name, value, index > 0))
    });
    let removed = sent.keys().filter(|name| !is_own(name) && !wanted.contains_key(*name));
    let response = OkHttpResponse {
        headers: headers.collect(),
        headers_to_remove: removed.map(HeaderName::to_string).collect(),
        response_headers_to_add: of_answer.iter().filter_map(HeaderValueOption::of_answer).collect(),
    };
    encode(0, HttpResponse::Ok(response))
}

/// The message that refuses a request with this answer.
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Bytes {
    let code = if status == StatusCode::UNAUTHORIZED { UNAUTHENTICATED } else { PERMISSION_DENIED };
    let fields = headers.keys().filter(|name| **name != http::header::CONNECTION).flat_map(|name| {
        let values = headers.get_all(name).iter().enumerate();
        values.map(move |(index, value)| HeaderValueOption::new(name, value, index > 0))
    });
    let response = DeniedHttpResponse {
        status: Some(HttpStatus { code: i32::from(status.as_u16()) }),
        headers: fields.collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    encode(code, HttpResponse::Denied(response))
}

fn encode(code: i32, response: HttpResponse) -> Bytes {
    let response = CheckResponse { status: Some(Status { code }), http_response: Some(response) };
    response.encode_to_vec().into()
}

#[cfg(test)]
mod tests;
