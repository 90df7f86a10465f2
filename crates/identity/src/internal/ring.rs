//! The keys that sign for the inside, each published before it signs and after it has signed.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::LIFETIME_MAX;
use crate::base64url;
use crate::issue::{IssueError, SigningKey, key_set};

/// How long before it signs a key is published at most, so that whoever keeps the key set for a while has it by then.
const AHEAD_MAX: Duration = Duration::from_secs(3600);

/// How long after its last signature a key stays published: as long as a token may live, and a clock be off.
const KEPT_FOR: Duration = Duration::from_secs(LIFETIME_MAX.as_secs() + 60);

/// Keys in one ring; a file with more is none of ours.
const KEYS_MAX: usize = 16;

/// The keys; there is always one.
#[derive(Debug, Clone)]
pub struct Ring {
    oldest: Dated,
    /// Oldest first.
    newer: Vec<Dated>,
}

#[derive(Clone)]
struct Dated {
    made: Timestamp,
    key: Arc<SigningKey>,
    /// The private half, to be kept over restarts.
    pkcs8: Zeroizing<Vec<u8>>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// No key could be made, or one that was kept is none.
    #[error("a signing key cannot be used: {0}")]
    Key(#[from] IssueError),
    /// What was kept is not what is kept.
    #[error("the signing keys are not in the form in which they are kept: {0}")]
    Form(#[from] serde_json::Error),
    /// There is no key in it, too many, or their order is wrong.
    #[error("there must be 1 to {KEYS_MAX} signing keys, oldest first")]
    Count,
}

/// How keys are kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    keys: Vec<KeptKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptKey {
    /// Microseconds since the epoch.
    made: u64,
    /// PKCS #8, base64url.
    pkcs8: String,
}

impl Ring {
    /// One new key, which signs at once.
    pub fn fresh(now: Timestamp) -> Result<Ring, RingError> {
        Ok(Ring { oldest: Dated::fresh(now)?, newer: Vec::new() })
    }

    /// The keys that [`Ring::to_kept`] wrote.
    pub fn from_kept(bytes: &[u8]) -> Result<Ring, RingError> {
        let kept: Kept = serde_json::from_slice(bytes)?;
        let keys = kept.keys.iter().map(Dated::from_kept).collect::<Result<Vec<_>, _>>()?;
        if keys.len() > KEYS_MAX || !keys.is_sorted_by_key(|key| key.made) {
            return Err(RingError::Count);
        }
        let mut keys = keys.into_iter();
        let oldest = keys.next().ok_or(RingError::Count)?;
        Ok(Ring { oldest, newer: keys.collect() })
    }

    /// The private keys, for a file that nobody else may read.
    pub fn to_kept(&self) -> Result<Zeroizing<Vec<u8>>, RingError> {
        let keys = self
            .keys()
            .map(|dated| KeptKey { made: dated.made.as_micros(), pkcs8: base64url::encode(&*dated.pkcs8) });
        Ok(Zeroizing::new(serde_json::to_vec(&Kept { keys: keys.collect() })?))
    }

    /// The public halves.
    pub(super) fn key_set(&self) -> Value {
        key_set(&self.keys().map(|dated| &*dated.key).collect::<Vec<_>>())
    }

    fn keys(&self) -> impl Iterator<Item = &Dated> {
        std::iter::once(&self.oldest).chain(&self.newer)
    }

    /// The key that signs at `now`: the newest that has been published for long enough, else the oldest.
    pub(super) fn signing(&self, rotation: Duration, now: Timestamp) -> &SigningKey {
        let begun = self.newer.iter().rev().find(|dated| dated.begins(rotation) <= now);
        &begun.unwrap_or(&self.oldest).key
    }

    /// The keys as they should be at `now`: with a new one where the newest is old, without those that nobody needs.
    pub(super) fn rotated(&self, rotation: Duration, now: Timestamp) -> Result<Option<Ring>, RingError> {
        let mut ring = self.clone();
        let newest = ring.newer.last().unwrap_or(&ring.oldest);
        let is_due = newest.made.plus(rotation) <= now;
        if is_due {
            ring.newer.push(Dated::fresh(now)?);
        }
        // A key is needed until its successor has signed for as long as a token lives.
        let is_over = |next: &Dated| next.begins(rotation).plus(KEPT_FOR) <= now;
        let over = ring.newer.iter().take_while(|next| is_over(next)).count();
        if let Some(oldest) = ring.newer.drain(..over).next_back() {
            ring.oldest = oldest;
        }
        Ok((is_due || over > 0).then_some(ring))
    }
}

impl Dated {
    fn fresh(now: Timestamp) -> Result<Dated, RingError> {
        let (key, pkcs8) = SigningKey::generate_kept()?;
        Ok(Dated { made: now, key: Arc::new(key), pkcs8 })
    }

    fn from_kept(kept: &KeptKey) -> Result<Dated, RingError> {
        let pkcs8 = Zeroizing::new(base64url::decode(&kept.pkcs8).ok_or(IssueError::Crypto)?);
        let key = Arc::new(SigningKey::from_kept(&pkcs8)?);
        Ok(Dated { made: Timestamp::from_micros(kept.made), key, pkcs8 })
    }

    /// When it signs for the first time, unless it is the only one.
    fn begins(&self, rotation: Duration) -> Timestamp {
        self.made.plus((rotation / 4).min(AHEAD_MAX))
    }
}

impl std::fmt::Debug for Dated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dated").field("made", &self.made).field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_764_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn ids(ring: &Ring) -> Vec<String> {
        let set = ring.key_set();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    fn signer(ring: &Ring, now: Timestamp) -> String {
        ring.signing(HOUR * 8, now).public_jwk()["kid"].as_str().unwrap().to_owned()
    }

    fn rotated(ring: &Ring, now: Timestamp) -> Option<Ring> {
        ring.rotated(HOUR * 8, now).unwrap()
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_after() {
        let at = |minutes: u64| START.plus(Duration::from_secs(minutes * 60));
        let first = Ring::fresh(START).unwrap();
        let one = ids(&first)[0].clone();
        assert_eq!(signer(&first, START), one, "the first signs at once");
        assert!(rotated(&first, at(8 * 60 - 1)).is_none());

        let second = rotated(&first, at(8 * 60)).unwrap();
        let two = ids(&second)[1].clone();
        assert_eq!(ids(&second), [one.clone(), two.clone()]);
        assert_eq!(signer(&second, at(9 * 60 - 1)), one, "published, not used yet");
        assert_eq!(signer(&second, at(9 * 60)), two);
        assert!(
            rotated(&second, at(9 * 60 + 5)).is_none(),
            "the last tokens of the first key are still good"
        );
        let third = rotated(&second, at(9 * 60 + 6)).unwrap();
        assert_eq!(ids(&third), std::slice::from_ref(&two));
        assert_eq!(signer(&third, at(9 * 60 + 6)), two);
    }

    #[test]
    fn after_a_long_pause_there_is_a_new_key_and_the_old_one_signs_until_it_is_known() {
        let first = Ring::fresh(START).unwrap();
        let late = START.plus(HOUR * 1000);
        let second = rotated(&first, late).unwrap();
        assert_eq!(ids(&second).len(), 2);
        assert_eq!(signer(&second, late), ids(&first)[0]);
        assert_eq!(signer(&second, late.plus(HOUR)), ids(&second)[1]);
    }

    #[test]
    fn what_is_kept_reads_back_and_nothing_else_does() {
        let ring = rotated(&Ring::fresh(START).unwrap(), START.plus(HOUR * 8)).unwrap();
        let kept = ring.to_kept().unwrap();
        let read = Ring::from_kept(&kept).unwrap();
        assert_eq!(ids(&read), ids(&ring));
        let now = START.plus(HOUR * 20);
        assert_eq!(signer(&read, now), signer(&ring, now));
        for text in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"made":1,"pkcs8":"AAAA"}]}"#] {
            assert!(Ring::from_kept(text.as_bytes()).is_err(), "{text}");
        }
        let debug = format!("{ring:?}");
        let secret = String::from_utf8(kept.to_vec()).unwrap();
        let secret = secret.split("pkcs8\":\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(secret.len() > 100 && !debug.contains(secret));
    }
}
