//! The public keys of one issuer, found by `kid`.

use std::collections::HashMap;

use serde_json::Value;

use crate::algorithm::{Algorithm, Algorithms};
use crate::error::TokenError;
use crate::json;
use crate::key::{Key, KeyError};

/// Keys in one set, used or not.
const KEYS_MAX: usize = 256;

/// Bytes of a key set document.
pub(crate) const KEY_SET_BYTES_MAX: usize = 1 << 20;

/// A JWK Set (RFC 7517 section 5), parsed once.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
    by_id: HashMap<Box<str>, usize>,
    skipped: Vec<Skipped>,
}

/// A key of a set that is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Its place in `keys`, from zero.
    pub index: usize,
    /// Why.
    pub reason: KeyError,
}

/// Why a whole key set is not used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is larger than a key set may be.
    #[error("the key set is larger than {KEY_SET_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not JSON, or names a member twice.
    #[error("the key set is not strict JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It has no `keys` array of objects.
    #[error("the key set has no array `keys` of objects")]
    NoKeys,
    /// It has more keys than a set may have.
    #[error("the key set has {0} keys, more than {KEYS_MAX}")]
    TooManyKeys(usize),
    /// It publishes a secret, so nothing signed under it can be trusted.
    #[error("key {index} of the set, counted from zero: {reason}")]
    Secret {
        /// The key's place.
        index: usize,
        /// [`KeyError::Private`] or [`KeyError::Symmetric`].
        reason: KeyError,
    },
    /// Two usable keys have one `kid`, so it is not said which one a token means.
    #[error("two keys of the set have the same `kid`")]
    DuplicateId,
    /// No key of the set verifies tokens.
    #[error("none of the {count} keys of the set can be used{}", first_reason(.first))]
    NoUsableKey {
        /// How many there are.
        count: usize,
        /// The first of them, and why it is not used.
        first: Option<Skipped>,
    },
}

impl KeySet {
    /// Reads a key set for use with at most the algorithms of `allowed`.
    ///
    /// Keys of other kinds and uses are skipped, as RFC 7517 section 5 asks. A set that holds a secret, or names two
    /// keys alike, is refused whole.
    pub fn parse(bytes: &[u8], allowed: Algorithms) -> Result<KeySet, KeySetError> {
        if bytes.len() > KEY_SET_BYTES_MAX {
            return Err(KeySetError::TooLarge);
        }
        let document = json::object(bytes)?;
        let Some(Value::Array(jwks)) = document.get("keys") else { return Err(KeySetError::NoKeys) };
        if jwks.len() > KEYS_MAX {
            return Err(KeySetError::TooManyKeys(jwks.len()));
        }
        let mut set = KeySet::default();
        for (index, jwk) in jwks.iter().enumerate() {
            let Value::Object(jwk) = jwk else { return Err(KeySetError::NoKeys) };
            match Key::from_jwk(jwk, allowed) {
                Ok(key) => set.add(key)?,
                Err(reason @ (KeyError::Private | KeyError::Symmetric)) => {
                    return Err(KeySetError::Secret { index, reason });
                }
                Err(reason) => set.skipped.push(Skipped { index, reason }),
            }
        }
        if set.keys.is_empty() {
            return Err(KeySetError::NoUsableKey { count: jwks.len(), first: set.skipped.first().copied() });
        }
        Ok(set)
    }

    /// The usable keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no usable key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that are not used, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The key that a token with this `kid` and `alg` is to be verified with.
    ///
    /// A token without `kid` finds a key only where exactly one is for its algorithm.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, TokenError> {
        let Some(id) = id else {
            let mut fitting = self.keys.iter().filter(|key| key.is_for(algorithm));
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(key),
                _ => Err(TokenError::UnknownKey),
            };
        };
        let key = self.by_id.get(id).and_then(|index| self.keys.get(*index)).ok_or(TokenError::UnknownKey)?;
        if key.is_for(algorithm) { Ok(key) } else { Err(TokenError::UnsupportedAlgorithm) }
    }

    fn add(&mut self, key: Key) -> Result<(), KeySetError> {
        if let Some(id) = key.id()
            && self.by_id.insert(id.into(), self.keys.len()).is_some()
        {
            return Err(KeySetError::DuplicateId);
        }
        self.keys.push(key);
        Ok(())
    }
}

fn first_reason(first: &Option<Skipped>) -> String {
    first.map(|skipped| format!("; key {}: {}", skipped.index, skipped.reason)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
