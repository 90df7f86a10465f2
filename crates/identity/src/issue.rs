//! Tokens out: a key made in this process, what it signs, and its public half.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::thumbprint::Thumbprint;

/// A private key with the `kid` of its public half; it never leaves the process.
pub struct SigningKey {
    id: String,
    pair: Pair,
    public: Map<String, Value>,
}

/// The DER of a 2048-bit RSAPublicKey (RFC 8017 appendix A.1.1) up to the modulus, and after it: the exponent 65537.
const RSA_DER: (&[u8], &[u8]) =
    (&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00], &[0x02, 0x03, 0x01, 0x00, 0x01]);

/// Why no key or token was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Keys are made for RS256, ES256 and EdDSA only.
    #[error("keys for {0} are not made")]
    Algorithm(Algorithm),
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Crypto,
}

impl From<aws_lc_rs::error::Unspecified> for IssueError {
    fn from(_: aws_lc_rs::error::Unspecified) -> IssueError {
        IssueError::Crypto
    }
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A fresh key for RS256 (2048 bits), ES256 or EdDSA.
    pub fn generate(algorithm: Algorithm, id: impl Into<String>) -> Result<SigningKey, IssueError> {
        let pair = match algorithm {
            Algorithm::Rs256 => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?)),
            Algorithm::Es256 => Pair::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?),
            Algorithm::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate()?),
            other => return Err(IssueError::Algorithm(other)),
        };
        let public = pair.public().ok_or(IssueError::Crypto)?;
        Ok(SigningKey { id: id.into(), pair, public })
    }

    /// A fresh key for ES256, and its private half to keep. Its `kid` is its thumbprint (RFC 7638).
    pub(crate) fn generate_kept() -> Result<(SigningKey, Zeroizing<Vec<u8>>), IssueError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let pkcs8 = Zeroizing::new(document.as_ref().to_vec());
        Ok((SigningKey::from_kept(&pkcs8)?, pkcs8))
    }

    /// The key that [`SigningKey::generate_kept`] gave to keep.
    pub(crate) fn from_kept(pkcs8: &[u8]) -> Result<SigningKey, IssueError> {
        let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8) else {
            return Err(IssueError::Crypto);
        };
        let pair = Pair::Ecdsa(pair);
        let public = pair.public().ok_or(IssueError::Crypto)?;
        let id = Thumbprint::of_jwk(&public).ok_or(IssueError::Crypto)?.to_string();
        Ok(SigningKey { id, pair, public })
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::Ecdsa(_) => Algorithm::Es256,
            Pair::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// A compact JWS over `claims` with the header `alg`, `kid` and `typ`.
    pub fn sign(&self, token_type: &str, claims: &Value) -> Result<String, IssueError> {
        let header = json!({"alg": self.algorithm().as_str(), "kid": self.id, "typ": token_type});
        self.sign_parts(&header.to_string(), &claims.to_string())
    }

    /// A compact JWS over any header and payload, right or wrong.
    pub fn sign_parts(&self, header: &str, payload: &str) -> Result<String, IssueError> {
        let signed = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
        let signature = self.signature(signed.as_bytes())?;
        Ok(format!("{signed}.{}", base64url::encode(signature)))
    }

    /// The public half as a JWK (RFC 7517).
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk.extend(members([
            ("kid", self.id.clone()),
            ("alg", self.algorithm().as_str().into()),
            ("use", "sig".into()),
        ]));
        Value::Object(jwk)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, IssueError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }
}

impl Pair {
    /// The numbers of the public half, with `kty` and `crv`.
    fn public(&self) -> Option<Map<String, Value>> {
        Some(match self {
            Pair::Rsa(pair) => {
                let modulus = pair.public_key().as_ref().strip_prefix(RSA_DER.0)?.strip_suffix(RSA_DER.1)?;
                members([("kty", "RSA".into()), ("n", base64url::encode(modulus)), ("e", "AQAB".into())])
            }
            Pair::Ecdsa(pair) => {
                // Uncompressed: a byte that says so, then both coordinates.
                let (_, coordinates) = pair.public_key().as_ref().split_first()?;
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                let (x, y) = (base64url::encode(x), base64url::encode(y));
                members([("kty", "EC".into()), ("crv", "P-256".into()), ("x", x), ("y", y)])
            }
            Pair::Ed25519(pair) => {
                let x = base64url::encode(pair.public_key());
                members([("kty", "OKP".into()), ("crv", "Ed25519".into()), ("x", x)])
            }
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The JWK Set that publishes `keys`.
pub fn key_set(keys: &[&SigningKey]) -> Value {
    json!({"keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>()})
}

fn members<const N: usize>(members: [(&str, String); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithms, Jws, KeySet};

    #[test]
    fn what_a_key_signs_verifies_under_its_published_half_only() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Ed25519] {
            let (key, other) = (
                SigningKey::generate(algorithm, "1").unwrap(),
                SigningKey::generate(algorithm, "1").unwrap(),
            );
            let token = key.sign("at+jwt", &json!({"iss": "i"})).unwrap();
            let parse = |key: &SigningKey| {
                KeySet::parse(key_set(&[key]).to_string().as_bytes(), Algorithms::ALL).unwrap()
            };
            let jws = Jws::parse(token.as_bytes()).unwrap();
            assert_eq!(jws.header.algorithm, algorithm);
            assert_eq!(jws.payload, br#"{"iss":"i"}"#);
            assert_eq!(jws.verify(&parse(&key)), Ok(()));
            assert_eq!(jws.verify(&parse(&other)), Err(crate::TokenError::BadSignature));
        }
    }

    #[test]
    fn no_other_keys_are_made_and_none_is_printed() {
        let error = SigningKey::generate(Algorithm::Ps512, "1").unwrap_err();
        assert_eq!(error.to_string(), "keys for PS512 are not made");
        let key = SigningKey::generate(Algorithm::Ed25519, "kid").unwrap();
        assert_eq!(format!("{key:?}"), r#"SigningKey { id: "kid", .. }"#);
    }
}
