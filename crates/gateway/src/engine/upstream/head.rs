//! The head of a backend's answer, and where its body ends (RFC 9112 6.3).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use memchr::memmem;
use smallvec::SmallVec;

use super::Failure;
use crate::engine::transport::Scratch;
use crate::websocket;

/// Bytes of an answer's head at most.
pub(super) const HEAD_BYTES_MAX: u32 = 256 << 10;

/// Fields of an answer's head at most.
const FIELDS_MAX: usize = 256;

/// The head of an answer, without the fields of the connection it came over.
#[derive(Debug)]
pub(crate) struct Head {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its end-to-end fields.
    pub(crate) headers: HeaderMap,
    /// How its body ends.
    pub(super) length: Length,
    /// Whether the connection may carry another exchange.
    pub(super) is_kept: bool,
    /// Whether the connection has left HTTP for a WebSocket.
    pub(super) is_websocket: bool,
}

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// After so many bytes.
    Fixed(u64),
    /// With its last chunk.
    Chunked,
    /// With the connection.
    Connection,
}

/// What the fields of the connection say.
#[derive(Debug, Default)]
struct Hop {
    content_length: Option<u64>,
    transfer_coding: Option<HeaderValue>,
    asks_close: bool,
    asks_keep_alive: bool,
    asks_upgrade: bool,
    upgrade: Option<HeaderValue>,
    nominated: SmallVec<[HeaderName; 2]>,
}

/// Reads the head at the front of `input`, the answer to a request of `method`: its length and itself, or nothing while
/// it is not complete.
///
/// # Errors
/// What is no HTTP/1 head, is too large, or leaves open where its body ends.
pub(super) fn read(
    input: &[u8],
    method: &Method,
    scratch: &Scratch,
) -> Result<Option<(usize, Head)>, Failure> {
    let Some(end) = memmem::find(input, b"\r\n\r\n") else {
        return if input.len() > HEAD_BYTES_MAX as usize { Err(Failure::Malformed) } else { Ok(None) };
    };
    let bytes = end + 4;
    let text = Bytes::copy_from_slice(input.get(..bytes).unwrap_or_default());
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut answer = httparse::Response::new(&mut []);
    let read =
        httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut answer, &text, &mut fields);
    // The library passes over empty lines before an answer, which are left of another, or of none.
    let is_whole = matches!(read, Ok(httparse::Status::Complete(length)) if length == bytes);
    if !is_whole || !text.starts_with(b"HTTP/1.") {
        return Err(Failure::Malformed);
    }
    let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Failure::Malformed)?;
    let is_http11 = answer.version == Some(1);
    let mut headers = scratch.map(answer.headers.len());
    let mut hop = Hop::default();
    for field in answer.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok().ok_or(Failure::Malformed)?;
        let value =
            HeaderValue::from_maybe_shared(text.slice_ref(field.value)).ok().ok_or(Failure::Malformed)?;
        if !hop.takes(&name, &value)? {
            headers.append(name, value);
        }
    }
    for name in &hop.nominated {
        headers.remove(name);
    }
    let length = hop.length(status, method, is_http11)?;
    if length == Length::Chunked {
        headers.remove(header::CONTENT_LENGTH);
    }
    let is_kept = length != Length::Connection && !hop.asks_close && (is_http11 || hop.asks_keep_alive);
    let is_websocket = is_http11 && status == StatusCode::SWITCHING_PROTOCOLS && hop.changes_to_websocket();
    Ok(Some((bytes, Head { status, headers, length, is_kept, is_websocket })))
}

/// The head at the front of `input`, the answer to a request of `method`, in the open for who tries what it makes of any
/// bytes: its length and its end-to-end fields. Nothing while it is not complete, or where it is refused.
pub fn answer_head(input: &[u8], method: &Method) -> Option<(usize, HeaderMap)> {
    let (bytes, head) = read(input, method, &Scratch::default()).ok().flatten()?;
    Some((bytes, head.headers))
}

impl Hop {
    /// Whether the field ends here (RFC 9110 7.6.1). What `Content-Length` says is read and passed on.
    fn takes(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<bool, Failure> {
        if *name == header::CONTENT_LENGTH {
            let length = content_length(value.as_bytes()).ok_or(Failure::Malformed)?;
            // Of two, this gateway would believe one and its caller the other.
            return match self.content_length.replace(length) {
                Some(_) => Err(Failure::Malformed),
                None => Ok(false),
            };
        }
        if *name == header::TRANSFER_ENCODING {
            return match self.transfer_coding.replace(value.clone()) {
                Some(_) => Err(Failure::Malformed),
                None => Ok(true),
            };
        }
        if *name == header::UPGRADE {
            // Of two, neither is what was asked for.
            let is_first = self.upgrade.is_none();
            self.upgrade = Some(if is_first { value.clone() } else { HeaderValue::from_static("") });
            return Ok(true);
        }
        if *name == header::CONNECTION {
            for option in value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                if option.eq_ignore_ascii_case(b"close") {
                    self.asks_close = true;
                } else if option.eq_ignore_ascii_case(b"keep-alive") {
                    self.asks_keep_alive = true;
                } else if option.eq_ignore_ascii_case(b"upgrade") {
                    self.asks_upgrade = true;
                } else if let Ok(name) = HeaderName::from_bytes(option) {
                    self.nominated.push(name);
                }
            }
            return Ok(true);
        }
        Ok(*name == header::TE
            || *name == header::TRAILER
            || *name == header::PROXY_AUTHENTICATE
            || matches!(name.as_str(), "keep-alive" | "proxy-connection"))
    }

    /// RFC 6455 4.1, and RFC 9110 8.6: a 101 has no body, so whoever says how long it is means something else.
    fn changes_to_websocket(&self) -> bool {
        let upgrade = self.upgrade.as_ref().map(HeaderValue::as_bytes);
        self.asks_upgrade
            && upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(websocket::TOKEN))
            && self.content_length.is_none()
            && self.transfer_coding.is_none()
    }

    fn length(&self, status: StatusCode, method: &Method, is_http11: bool) -> Result<Length, Failure> {
        let is_bodiless =
            *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        match (&self.transfer_coding, self.content_length) {
            // RFC 9112 6.3: who sends both may be smuggling an answer.
            (Some(_), Some(_)) => Err(Failure::Malformed),
            _ if is_bodiless => Ok(Length::Fixed(0)),
            (Some(coding), None) if is_http11 && coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {
                Ok(Length::Chunked)
            }
            (Some(_), None) => Err(Failure::Malformed),
            (None, Some(length)) => Ok(Length::Fixed(length)),
            (None, None) => Ok(Length::Connection),
        }
    }
}

fn content_length(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if is_number { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the answer `text` (`\n` is CRLF) to a request of `method`; `expected` is its status, how its body ends,
    /// whether its connection is kept, and its fields, or `malformed`, or `more`.
    fn check(method: &Method, text: &str, expected: &str) {
        let text = text.replace('\n', "\r\n");
        let actual = match read(text.as_bytes(), method, &Scratch::default()) {
            Err(_) => "malformed".to_owned(),
            Ok(None) => "more".to_owned(),
            Ok(Some((bytes, head))) => {
                assert_eq!(text.get(bytes..), Some("body"), "{text}");
                let fields =
                    head.headers.iter().map(|(name, value)| format!(" {name}={}", value.to_str().unwrap()));
                let kept = if head.is_kept { "kept" } else { "closed" };
                format!("{} {:?} {kept}{}", head.status.as_u16(), head.length, fields.collect::<String>())
            }
        };
        assert_eq!(actual, expected, "{text}");
        for cut in 0..text.len() {
            if let Ok(Some((bytes, _))) =
                read(text.get(..cut).unwrap().as_bytes(), method, &Scratch::default())
            {
                assert!(bytes <= cut, "{text}");
            }
        }
    }

    #[test]
    fn rfc9112_6_3_a_body_ends_where_one_field_says() {
        let get = &Method::GET;
        check(get, "HTTP/1.1 200 OK\nContent-Length: 4\n\nbody", "200 Fixed(4) kept content-length=4");
        check(get, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nbody", "200 Chunked kept");
        check(get, "HTTP/1.1 200 OK\n\nbody", "200 Connection closed");
        check(get, "HTTP/1.1 204 \nContent-Length: 4\n\nbody", "204 Fixed(0) kept content-length=4");
        check(
            &Method::HEAD,
            "HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
            "200 Fixed(0) kept content-length=4",
        );
        check(&Method::HEAD, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nbody", "200 Fixed(0) kept");
    }

    #[test]
    fn an_answer_whose_end_is_in_doubt_is_malformed() {
        for fields in [
            "Content-Length: 4\nContent-Length: 4\n",
            "Content-Length: 4\nTransfer-Encoding: chunked\n",
            "Content-Length: +4\n",
            "Content-Length: \n",
            "Content-Length: 4, 4\n",
            "Content-Length: 99999999999999999999\n",
            "Transfer-Encoding: gzip, chunked\n",
            "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
            "Transfer-Encoding: identity\n",
        ] {
            check(&Method::GET, &format!("HTTP/1.1 200 OK\n{fields}\nbody"), "malformed");
        }
        check(&Method::GET, "HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\nbody", "malformed");
        check(&Method::GET, "ICY 200 OK\n\nbody", "malformed");
        check(&Method::GET, "\nHTTP/1.1 200 OK\nContent-Length: 4\n\nbody", "malformed");
        check(&Method::GET, "HTTP/1.1 99 OK\n\nbody", "malformed");
        check(&Method::GET, "HTTP/1.1 200 OK\nA b\n\nbody", "malformed");
    }

    #[test]
    fn rfc9110_7_6_1_fields_of_the_connection_end_here() {
        let fields = "Connection: keep-alive, X-Hop\nX-Hop: 1\nKeep-Alive: 5\nProxy-Authenticate: a\nTrailer: b\n\
                      Upgrade: h2c\nX-Stays: 2\nContent-Length: 4\n";
        check(
            &Method::GET,
            &format!("HTTP/1.1 200 OK\n{fields}\nbody"),
            "200 Fixed(4) kept content-length=4 x-stays=2",
        );
    }

    #[test]
    fn a_connection_is_kept_where_both_sides_would() {
        let check = |head: &str, expected: &str| check(&Method::GET, &format!("{head}\n\nbody"), expected);
        check(
            "HTTP/1.1 200 OK\nContent-Length: 4\nConnection: close",
            "200 Fixed(4) closed content-length=4",
        );
        check("HTTP/1.0 200 OK\nContent-Length: 4", "200 Fixed(4) closed content-length=4");
        check(
            "HTTP/1.0 200 OK\nContent-Length: 4\nConnection: Keep-Alive",
            "200 Fixed(4) kept content-length=4",
        );
    }

    #[test]
    fn a_head_is_awaited_and_bounded() {
        assert!(matches!(read(b"HTTP/1.1 200 OK\r\nA: b\r\n", &Method::GET, &Scratch::default()), Ok(None)));
        let endless = ["HTTP/1.1 200 OK\r\nA: ", &"b".repeat(HEAD_BYTES_MAX as usize)].concat();
        assert!(read(endless.as_bytes(), &Method::GET, &Scratch::default()).is_err());
        let many = ["HTTP/1.1 200 OK\r\n", &"A: b\r\n".repeat(FIELDS_MAX + 1), "\r\n"].concat();
        assert!(read(many.as_bytes(), &Method::GET, &Scratch::default()).is_err());
    }
}
