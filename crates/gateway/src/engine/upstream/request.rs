//! A request as a backend gets it: in the one spelling in which it was authorised.

use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Uri};
use model::Timestamp;
use tokio::time::Instant;

use super::Origin;
use crate::engine::http1::push_field;
use crate::grpc;
use crate::normalize::{self, Facts, Target};
use crate::websocket::{self, Offer};

/// A request as it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// Its head as it came, cleaned.
    pub parts: &'a Parts,
    /// Its target.
    pub target: &'a Target<'a>,
    /// What the gateway vouches for.
    pub facts: &'a Facts<'a>,
    /// The length of its body, where it is known.
    pub body_bytes: Option<u64>,
    /// The WebSocket that it asks for.
    pub offer: Option<&'a Rc<Offer>>,
    /// When it was decided.
    pub sent: Instant,
    /// When that was by the calendar.
    pub now: Timestamp,
}

impl Outgoing<'_> {
    /// Writes the head for HTTP/1.1.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.parts.method.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.target.path.as_bytes());
        if let Some(query) = &self.target.query {
            out.push(b'?');
            out.extend_from_slice(query.as_bytes());
        }
        out.extend_from_slice(b" HTTP/1.1\r\n");
        if self.facts.host.is_none() {
            // RFC 9112 3.2: of a request that names no host, the field is empty.
            push_field(out, "host", &[]);
        }
        normalize::forwardable(&self.parts.headers, self.facts, |name, value| push_field(out, name, value));
        match self.body_bytes {
            None => push_field(out, "transfer-encoding", &[b"chunked"]),
            // A body that was judged as a whole may have come in chunks. Without a length its bytes would be read as the
            // next request.
            Some(bytes @ 1..) if !self.parts.headers.contains_key(CONTENT_LENGTH) => {
                push_field(out, "content-length", &[itoa::Buffer::new().format(bytes).as_bytes()]);
            }
            Some(_) => {}
        }
        if self.offer.is_some() {
            push_field(out, "connection", &[b"upgrade"]);
            push_field(out, "upgrade", &[websocket::TOKEN]);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The head for HTTP/2, to `origin` where the caller names no host; nothing where the library does not take it.
    pub(super) fn http2<B>(&self, origin: &Origin, body: B) -> Option<Request<B>> {
        let scheme = if origin.tls.is_some() { "https" } else { "http" };
        let authority = match self.facts.host {
            Some(host) => host.as_str().to_owned(),
            None => format!("{}:{}", origin.host, origin.port),
        };
        let query = self.target.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", self.target.path);
        let mut request = Request::new(body);
        *request.method_mut() = self.parts.method.clone();
        *request.uri_mut() =
            Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build().ok()?;
        *request.version_mut() = http::Version::HTTP_2;
        let headers = request.headers_mut();
        let mut is_clean = true;
        normalize::forwardable(&self.parts.headers, self.facts, |name, value| {
            // The authority stands for it (RFC 9113 8.3.1).
            if name == "host" {
                return;
            }
            let pair = HeaderName::from_bytes(name.as_bytes())
                .ok()
                .zip(HeaderValue::from_bytes(&value.concat()).ok());
            match pair {
                Some((name, value)) => drop(headers.append(name, value)),
                None => is_clean = false,
            }
        });
        // Whatever the caller takes, the gateway does (RFC 9110 10.1.4); servers of gRPC insist on it.
        headers.insert(TE, HeaderValue::from_static("trailers"));
        is_clean.then_some(request)
    }

    /// How long an answer may take to begin: what the gateway allows, and no longer than a caller of gRPC waits.
    pub(super) fn patience(&self, allowed: Duration) -> Duration {
        grpc::timeout(&self.parts.headers).map_or(allowed, |timeout| timeout.min(allowed))
    }
}
