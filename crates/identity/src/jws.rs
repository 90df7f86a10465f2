//! Compact JWS (RFC 7515 section 7.1): split, header, signature; what is signed is not looked at.

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::error::TokenError;
use crate::json;
use crate::key_set::KeySet;

/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Bytes of the encoded header.
const HEADER_BYTES_MAX: usize = 4 * 1024;

/// Dots that separate the parts of an encrypted token (RFC 7516 section 7.1).
const JWE_DOTS: usize = 4;

/// Members by which a token would bring its own key or change what its signature covers, most telling first.
///
/// Each is refused where it stands, whatever its value: no key is ever fetched or taken from a token, and no extension
/// that must be understood (`crit`) is.
const REFUSED_MEMBERS: [&str; 7] = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip"];

/// A token taken apart; nothing of it is proven until [`Jws::verify`] says so.
#[derive(Debug)]
pub struct Jws<'t> {
    /// Its header.
    pub header: Header,
    /// The payload, decoded.
    pub payload: Vec<u8>,
    signed: &'t [u8],
    signature: Vec<u8>,
}

/// What a header says that matters; the rest of it is ignored, as RFC 7515 section 4 asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `alg`, which must be one that the key is for.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub token_type: Option<String>,
}

/// A token of this form taken apart, with its header as it is: what it may say depends on what the token is for.
pub(crate) struct Parts<'t> {
    /// The members of its header.
    pub(crate) header: Map<String, Value>,
    /// What the signature covers.
    pub(crate) signed: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
}

impl<'t> Parts<'t> {
    /// Takes `token` apart; its header must be strict base64url and strict JSON.
    pub(crate) fn parse(token: &'t [u8]) -> Result<Parts<'t>, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLarge);
        }
        if token.iter().filter(|byte| **byte == b'.').count() == JWE_DOTS {
            return Err(TokenError::Encrypted);
        }
        let mut parts = token.splitn(3, |byte| *byte == b'.');
        let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let signed = token.get(..header.len() + 1 + payload.len()).ok_or(TokenError::Malformed)?;
        Ok(Parts { header: members(header)?, signed, payload, signature })
    }

    /// The payload and the signature; both must be strict base64url. Asked for once the header is known to be one that
    /// says nothing else of them.
    pub(crate) fn decoded(&self) -> Result<(Vec<u8>, Vec<u8>), TokenError> {
        let decoded = base64url::decode(self.payload).zip(base64url::decode(self.signature));
        decoded.ok_or(TokenError::Malformed)
    }
}

impl<'t> Jws<'t> {
    /// Takes `token` apart; its three parts must be strict base64url and its header strict JSON.
    pub fn parse(token: &'t [u8]) -> Result<Jws<'t>, TokenError> {
        let mut parts = Parts::parse(token)?;
        let header = Header::parse(std::mem::take(&mut parts.header))?;
        let (payload, signature) = parts.decoded()?;
        Ok(Jws { header, payload, signed: parts.signed, signature })
    }

    /// Whether one of `keys`, the one the header names, made the signature.
    pub fn verify(&self, keys: &KeySet) -> Result<(), TokenError> {
        let algorithm = self.header.algorithm;
        let key = keys.find(self.header.key_id.as_deref(), algorithm)?;
        match key.verify(algorithm, self.signed, &self.signature) {
            Some(true) => Ok(()),
            Some(false) => Err(TokenError::BadSignature),
            None => Err(TokenError::UnsupportedAlgorithm),
        }
    }
}

impl Header {
    fn parse(mut members: Map<String, Value>) -> Result<Header, TokenError> {
        refuse_members(&members, &REFUSED_MEMBERS)?;
        let name = text(&mut members, "alg")?.ok_or(TokenError::Malformed)?;
        Ok(Header {
            algorithm: Algorithm::named(&name).ok_or(TokenError::UnsupportedAlgorithm)?,
            key_id: text(&mut members, "kid")?,
            token_type: text(&mut members, "typ")?,
        })
    }
}

/// The members of an encoded header, which is not encrypted.
fn members(encoded: &[u8]) -> Result<Map<String, Value>, TokenError> {
    if encoded.len() > HEADER_BYTES_MAX {
        return Err(TokenError::TooLarge);
    }
    let bytes = base64url::decode(encoded).ok_or(TokenError::Malformed)?;
    let Ok(members) = json::object(&bytes) else { return Err(TokenError::Malformed) };
    if members.contains_key("enc") { Err(TokenError::Encrypted) } else { Ok(members) }
}

/// Refuses a header that has one of `refused`, whatever its value.
pub(crate) fn refuse_members(
    members: &Map<String, Value>,
    refused: &[&'static str],
) -> Result<(), TokenError> {
    match refused.iter().find(|member| members.contains_key(**member)) {
        Some(member) => Err(TokenError::HeaderRefused(member)),
        None => Ok(()),
    }
}

/// The text of a member of a header, which is taken out of it.
pub(crate) fn text(members: &mut Map<String, Value>, member: &str) -> Result<Option<String>, TokenError> {
    match members.remove(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenError::Malformed),
    }
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Result<Algorithm, TokenError>) {
        let token = format!("{}.e30.AAAA", base64url::encode(header));
        assert_eq!(Jws::parse(token.as_bytes()).map(|jws| jws.header.algorithm), expected, "{header}");
    }

    #[test]
    fn a_header_names_an_asymmetric_algorithm() {
        check(r#"{"alg":"ES256"}"#, Ok(Algorithm::Es256));
        check(r#"{"alg":"EdDSA"}"#, Ok(Algorithm::Ed25519));
        check(r#"{"alg":"Ed25519","x5t":"AAAA","cty":"JWT","own":{"a":1}}"#, Ok(Algorithm::Ed25519));
        for name in
            ["none", "None", "nOnE", "NONE", "HS256", "HS512", "es256", "ES256K", "RSA-OAEP", "dir", ""]
        {
            check(&format!(r#"{{"alg":"{name}"}}"#), Err(TokenError::UnsupportedAlgorithm));
        }
    }

    #[test]
    fn a_header_that_would_choose_its_key_or_its_rules_is_refused() {
        for member in REFUSED_MEMBERS {
            for value in ["null", "false", "true", "[]", "\"x\"", "{}"] {
                let header = format!(r#"{{"alg":"ES256","{member}":{value}}}"#);
                check(&header, Err(TokenError::HeaderRefused(member)));
            }
        }
        check(r#"{"alg":"dir","enc":"A128GCM"}"#, Err(TokenError::Encrypted));
    }

    #[test]
    fn a_header_is_strict_json() {
        for header in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"alg":null}"#,
            r#"{"alg":["ES256"]}"#,
            r#"{"alg":"ES256","kid":1}"#,
            r#"{"alg":"ES256","typ":null}"#,
            r#"{"alg":"ES256","alg":"ES256"}"#,
            r#"{"alg":"ES256","\u0061lg":"none"}"#,
            r#"{"alg":"ES256"} x"#,
            r#"{"alg":"ES256",}"#,
        ] {
            check(header, Err(TokenError::Malformed));
        }
    }

    #[test]
    fn a_token_has_three_parts_and_a_bounded_size() {
        let header = base64url::encode(r#"{"alg":"ES256"}"#);
        for token in
            ["", ".", "..", "a.b.c", "e30.e30", &format!("{header}.e30"), &format!("{header}.e30.AA.AA")]
        {
            assert_eq!(Jws::parse(token.as_bytes()).unwrap_err(), TokenError::Malformed, "{token}");
        }
        let long = format!("{header}.{}.AAAA", "A".repeat(TOKEN_BYTES_MAX));
        assert_eq!(Jws::parse(long.as_bytes()).unwrap_err(), TokenError::TooLarge);
        check(
            &format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(HEADER_BYTES_MAX)),
            Err(TokenError::TooLarge),
        );
        assert_eq!(Jws::parse(b"a.b.c.d.e").unwrap_err(), TokenError::Encrypted);
    }
}
