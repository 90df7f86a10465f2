//! Digests that name a key or a certificate (RFC 7638, RFC 8705 section 3.1), so that a token can be bound to either.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::base64url;

/// The SHA-256 of a public key or a certificate. It is no secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The digest that `text`, in base64url, spells.
    pub fn parse(text: &str) -> Option<Thumbprint> {
        base64url::decode(text)?.try_into().ok().map(Thumbprint)
    }

    /// Of a certificate in DER (`x5t#S256`).
    pub fn of_certificate(der: &[u8]) -> Thumbprint {
        Thumbprint(sha256(der))
    }

    /// Of a JWK: its required members, sorted, without white space (RFC 7638 section 3). Nothing where one of them is
    /// absent or no text, or the key's type is not known.
    pub(crate) fn of_jwk(jwk: &Map<String, Value>) -> Option<Thumbprint> {
        let text = |name: &str| jwk.get(name)?.as_str();
        let required: &[&str] = match text("kty")? {
            "EC" => &["crv", "kty", "x", "y"],
            "RSA" => &["e", "kty", "n"],
            "OKP" => &["crv", "kty", "x"],
            _ => return None,
        };
        let mut canonical = String::with_capacity(512);
        for name in required {
            let value = text(name)?;
            // A value that JSON would escape has more than one spelling, and no key has such a value.
            if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                return None;
            }
            let before = if canonical.is_empty() { "{" } else { "," };
            canonical.extend([before, "\"", name, "\":\"", value, "\""]);
        }
        canonical.push('}');
        Some(Thumbprint(sha256(canonical.as_bytes())))
    }

    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

/// SHA-256 as an array.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    for (to, from) in array.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    array
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(jwk: &Value, expected: Option<&str>) {
        let print = Thumbprint::of_jwk(jwk.as_object().unwrap());
        assert_eq!(print.map(|print| print.to_string()).as_deref(), expected, "{jwk}");
    }

    /// RFC 7638 section 3.1, RFC 8037 appendix A.3, RFC 9449 section 6.1.
    #[test]
    fn keys_have_the_thumbprints_of_the_standards() {
        let rsa = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                  jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS\
                  qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN\
                  HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        });
        check(&rsa, Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        let curve =
            json!({"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        check(&curve, Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        let elliptic = json!({
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "crv": "P-256",
        });
        check(&elliptic, Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
    }

    #[test]
    fn what_lacks_a_member_or_has_two_spellings_has_no_thumbprint() {
        check(&json!({"kty": "EC", "crv": "P-256", "x": "AA"}), None);
        check(&json!({"kty": "oct", "k": "AA"}), None);
        check(&json!({"kty": "OKP", "crv": "Ed25519", "x": "A\"A"}), None);
        check(&json!({"kty": "OKP", "crv": "Ed25519", "x": ["AA"]}), None);
    }

    /// RFC 8705 appendix A.
    #[test]
    fn a_certificate_has_the_thumbprint_of_the_standard() {
        let pem = "-----BEGIN CERTIFICATE-----\n\
            MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx\n\
            ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG\n\
            SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ\n\
            /Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID\n\
            SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV\n\
            bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=\n-----END CERTIFICATE-----\n";
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let expected = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";
        assert_eq!(Thumbprint::of_certificate(&der).to_string(), expected);
        assert_eq!(Thumbprint::parse(expected), Some(Thumbprint::of_certificate(&der)));
    }
}
