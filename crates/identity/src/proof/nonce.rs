//! Nonces that need no memory: each is a MAC over the minute it is good in (RFC 9449 section 8).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use model::Timestamp;

use crate::base64url;

/// How long one nonce is given out, in seconds. It is accepted as long again, so for one to two minutes in all.
const SLOT_SECS: u64 = 60;

/// Bytes of the MAC that stand in a nonce.
const NONCE_BYTES: usize = 16;

/// Keeps what is hashed to make a nonce apart from what is hashed to remember a proof.
const NONCE: &[u8] = b"nonce ";

/// Makes nonces, and knows its own.
#[derive(Debug)]
pub(super) struct Nonces {
    key: hmac::Key,
}

/// What a nonce is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The one that is given out now.
    Current,
    /// The one before, still accepted.
    Previous,
    /// None of ours, or an old one.
    Unknown,
}

impl Nonces {
    pub(super) fn new(key: hmac::Key) -> Nonces {
        Nonces { key }
    }

    /// The nonce that is given out at `now`.
    pub(super) fn at(&self, now: Timestamp) -> String {
        self.of(now.as_secs() / SLOT_SECS)
    }

    /// What `nonce` is at `now`.
    pub(super) fn standing(&self, nonce: &str, now: Timestamp) -> Standing {
        let slot = now.as_secs() / SLOT_SECS;
        let is = |slot| verify_slices_are_equal(self.of(slot).as_bytes(), nonce.as_bytes()).is_ok();
        if is(slot) {
            Standing::Current
        } else if is(slot.saturating_sub(1)) {
            Standing::Previous
        } else {
            Standing::Unknown
        }
    }

    fn of(&self, slot: u64) -> String {
        let tag = hmac::sign(&self.key, &[NONCE, &slot.to_be_bytes()].concat());
        base64url::encode(tag.as_ref().get(..NONCE_BYTES).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces(secret: u8) -> Nonces {
        Nonces::new(hmac::Key::new(hmac::HMAC_SHA256, &[secret; 32]))
    }

    #[test]
    fn a_nonce_is_good_in_its_minute_and_the_next() {
        let (nonces, start) = (nonces(1), 1_764_000_000);
        let nonce = nonces.at(Timestamp::from_secs(start + 7));
        assert_eq!(nonce.len(), 22);
        let check = |secs: u64, expected| {
            assert_eq!(nonces.standing(&nonce, Timestamp::from_secs(secs)), expected, "{secs}");
        };
        check(start - 1, Standing::Unknown);
        check(start, Standing::Current);
        check(start + 59, Standing::Current);
        check(start + 60, Standing::Previous);
        check(start + 119, Standing::Previous);
        check(start + 120, Standing::Unknown);
    }

    #[test]
    fn only_its_maker_knows_it() {
        let now = Timestamp::from_secs(1_764_000_000);
        let nonce = nonces(1).at(now);
        assert_eq!(nonces(2).standing(&nonce, now), Standing::Unknown);
        for text in ["", &format!("{nonce}A"), &nonce.to_lowercase()] {
            assert_eq!(nonces(1).standing(text, now), Standing::Unknown, "{text}");
        }
    }
}
