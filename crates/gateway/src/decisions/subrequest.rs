//! The questions of nginx (`auth_request`) and Traefik (`ForwardAuth`): a request of their own, whose fields describe the
//! caller's.
//!
//! Both pass the caller's fields on beside those that they set, and both replace a caller's field of a name that they set.
//! Every field that is set must be there, so that a config that forgets one lets nobody in, rather than whoever sends it.

use std::net::IpAddr;

use http::header::{CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, HeaderValue, Method};

use super::{Described, Question, head, malformed, not_sent, scheme};
use crate::config::{Asker, Bodies, ClientSource, Decisions, Proxies};
use crate::denial::{Denial, Reason};
use crate::normalize::{self, Scheme};
use crate::wire::WireLimits;

/// The path at which questions are taken.
pub const PATH: &str = "/decide";

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// nginx's own word on the body, `length;coding`: it sends no field whose value is empty, and this one never is.
const X_ORIGINAL_BODY: HeaderName = HeaderName::from_static("x-original-body");

/// Fields that describe method, target and host.
struct Names {
    method: HeaderName,
    target: HeaderName,
    host: HeaderName,
}

const NGINX: Names = Names {
    method: HeaderName::from_static("x-original-method"),
    target: HeaderName::from_static("x-original-uri"),
    host: HeaderName::from_static("x-original-host"),
};

const TRAEFIK: Names = Names {
    method: HeaderName::from_static("x-forwarded-method"),
    target: HeaderName::from_static("x-forwarded-uri"),
    host: HeaderName::from_static("x-forwarded-host"),
};

/// Fields by which a caller makes some backends act on another method or path than the one judged. The gateway takes them
/// out; a proxy that only asks cannot be made to.
const OVERRIDES: &[&str] =
    &["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// The request that the fields of a question from `peer` describe.
///
/// # Errors
/// `malformed-question` where a field is missing, repeated or no such thing; those of a head that is not HTTP.
pub(crate) fn question(
    mut headers: HeaderMap,
    is_enclosed: bool,
    peer: IpAddr,
    settings: &Decisions,
    limits: &WireLimits,
) -> Result<Question, Denial> {
    let names = match settings.asker {
        Asker::Traefik => TRAEFIK,
        Asker::Nginx | Asker::Envoy => NGINX,
    };
    let (client, scheme) = caller(&headers, peer, settings)?;
    let taken = [&names.method, &names.target, &names.host].map(|name| headers.get_all(name).iter().count());
    if taken != [1; 3] {
        return Err(malformed("a field that describes the request is missing, or there twice"));
    }
    let [method, target, host] =
        [names.method, names.target, names.host].map(|name| headers.remove(name).unwrap_or_else(empty));
    let body = match settings.asker {
        Asker::Nginx | Asker::Envoy => announced(&mut headers, method.as_bytes(), settings.bodies)?,
        Asker::Traefik if is_enclosed => Described::Enclosed,
        Asker::Traefik => {
            let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
            not_sent(&method, false, settings.bodies)
        }
    };
    if OVERRIDES.iter().any(|name| headers.contains_key(*name)) {
        let detail = "a field that makes backends act on another method or path";
        return Err(Denial::protocol(Reason::MalformedRequest, detail));
    }
    let description = (method.as_bytes(), target.as_bytes(), host.as_bytes());
    Ok(Question { parts: *head(description, headers, limits)?, body, client, scheme })
}

/// Whom the request is from, and how they speak HTTP.
fn caller(headers: &HeaderMap, peer: IpAddr, settings: &Decisions) -> Result<(IpAddr, Scheme), Denial> {
    let last = one(headers, &X_FORWARDED_FOR)?.rsplit(',').next().unwrap_or_default();
    if normalize::address(last.trim()).is_none() {
        return Err(malformed("an `x-forwarded-for` that ends with no address"));
    }
    let scheme = scheme(one(headers, &X_FORWARDED_PROTO)?)?;
    let proxies = Proxies { trusted: settings.trusted.clone(), client: ClientSource::XForwardedFor };
    Ok((normalize::client(headers, peer, &proxies).ip, scheme))
}

/// What nginx says of the body. Over HTTP/2 a body may come that nothing has announced.
fn announced(headers: &mut HeaderMap, method: &[u8], bodies: Bodies) -> Result<Described, Denial> {
    let said = one(headers, &X_ORIGINAL_BODY)?;
    let (length, coding) =
        said.split_once(';').ok_or_else(|| malformed("an `x-original-body` without `;`"))?;
    let method = Method::from_bytes(method).unwrap_or_default();
    let body = match length {
        "" => not_sent(&method, !coding.is_empty(), bodies),
        "0" if coding.is_empty() => Described::Nothing,
        _ => Described::Kept,
    };
    let length = HeaderValue::from_str(length).ok().filter(|length| !length.is_empty());
    headers.remove(X_ORIGINAL_BODY);
    headers.remove(CONTENT_LENGTH);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
    Ok(body)
}

/// The text of the only field called `name`.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, Denial> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(text)), None) => Ok(text),
        _ => Err(malformed("a field that says whom or how a request is from is missing, or there twice")),
    }
}

fn empty() -> HeaderValue {
    HeaderValue::from_static("")
}
