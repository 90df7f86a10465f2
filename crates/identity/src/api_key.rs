//! API keys: they name a client for tracking and limits, and authenticate nobody.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

/// Bytes of a presented key.
const KEY_BYTES_MAX: usize = 512;

/// Clients by the SHA-256 of their keys.
///
/// A plain digest is enough because a key is long and random: there is nothing to guess by dictionary, unlike with a
/// password. The table is looked up by the digest of the presented key, so what a caller can steer by timing is which
/// bytes of a digest match, and finding a key whose digest begins with given bytes tells nothing of the others.
#[derive(Debug, Default)]
pub struct ApiKeys {
    clients: Vec<Arc<ApiClient>>,
    by_digest: HashMap<KeyDigest, usize>,
}

/// Who a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiClient {
    /// The client's name in the config.
    pub name: String,
    /// What else the config says of it (a plan, an owner).
    pub attributes: BTreeMap<String, String>,
}

/// The SHA-256 of a key, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

/// Why API keys cannot be used as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// A digest is not written as one; it is not repeated here, since it may be the key itself.
    #[error("an API key must be given as `sha256:` and the 64 hexadecimal digits of its SHA-256")]
    Digest,
    /// Two clients have the same key.
    #[error("clients `{0}` and `{1}` have the same API key")]
    Shared(String, String),
}

impl KeyDigest {
    /// The digest that `text` spells.
    pub fn parse(text: &str) -> Result<KeyDigest, ApiKeyError> {
        let hex = text.strip_prefix("sha256:").ok_or(ApiKeyError::Digest)?.as_bytes();
        if hex.len() != 64 {
            return Err(ApiKeyError::Digest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks(2)) {
            *byte = pair.iter().try_fold(0, |sum, digit| {
                let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
                value.map(|value| sum << 4 | value).ok_or(ApiKeyError::Digest)
            })?;
        }
        Ok(KeyDigest(bytes))
    }

    /// The digest of `key`.
    pub fn of(key: &[u8]) -> KeyDigest {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, key).as_ref()) {
            *to = *from;
        }
        KeyDigest(bytes)
    }
}

/// The form that stands in a config.
impl std::fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key digest]")
    }
}

impl ApiKeys {
    /// A table of `clients`, each with the digests of its keys; several, so that they can be rotated.
    pub fn new(clients: Vec<(ApiClient, Vec<KeyDigest>)>) -> Result<ApiKeys, ApiKeyError> {
        let mut keys = ApiKeys::default();
        for (client, digests) in clients {
            let index = keys.clients.len();
            for digest in digests {
                if let Some(other) =
                    keys.by_digest.insert(digest, index).and_then(|other| keys.clients.get(other))
                {
                    return Err(ApiKeyError::Shared(other.name.clone(), client.name));
                }
            }
            keys.clients.push(Arc::new(client));
        }
        Ok(keys)
    }

    /// The client that `presented` is a key of; shared, since every request of its keeps it.
    pub fn find(&self, presented: &[u8]) -> Option<&Arc<ApiClient>> {
        if presented.is_empty() || presented.len() > KEY_BYTES_MAX {
            return None;
        }
        self.by_digest.get(&KeyDigest::of(presented)).and_then(|index| self.clients.get(*index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ApiClient {
        let attributes = [("plan".to_owned(), "gold".to_owned())].into_iter().collect();
        ApiClient { name: name.to_owned(), attributes }
    }

    #[test]
    fn a_key_names_its_client_and_no_other_does() {
        let digests = vec![KeyDigest::of(b"old-key"), KeyDigest::of(b"new-key")];
        let keys =
            ApiKeys::new(vec![(client("alice"), digests), (client("bob"), vec![KeyDigest::of(b"k2")])])
                .unwrap();
        assert_eq!(keys.find(b"old-key").unwrap().name, "alice");
        assert_eq!(keys.find(b"new-key").unwrap().attributes["plan"], "gold");
        assert_eq!(keys.find(b"k2").unwrap().name, "bob");
        for unknown in [&b""[..], b"k", b"k22", b"K2", &[b'k'; KEY_BYTES_MAX + 1]] {
            assert_eq!(keys.find(unknown), None);
        }
        let digest = KeyDigest::of(b"k2").to_string();
        assert_eq!(keys.find(digest.as_bytes()), None, "the digest in the config is not a key");
    }

    #[test]
    fn a_digest_is_written_as_hexadecimal_sha_256() {
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeyDigest::parse(text).unwrap(), KeyDigest::of(b"abc"));
        assert_eq!(KeyDigest::of(b"abc").to_string(), text);
        assert_eq!(
            KeyDigest::parse(&text.to_uppercase().replace("SHA", "sha")).unwrap(),
            KeyDigest::of(b"abc")
        );
        for wrong in [
            "abc",
            "sha256:",
            "sha256:ba78",
            text.trim_start_matches("sha256:"),
            &format!("{text}0"),
            &text.replace('b', "x"),
        ] {
            assert_eq!(KeyDigest::parse(wrong), Err(ApiKeyError::Digest), "{wrong}");
        }
    }

    #[test]
    fn two_clients_share_no_key() {
        let clients =
            vec![(client("a"), vec![KeyDigest::of(b"k")]), (client("b"), vec![KeyDigest::of(b"k")])];
        assert_eq!(ApiKeys::new(clients).unwrap_err(), ApiKeyError::Shared("a".into(), "b".into()));
    }

    #[test]
    fn no_digest_is_printed_by_debug() {
        assert_eq!(format!("{:?}", KeyDigest::of(b"abc")), "[key digest]");
    }
}
