//! A body on its way to being looked into: JSON alone, up to a size, and gone once that was done.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Larger bodies are not looked into, in bytes; nor those that unpack to more.
const BODY_BYTES_MAX: usize = 1 << 18;

/// The body of a message as it was gathered. Unless the message says that it is JSON, nothing of it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    bytes: Vec<u8>,
    is_json: bool,
    coding: Coding,
    /// Something of it is missing, or it is too large.
    is_cut: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Coding {
    #[default]
    Identity,
    Gzip,
    Deflate,
    Other,
}

impl Body {
    /// Takes in a field of the message that may say what the body is.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("content-type") {
            let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let (_, subtype) = media_type.split_once('/').unwrap_or_default();
            self.is_json = subtype == "json" || subtype.ends_with("+json");
        } else if name.eq_ignore_ascii_case("content-encoding") {
            self.coding = match value.trim().to_ascii_lowercase().as_str() {
                "" | "identity" => Coding::Identity,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                _ => Coding::Other,
            };
        }
    }

    /// Says that the bytes that come are not packed, whatever the fields say.
    pub(crate) fn is_unpacked(&mut self) {
        self.coding = Coding::Identity;
    }

    /// Takes in what comes next of it.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if !self.is_json || self.is_cut {
            return;
        }
        if self.bytes.len() + bytes.len() > BODY_BYTES_MAX {
            return self.cut();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Says that something of it is missing.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
        self.bytes = Vec::new();
    }

    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.bytes.capacity()
    }

    /// The JSON text, where all of it is there.
    pub(crate) fn json(&self) -> Option<Cow<'_, [u8]>> {
        if self.bytes.is_empty() {
            return None;
        }
        match self.coding {
            Coding::Identity => Some(Cow::Borrowed(&self.bytes)),
            Coding::Gzip => unpacked(MultiGzDecoder::new(&*self.bytes)),
            Coding::Deflate => unpacked(ZlibDecoder::new(&*self.bytes)),
            Coding::Other => None,
        }
    }
}

fn unpacked(packed: impl Read) -> Option<Cow<'static, [u8]>> {
    model::limit::read_capped(packed, BODY_BYTES_MAX).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn body(fields: &[(&str, &str)], parts: &[&[u8]]) -> Body {
        let mut body = Body::default();
        fields.iter().for_each(|(name, value)| body.field(name, value));
        parts.iter().for_each(|part| body.push(part));
        body
    }

    #[test]
    fn of_json_all_is_kept_and_of_others_nothing() {
        let json = [("Content-Type", "application/problem+JSON; charset=utf-8")];
        assert_eq!(body(&json, &[b"{\"a\"", b":1}"]).json().as_deref(), Some(&b"{\"a\":1}"[..]));
        let text = body(&[("Content-Type", "text/plain")], &[b"{}"]);
        assert_eq!((text.json(), text.cost()), (None, 0));
        assert_eq!(body(&[], &[b"{}"]).json(), None);
        let large = body(&json, &[&[b' '; BODY_BYTES_MAX], b"1"]);
        assert_eq!((large.json(), large.cost()), (None, 0));
        let mut cut = body(&json, &[b"{}"]);
        cut.cut();
        cut.push(b"{}");
        assert_eq!(cut.json(), None);
    }

    #[test]
    fn what_is_packed_is_unpacked_up_to_the_limit() {
        let packed = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let fields = [("content-type", "application/json"), ("content-encoding", "gzip")];
        assert_eq!(body(&fields, &[&packed(b"{}")]).json().as_deref(), Some(&b"{}"[..]));
        assert_eq!(body(&fields, &[&packed(&[b' '; BODY_BYTES_MAX + 1])]).json(), None);
        assert_eq!(body(&fields, &[b"{}"]).json(), None);
    }
}
