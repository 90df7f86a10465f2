//! Which proofs were used: a table of fixed size without a lock, which refuses what it cannot remember.

use std::sync::atomic::{AtomicU64, Ordering};

/// Places in which one proof can be remembered: two cache lines.
const PLACES: usize = 16;

/// Bits of a place that say until when it is taken; the others name the proof.
const UNTIL_BITS: u32 = 28;

/// Seconds in the clock of a place, which begins again after eight years.
const UNTIL_MASK: u64 = (1 << UNTIL_BITS) - 1;

/// The longest that a place is taken, in seconds; what lies further ahead in its clock lies in the past.
const TAKEN_MAX: u64 = 2048;

/// The proofs that were used, each until it would be refused as too old anyway.
///
/// A place is one word: 36 bits of the proof's digest, and the second at which it is free again. A proof is taken for
/// another of its bucket, and refused, at odds of 16 in 2^36 at most.
///
/// Nothing that is still good is ever driven out: a bucket that is full of it has no room, and who asks is refused.
/// Buckets are chosen by a keyed digest, so nobody can aim at one.
#[derive(Debug)]
pub(super) struct Replays {
    places: Box<[AtomicU64]>,
}

/// Whether a proof was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Not before; it is remembered now.
    New,
    /// Before.
    Before,
    /// Not known, and there is no room to remember it.
    NoRoom,
}

impl Replays {
    /// A table of at least `proofs_max` places.
    pub(super) fn new(proofs_max: usize) -> Replays {
        let count = proofs_max.max(PLACES << 10).next_power_of_two();
        Replays { places: std::iter::repeat_with(AtomicU64::default).take(count).collect() }
    }

    /// Remembers the proof with this keyed digest up to the second `until`, unless it is remembered at `now`.
    ///
    /// Of any number of threads that bring the same proof at once, at most one is told [`Seen::New`].
    pub(super) fn insert(&self, digest: &[u8], now: u64, until: u64) -> Seen {
        let Some((bucket, own)) = self.place(digest, now, until) else { return Seen::NoRoom };
        // Each failure to take a place means that another thread took it.
        for _ in 0..=PLACES {
            let mut free = None;
            for place in bucket {
                let value = place.load(Ordering::SeqCst);
                if !is_taken(value, now) {
                    free = free.or(Some((place, value)));
                } else if is_same(value, own) {
                    return Seen::Before;
                }
            }
            let Some((place, value)) = free else { return Seen::NoRoom };
            if place.compare_exchange(value, own, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                // Another thread may have put the same proof into another place meanwhile. In the one order of all
                // stores and loads, of two that do so the later to store sees the earlier.
                let is_twice = |other: &AtomicU64| {
                    let value = other.load(Ordering::SeqCst);
                    !std::ptr::eq(other, place) && is_taken(value, now) && is_same(value, own)
                };
                return if bucket.iter().any(is_twice) { Seen::Before } else { Seen::New };
            }
        }
        Seen::NoRoom
    }

    /// The bucket of a proof, and the word that stands for it.
    fn place(&self, digest: &[u8], now: u64, until: u64) -> Option<(&[AtomicU64], u64)> {
        let (bucket, rest) = digest.split_first_chunk::<8>()?;
        let (tag, _) = rest.split_first_chunk::<8>()?;
        let buckets = self.places.len() / PLACES;
        let start = u64::from_be_bytes(*bucket) as usize % buckets * PLACES;
        // What is to be remembered for too long, or for no time at all, is not.
        if until <= now || until - now > TAKEN_MAX {
            return None;
        }
        // Shifted, the name loses its upper bits; none is zero, which is the name of an empty place.
        let name = (u64::from_be_bytes(*tag) << UNTIL_BITS).max(1 << UNTIL_BITS);
        Some((self.places.get(start..start + PLACES)?, name | until & UNTIL_MASK))
    }
}

fn is_same(one: u64, other: u64) -> bool {
    one >> UNTIL_BITS == other >> UNTIL_BITS
}

/// Whether a place is taken at `now`. An empty one has no name.
fn is_taken(value: u64, now: u64) -> bool {
    let left = value.wrapping_sub(now) & UNTIL_MASK;
    value >> UNTIL_BITS != 0 && (1..=TAKEN_MAX).contains(&left)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::AtomicUsize;

    use proptest::prelude::{ProptestConfig, prop, proptest};
    use proptest::prop_assert_eq;

    use super::*;
    use crate::thumbprint::sha256;

    const NOW: u64 = 1_764_000_000;

    fn digest(name: u64) -> [u8; 32] {
        sha256(&name.to_be_bytes())
    }

    #[test]
    fn a_proof_is_remembered_until_its_time_and_no_longer() {
        let replays = Replays::new(0);
        assert_eq!(replays.insert(&digest(1), NOW, NOW + 60), Seen::New);
        assert_eq!(replays.insert(&digest(2), NOW, NOW + 60), Seen::New);
        for now in [NOW, NOW + 1, NOW + 59] {
            assert_eq!(replays.insert(&digest(1), now, now + 60), Seen::Before, "{now}");
        }
        assert_eq!(replays.insert(&digest(1), NOW + 60, NOW + 120), Seen::New);
        assert_eq!(replays.insert(&digest(1), NOW + 61, NOW + 120), Seen::Before);
    }

    #[test]
    fn the_clock_of_a_place_turns_over_without_forgetting() {
        let replays = Replays::new(0);
        let turn = (NOW & !UNTIL_MASK) + (1 << UNTIL_BITS);
        assert_eq!(replays.insert(&digest(1), turn - 5, turn + 55), Seen::New);
        assert_eq!(replays.insert(&digest(1), turn - 1, turn + 55), Seen::Before);
        assert_eq!(replays.insert(&digest(1), turn + 54, turn + 99), Seen::Before);
        assert_eq!(replays.insert(&digest(1), turn + 55, turn + 99), Seen::New);
    }

    #[test]
    fn a_full_bucket_has_no_room_and_forgets_nothing() {
        let replays = Replays::new(0);
        // The same bucket, since the digests begin alike.
        let crowded = |name: u8| [[0; 15].as_slice(), &[name]].concat();
        for name in 1..=16 {
            assert_eq!(replays.insert(&crowded(name), NOW, NOW + 60), Seen::New);
        }
        assert_eq!(replays.insert(&crowded(17), NOW, NOW + 60), Seen::NoRoom);
        for name in 1..=16 {
            assert_eq!(replays.insert(&crowded(name), NOW + 59, NOW + 120), Seen::Before);
        }
        assert_eq!(replays.insert(&crowded(17), NOW + 60, NOW + 120), Seen::New);
    }

    #[test]
    fn what_cannot_be_remembered_as_long_as_it_must_is_refused() {
        let replays = Replays::new(0);
        assert_eq!(replays.insert(&digest(1), NOW, NOW), Seen::NoRoom);
        assert_eq!(replays.insert(&digest(1), NOW, NOW + TAKEN_MAX + 1), Seen::NoRoom);
        assert_eq!(replays.insert(&[0; 15], NOW, NOW + 60), Seen::NoRoom);
        assert_eq!(replays.insert(&digest(1), NOW, NOW + TAKEN_MAX), Seen::New);
    }

    #[test]
    fn of_many_threads_with_one_proof_at_most_one_is_first() {
        let (replays, mut first_in_all) = (Replays::new(0), 0);
        for round in 0..600_u64 {
            // All in one bucket; clocks that differ see different places of it as free.
            let (digest, start) = ([[0; 8], round.to_be_bytes()].concat(), NOW + round / 6);
            let first = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for ahead in 0..3 {
                    let (replays, first, digest) = (&replays, &first, &digest);
                    scope.spawn(move || {
                        if replays.insert(digest, start + ahead, start + 5) == Seen::New {
                            first.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
            });
            assert!(first.load(Ordering::SeqCst) <= 1, "round {round}");
            first_in_all += first.load(Ordering::SeqCst);
        }
        assert!(first_in_all > 100, "{first_in_all}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_a_map_while_there_is_room(steps in prop::collection::vec((0..40u64, 0..90u64, 1..90u64), 1..200)) {
            let (replays, mut slow) = (Replays::new(0), HashMap::<u64, u64>::new());
            let mut now = NOW;
            for (name, later, lasts) in steps {
                now += later / 30;
                let is_known = slow.get(&name).is_some_and(|until| now < *until);
                let expected = if is_known { Seen::Before } else { Seen::New };
                prop_assert_eq!(replays.insert(&digest(name), now, now + lasts), expected);
                if !is_known {
                    slow.insert(name, now + lasts);
                }
            }
        }
    }
}
