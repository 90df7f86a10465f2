//! What a body is said to be: its media type, and its content coding undone under a cap.

use std::borrow::Cow;
use std::io::{self, Write};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use flate2::write;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use model::limit::read_capped;
use spec::{JsonLimits, MediaType};

use crate::denial::{Denial, Reason};
use crate::policy::Body;

/// The control that answers for bodies.
const CONTROL: &str = "body-limits";

/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The media type of event streams.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// `Content-Type` as sent, and its media type without parameters in lowercase; both empty if there is none.
///
/// # Errors
/// Several `Content-Type` fields, or one that is not text: readers would disagree on what the body is.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<(&str, Cow<'_, str>), Denial> {
    let mut fields = headers.get_all(CONTENT_TYPE).iter();
    let Some(field) = fields.next() else { return Ok(("", Cow::Borrowed(""))) };
    let text = field.to_str().ok().filter(|_| fields.next().is_none());
    let Some(text) = text else {
        return Err(Denial::fixed(
            Reason::UnsupportedMediaType,
            CONTROL,
            "several content types, or one that is not text",
        ));
    };
    let end = text.bytes().position(|byte| byte == b';').unwrap_or(text.len());
    let media_type = text.get(..end).unwrap_or_default().trim();
    let lowercase = if media_type.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(media_type.to_ascii_lowercase())
    } else {
        Cow::Borrowed(media_type)
    };
    Ok((text, lowercase))
}

/// The media type without parameters in lowercase, empty if there is none; absent where readers would disagree on it.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    content_type(headers).ok().map(|(_, media_type)| media_type)
}

/// A whole body as policies judge it.
#[derive(Debug)]
pub(crate) struct Read<'h> {
    unpacked: Cow<'h, [u8]>,
    content_type: &'h str,
    media_type: Cow<'h, str>,
}

impl Read<'_> {
    /// The body, of which JSON is bound by `json_limits`.
    pub(crate) fn body<'a>(&'a self, json_limits: &'a JsonLimits) -> Body<'a> {
        Body::new(&self.unpacked, self.content_type, &self.media_type, json_limits)
    }
}

/// Reads a whole body: its type, and its content coding undone.
///
/// # Errors
/// As [`content_type`] and [`decoded`]: it cannot be judged.
pub(crate) fn read<'h>(
    headers: &'h HeaderMap,
    whole: &'h [u8],
    bytes_max: usize,
    ratio_max: u32,
) -> Result<Read<'h>, Denial> {
    let (content_type, media_type) = content_type(headers)?;
    Ok(Read { unpacked: decoded(headers, whole, bytes_max, ratio_max)?, content_type, media_type })
}

/// Whether the body is an event stream (HTML Living Standard, "Server-sent events"), which has no end of its own.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media_type| media_type == EVENT_STREAM)
}

/// Whether `media_type`, lowercase and without parameters, is JSON as the contract understands it.
pub(crate) fn is_json(media_type: &str) -> bool {
    MediaType { essence: Cow::Borrowed(media_type), charset: None, boundary: None }.is_json()
}

/// The body with its content coding undone: what policies judge. The backend gets the bytes as they were sent.
///
/// # Errors
/// A coding other than `gzip` and `deflate` (RFC 9110 8.4.1), several of them, data that does not unpack, or that unpacks
/// to more than `bytes_max` bytes or `ratio_max` times its size.
fn decoded<'b>(
    headers: &HeaderMap,
    body: &'b [u8],
    bytes_max: usize,
    ratio_max: u32,
) -> Result<Cow<'b, [u8]>, Denial> {
    let coding = Coding::of(headers)?;
    let cap = body.len().saturating_mul(ratio_max as usize).min(bytes_max);
    let unpacked = match coding {
        Coding::Identity => return Ok(Cow::Borrowed(body)),
        Coding::Gzip => read_capped(GzDecoder::new(body), cap),
        Coding::Deflate => read_capped(ZlibDecoder::new(body), cap),
    };
    match unpacked {
        Ok(bytes) => Ok(Cow::Owned(bytes)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(Denial::fixed(Reason::BodyTooLarge, CONTROL, "unpacks to more than the limit"))
        }
        Err(_) => Err(Denial::fixed(Reason::BodyMalformed, CONTROL, NO_CODING)),
    }
}

/// What is said of data that is not what its content coding says.
const NO_CODING: &str = "the content coding does not unpack";

/// A content coding that is undone (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// None.
    Identity,
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`, which is zlib.
    Deflate,
}

impl Coding {
    /// The one of a body.
    ///
    /// # Errors
    /// Another, or several of them.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Coding, Denial> {
        let mut fields = headers.get_all(CONTENT_ENCODING).iter();
        let Some(coding) = fields.next() else { return Ok(Coding::Identity) };
        if fields.next().is_some() {
            return Err(Denial::fixed(
                Reason::UnsupportedContentEncoding,
                CONTROL,
                "several content codings",
            ));
        }
        match coding.as_bytes().trim_ascii() {
            name if name.eq_ignore_ascii_case(b"identity") => Ok(Coding::Identity),
            name if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => {
                Ok(Coding::Gzip)
            }
            name if name.eq_ignore_ascii_case(b"deflate") => Ok(Coding::Deflate),
            _ => {
                let detail = "a content coding other than gzip and deflate";
                Err(Denial::fixed(Reason::UnsupportedContentEncoding, CONTROL, detail))
            }
        }
    }
}

/// Bytes that are unpacked at once, so that what comes of them is bounded.
const UNPACKED_AT_ONCE_BYTES: usize = 1 << 10;

/// Undoes the content coding of a body as it comes.
#[derive(Debug)]
pub(crate) struct Unpacking {
    decoder: Decoder,
    packed: u64,
    unpacked: u64,
    ratio_max: u32,
}

#[derive(Debug)]
enum Decoder {
    None,
    Gzip(write::GzDecoder<Vec<u8>>),
    Deflate(write::ZlibDecoder<Vec<u8>>),
}

impl Unpacking {
    /// Of what may unpack to `ratio_max` times its size.
    pub(crate) fn new(coding: Coding, ratio_max: u32) -> Unpacking {
        let decoder = match coding {
            Coding::Identity => Decoder::None,
            Coding::Gzip => Decoder::Gzip(write::GzDecoder::new(Vec::new())),
            Coding::Deflate => Decoder::Deflate(write::ZlibDecoder::new(Vec::new())),
        };
        Unpacking { decoder, packed: 0, unpacked: 0, ratio_max }
    }

    /// Hands `sink` what `bytes` stand for, in parts.
    ///
    /// # Errors
    /// They do not unpack, or to too much, or `sink` takes no more.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        if let Decoder::None = self.decoder {
            return sink(bytes);
        }
        for part in bytes.chunks(UNPACKED_AT_ONCE_BYTES) {
            self.packed += part.len() as u64;
            let written = match &mut self.decoder {
                Decoder::None => Ok(()),
                Decoder::Gzip(decoder) => decoder.write_all(part).and_then(|()| decoder.flush()),
                Decoder::Deflate(decoder) => decoder.write_all(part).and_then(|()| decoder.flush()),
            };
            self.hand_on(written.is_ok(), sink)?;
        }
        Ok(())
    }

    /// Says that there is no more.
    ///
    /// # Errors
    /// As [`Unpacking::push`], or something is missing.
    pub(crate) fn finish(
        &mut self,
        sink: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let finished = match &mut self.decoder {
            Decoder::None => Ok(()),
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Deflate(decoder) => decoder.try_finish(),
        };
        self.hand_on(finished.is_ok(), sink)
    }

    fn hand_on(
        &mut self,
        is_unpacked: bool,
        sink: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let out = match &mut self.decoder {
            Decoder::None => return Ok(()),
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Deflate(decoder) => decoder.get_mut(),
        };
        self.unpacked += out.len() as u64;
        if self.unpacked > self.packed.saturating_mul(u64::from(self.ratio_max)) {
            return Err("it unpacks to more than the limit");
        }
        let taken = sink(out);
        out.clear();
        if is_unpacked { taken } else { taken.and(Err(NO_CODING)) }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn check(coding: &'static str, body: &Bytes, expected: Result<&[u8], Reason>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        let decoded = decoded(&headers, body, 10_000, 100).map_err(|denial| denial.reason);
        assert_eq!(decoded.as_deref(), expected.as_deref(), "{coding}");
    }

    #[test]
    fn a_gzip_body_is_judged_unpacked() {
        check("gzip", &gzip(b"{\"a\":1}"), Ok(b"{\"a\":1}"));
        check("GZIP", &gzip(b"x"), Ok(b"x"));
        check("identity", &Bytes::from_static(b"x"), Ok(b"x"));
    }

    #[test]
    fn a_bomb_stops_at_the_ratio_and_at_the_size() {
        check("gzip", &gzip(&[0; 1 << 20]), Err(Reason::BodyTooLarge));
        check("gzip", &gzip(&[0; 10_001]), Err(Reason::BodyTooLarge));
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        check("br", &Bytes::from_static(b"x"), Err(Reason::UnsupportedContentEncoding));
        check("gzip, gzip", &Bytes::from_static(b"x"), Err(Reason::UnsupportedContentEncoding));
        check("gzip", &Bytes::from_static(b"not gzip"), Err(Reason::BodyMalformed));
    }

    #[test]
    fn a_media_type_is_lowercase_and_without_parameters() {
        let mut headers = HeaderMap::new();
        assert_eq!(content_type(&headers).unwrap(), ("", Cow::Borrowed("")));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("Application/JSON ; charset=utf-8"));
        assert_eq!(content_type(&headers).unwrap().1, "application/json");
        headers.append(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(content_type(&headers).unwrap_err().reason, Reason::UnsupportedMediaType);
    }
}
