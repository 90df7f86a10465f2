//! The head of an answer as HTTP/1 sends it, and how its body is framed.

use http::request::Parts;
use http::response::Parts as Head;
use http::{HeaderMap, Method, StatusCode, Version, header};

use crate::engine::answer_body::AnswerBody;
use crate::websocket;

/// How the body of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// As it is: its length stands in the head, or it ends with the connection.
    Plain,
    /// In chunks.
    Chunked,
}

/// What the request asks of its answer, and of the connection after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct After {
    is_head: bool,
    is_http11: bool,
    /// The connection is kept for another request.
    pub(super) goes_on: bool,
}

impl After {
    /// After a head that was refused.
    pub(super) const REFUSED: After = After { is_head: false, is_http11: true, goes_on: false };

    /// After a request. What its `Connection` asks for, its framing has read.
    pub(super) fn of(parts: &Parts) -> After {
        After {
            is_head: parts.method == Method::HEAD,
            is_http11: parts.version == Version::HTTP_11,
            goes_on: true,
        }
    }
}

/// Writes the head of an answer to the front of `out`, and says how its body is sent. What the head asks of the
/// connection goes into `after`.
pub(super) fn write_head(out: &mut Vec<u8>, head: &Head, body: &AnswerBody, after: &mut After) -> Framing {
    after.goes_on &= !asks_close(&head.headers);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(head.status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(head.status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in &head.headers {
        if *name != header::CONNECTION && *name != header::TRANSFER_ENCODING {
            push_field(out, name.as_str(), &[value.as_bytes()]);
        }
    }
    let framing = frame(out, head, body, after);
    if matches!(body, AnswerBody::Tunnel(_)) {
        push_field(out, "connection", &[b"upgrade"]);
        push_field(out, "upgrade", &[websocket::TOKEN]);
    } else if !after.goes_on {
        push_field(out, "connection", &[b"close"]);
    } else if !after.is_http11 {
        push_field(out, "connection", &[b"keep-alive"]);
    }
    out.extend_from_slice(b"\r\n");
    framing
}

/// RFC 9112 6.3, from the sender's side.
fn frame(out: &mut Vec<u8>, head: &Head, body: &AnswerBody, after: &mut After) -> Framing {
    let is_bodiless = head.status.is_informational()
        || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if after.is_head || is_bodiless {
        return Framing::None;
    }
    match body.bytes() {
        Some(bytes) => {
            if !head.headers.contains_key(header::CONTENT_LENGTH) {
                push_field(out, "content-length", &[itoa::Buffer::new().format(bytes).as_bytes()]);
            }
            if bytes == 0 { Framing::None } else { Framing::Plain }
        }
        None if after.is_http11 => {
            push_field(out, "transfer-encoding", &[b"chunked"]);
            Framing::Chunked
        }
        None => {
            after.goes_on = false;
            Framing::Plain
        }
    }
}

/// Whether the gateway's own answer ends the connection.
fn asks_close(headers: &HeaderMap) -> bool {
    headers.get(header::CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Writes one field line.
pub(in crate::engine) fn push_field(out: &mut Vec<u8>, name: &str, value: &[&[u8]]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    for part in value {
        out.extend_from_slice(part);
    }
    out.extend_from_slice(b"\r\n");
}

/// Makes one chunk (RFC 9112 7.1) of what stands in `out` from `start` on; nothing of nothing, which would be the last.
pub(in crate::engine) fn enclose_chunk(out: &mut Vec<u8>, start: usize) {
    let bytes = out.len() - start;
    if bytes > 0 {
        out.splice(start..start, format!("{bytes:x}\r\n").into_bytes());
        out.extend_from_slice(b"\r\n");
    }
}
