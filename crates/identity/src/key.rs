//! One public key of an issuer, read from a JWK and parsed once.

mod roca;

use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, Algorithms};
use crate::base64url;

/// Bits of an RSA modulus; shorter ones can be factored, longer ones make verification a burden.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The largest RSA exponent; larger ones only make verification slow.
const RSA_EXPONENT_MAX: u64 = u32::MAX as u64;

/// Bytes of a `kid`.
const KEY_ID_BYTES_MAX: usize = 512;

/// Members that only a private key has (RFC 7518 sections 6.2.2, 6.3.2; RFC 8037 section 2).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// A public key and the algorithms it verifies; the token has no say in them (RFC 8725 section 3.1).
#[derive(Debug)]
pub(crate) struct Key {
    id: Option<Box<str>>,
    verifiers: Vec<(Algorithm, ParsedPublicKey)>,
}

/// Why a JWK is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It holds private members: whoever published it gave its secret away.
    #[error("the key is private; publish its public half only and replace it")]
    Private,
    /// It is a shared secret.
    #[error("the key is symmetric; only public keys verify tokens")]
    Symmetric,
    /// Its `kty` or `crv` is none that is known.
    #[error("the key's type or curve is not supported")]
    UnsupportedType,
    /// Its `alg` does not fit its type and curve, or is not one the issuer is allowed to use.
    #[error("the key's `alg` does not fit its type or is not allowed for this issuer")]
    WrongAlgorithm,
    /// Its `use` or `key_ops` says that it does not verify signatures.
    #[error("the key is not for verifying signatures")]
    WrongUse,
    /// A member is absent, of the wrong kind, or not strict base64url.
    #[error("`{0}` of the key is absent or malformed")]
    Malformed(&'static str),
    /// Its RSA modulus is shorter than 2048 or longer than 8192 bits.
    #[error("the RSA modulus must have 2048 to 8192 bits")]
    Size,
    /// Its RSA exponent is even, one, or larger than 32 bits.
    #[error("the RSA exponent must be odd, at least 3 and of at most 32 bits")]
    Exponent,
    /// Its RSA modulus was made by a library whose keys can be factored (CVE-2017-15361).
    #[error("the RSA modulus has the ROCA weakness (CVE-2017-15361)")]
    Weak,
    /// The point is not on its curve, or the numbers are no key.
    #[error("the numbers are not a valid public key")]
    Invalid,
}

impl Key {
    /// Reads a JWK (RFC 7517) for use with at most the algorithms of `allowed`.
    pub(crate) fn from_jwk(jwk: &Map<String, Value>, allowed: Algorithms) -> Result<Key, KeyError> {
        let kind = text(jwk, "kty")?;
        if kind == "oct" || jwk.contains_key("k") {
            return Err(KeyError::Symmetric);
        }
        if PRIVATE_MEMBERS.iter().any(|member| jwk.contains_key(*member)) {
            return Err(KeyError::Private);
        }
        let material = Material::read(kind, jwk)?;
        verifies(jwk)?;
        let algorithms = pinned(jwk, material.algorithms(), allowed)?;
        let verifiers = algorithms
            .iter()
            .map(|algorithm| Ok((algorithm, material.parse(algorithm)?)))
            .collect::<Result<Vec<_>, KeyError>>()?;
        Ok(Key { id: key_id(jwk)?, verifiers })
    }

    /// The `kid`.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the key is for `algorithm`.
    pub(crate) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.parsed(algorithm).is_some()
    }

    /// Whether `signature` over `message` verifies; nothing where the key is not for `algorithm`.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<bool> {
        Some(self.parsed(algorithm)?.verify_sig(message, signature).is_ok())
    }

    fn parsed(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        self.verifiers.iter().find(|(other, _)| *other == algorithm).map(|(_, key)| key)
    }
}

/// The numbers of a key.
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Curve { algorithm: Algorithm, point: Vec<u8> },
}

impl Material {
    fn read(kind: &str, jwk: &Map<String, Value>) -> Result<Material, KeyError> {
        match kind {
            "RSA" => rsa(bytes(jwk, "n")?, bytes(jwk, "e")?),
            "EC" => {
                let (algorithm, length) = match text(jwk, "crv")? {
                    "P-256" => (Algorithm::Es256, 32),
                    "P-384" => (Algorithm::Es384, 48),
                    "P-521" => (Algorithm::Es512, 66),
                    _ => return Err(KeyError::UnsupportedType),
                };
                let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
                if x.len() != length || y.len() != length {
                    return Err(KeyError::Invalid);
                }
                Ok(Material::Curve { algorithm, point: [&[4], x.as_slice(), y.as_slice()].concat() })
            }
            "OKP" => match text(jwk, "crv")? {
                "Ed25519" => Ok(Material::Curve { algorithm: Algorithm::Ed25519, point: bytes(jwk, "x")? }),
                _ => Err(KeyError::UnsupportedType),
            },
            _ => Err(KeyError::UnsupportedType),
        }
    }

    fn algorithms(&self) -> Algorithms {
        match self {
            Material::Rsa { .. } => {
                Algorithm::ALL.into_iter().filter(|algorithm| algorithm.rsa_parameters().is_some()).collect()
            }
            Material::Curve { algorithm, .. } => [*algorithm].into_iter().collect(),
        }
    }

    fn parse(&self, algorithm: Algorithm) -> Result<ParsedPublicKey, KeyError> {
        let parsed = match self {
            Material::Rsa { modulus, exponent } => {
                let components = RsaPublicKeyComponents { n: modulus, e: exponent };
                algorithm.rsa_parameters().map(|parameters| components.to_parsed_public_key(parameters))
            }
            Material::Curve { point, .. } => {
                algorithm.curve_parameters().map(|parameters| ParsedPublicKey::new(parameters, point))
            }
        };
        match parsed {
            Some(Ok(key)) => Ok(key),
            Some(Err(_)) | None => Err(KeyError::Invalid),
        }
    }
}

/// Checks the numbers of an RSA key; the library checks its size only when it verifies.
fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Result<Material, KeyError> {
    let (modulus, exponent) = (significant(modulus), significant(exponent));
    let Some(first) = modulus.first() else { return Err(KeyError::Size) };
    if !RSA_BITS.contains(&(modulus.len() * 8 - first.leading_zeros() as usize)) {
        return Err(KeyError::Size);
    }
    let value = match exponent.len() {
        0..=8 => exponent.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)),
        _ => return Err(KeyError::Exponent),
    };
    if !(3..=RSA_EXPONENT_MAX).contains(&value) || value % 2 == 0 {
        return Err(KeyError::Exponent);
    }
    if roca::is_weak(&modulus) {
        return Err(KeyError::Weak);
    }
    Ok(Material::Rsa { modulus, exponent })
}

/// The number without leading zero octets, which RFC 7518 section 6.3.1.1 forbids and some issuers send.
fn significant(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

/// The algorithms that the JWK pins, out of those its numbers are good for and the issuer is allowed.
fn pinned(
    jwk: &Map<String, Value>,
    fitting: Algorithms,
    allowed: Algorithms,
) -> Result<Algorithms, KeyError> {
    let named = match jwk.get("alg") {
        None => Algorithms::ALL,
        // `ES521` is no registered name, but some issuers call ES512 so, after its curve.
        Some(Value::String(name)) if name == "ES521" => [Algorithm::Es512].into_iter().collect(),
        Some(Value::String(name)) => Algorithm::named(name).into_iter().collect(),
        Some(_) => return Err(KeyError::Malformed("alg")),
    };
    let algorithms: Algorithms = fitting
        .iter()
        .filter(|algorithm| named.contains(*algorithm) && allowed.contains(*algorithm))
        .collect();
    if algorithms.is_empty() { Err(KeyError::WrongAlgorithm) } else { Ok(algorithms) }
}

/// Whether `use` and `key_ops` (RFC 7517 sections 4.2, 4.3) leave verifying open.
fn verifies(jwk: &Map<String, Value>) -> Result<(), KeyError> {
    match jwk.get("use") {
        None => {}
        Some(Value::String(purpose)) if purpose == "sig" => {}
        Some(Value::String(_)) => return Err(KeyError::WrongUse),
        Some(_) => return Err(KeyError::Malformed("use")),
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(KeyError::WrongUse),
        Some(_) => Err(KeyError::Malformed("key_ops")),
    }
}

fn key_id(jwk: &Map<String, Value>) -> Result<Option<Box<str>>, KeyError> {
    match jwk.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) if id.len() <= KEY_ID_BYTES_MAX => Ok(Some(id.as_str().into())),
        Some(_) => Err(KeyError::Malformed("kid")),
    }
}

fn text<'j>(jwk: &'j Map<String, Value>, member: &'static str) -> Result<&'j str, KeyError> {
    jwk.get(member).and_then(Value::as_str).ok_or(KeyError::Malformed(member))
}

fn bytes(jwk: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    base64url::decode(text(jwk, member)?).ok_or(KeyError::Malformed(member))
}

#[cfg(test)]
mod tests;
