//! Token buckets for any number of keys in a table of fixed size: GCRA (ITU-T I.371) without a lock.
//!
//! A bucket of tokens is one point in time: when it would be full again ("theoretical arrival time"). Once that has
//! passed the slot says nothing that an empty one does not, so its place is free for another key without any loss.
//! Keys are 64-bit hashes under a secret seed, so that nobody can choose keys that meet in one set.

mod subject;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use model::Timestamp;

pub use subject::Subject;

/// Slots that one key may stand in. A set fills two cache lines.
const WAYS: usize = 8;

/// Times are counted in sixteenths of a microsecond, so that a rate of 30,000/s is off by less than a thousandth.
const TICKS_PER_MICRO: u64 = 16;

/// The low bits of a slot's word hold a part of its key; the other 52 hold the time, enough for 8.9 years.
const CHECK_BITS: u32 = 12;
const CHECK_MASK: u64 = (1 << CHECK_BITS) - 1;
const TICKS_MAX: u64 = u64::MAX >> CHECK_BITS;

/// A bucket must fill within this, so that a time never leaves its 52 bits within the next eight years of uptime.
const FILL_TICKS_MAX: u64 = 31 * 86_400 * 1_000_000 * TICKS_PER_MICRO;

/// Tries under contention. Each failure is another thread's success; past this many the request is refused.
const TRIES_MAX: usize = 256;

/// The token buckets of every limit of the gateway, shared by its workers and kept over reloads.
pub struct Limiter {
    sets: Box<[Set]>,
    seed: u64,
    shared_seed: SharedSeed,
    epoch: Timestamp,
    evicted: AtomicU64,
}

/// How fast tokens come back, and how many there are at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Ticks until one more token is there.
    interval: u64,
    /// Tokens in a full bucket.
    burst: u32,
}

/// What became of one request for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether the tokens were taken.
    pub allowed: bool,
    /// Tokens left.
    pub remaining: u32,
    /// Seconds until one more token is there, rounded up; 0 where the bucket is full.
    pub next_secs: u64,
    /// Seconds until as many tokens are there as were asked for, rounded up; at least 1, and 0 where allowed.
    pub retry_after_secs: u64,
}

/// The name of a bucket: a limit and what it counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(u64);

/// Hashes the parts of a [`Key`].
#[derive(Clone)]
pub struct KeyHasher<'a>(FoldHasher<'a>);

/// One cache-line pair of slots.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Set([Slot; WAYS]);

/// One bucket.
///
/// `word` holds the time and some bits of the key, so that a taking fails if the slot has got another owner in the
/// meantime. `key` holds all bits and is written right after; until then its own bits contradict those in `word`.
#[derive(Debug, Default)]
struct Slot {
    key: AtomicU64,
    word: AtomicU64,
}

/// Where a key stands in its set, or should.
#[derive(Clone, Copy)]
enum Place<'s> {
    Found { slot: &'s Slot, word: u64 },
    Free { slot: &'s Slot, word: u64 },
}

impl Limit {
    /// `count` tokens each `period`, and at most `burst` at once; nothing if one of them is zero, or if an empty
    /// bucket would take more than 31 days to fill.
    pub fn new(count: u32, period: Duration, burst: u32) -> Option<Limit> {
        let period_ticks = u64::try_from(period.as_micros()).ok()?.checked_mul(TICKS_PER_MICRO)?;
        if count == 0 || burst == 0 || period_ticks == 0 {
            return None;
        }
        let interval = period_ticks.div_ceil(u64::from(count));
        let fill = interval.checked_mul(u64::from(burst))?;
        (fill <= FILL_TICKS_MAX).then_some(Limit { interval, burst })
    }

    /// Tokens in a full bucket.
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Seconds until an empty bucket is full, rounded up.
    pub fn fill_secs(&self) -> u64 {
        // Each interval was rounded up by less than a tick, which must not add a second to the sum.
        secs(self.fill_ticks().saturating_sub(u64::from(self.burst))).max(1)
    }

    /// A bucket of one token, which comes back in the time in which one of these fills.
    #[must_use]
    pub fn once(&self) -> Limit {
        Limit { interval: self.fill_ticks(), burst: 1 }
    }

    fn fill_ticks(&self) -> u64 {
        self.interval.saturating_mul(u64::from(self.burst))
    }

    /// The arrival time after a taking of `cost` at `now`, or why there is none.
    fn charge(&self, arrival: u64, cost: u32, now: u64) -> Result<(u64, Decision), Decision> {
        let debt = arrival.saturating_sub(now);
        let charged = debt.saturating_add(self.interval.saturating_mul(u64::from(cost)));
        if charged <= self.fill_ticks() {
            let arrival = now.saturating_add(charged).min(TICKS_MAX);
            return Ok((arrival, self.decision(charged, 0)));
        }
        let wait = charged.saturating_sub(self.fill_ticks());
        Err(self.decision(debt, secs(wait).max(1)))
    }

    fn decision(&self, debt: u64, retry_after_secs: u64) -> Decision {
        let spare = self.fill_ticks().saturating_sub(debt);
        let left = spare.checked_div(self.interval).unwrap_or(0);
        let next = (left + 1).saturating_mul(self.interval).saturating_sub(spare).min(debt);
        Decision {
            allowed: retry_after_secs == 0,
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
            next_secs: secs(next),
            retry_after_secs,
        }
    }
}

impl Limiter {
    /// A table of at least `slots` buckets of 16 bytes, all full. `seed` must be random and secret; `epoch` is the
    /// present time, before which no request will come.
    pub fn new(slots: usize, seed: [u64; 2], epoch: Timestamp) -> Limiter {
        let sets = slots.div_ceil(WAYS).max(1);
        let [seed, shared] = seed;
        Limiter {
            sets: (0..sets).map(|_| Set::default()).collect(),
            seed,
            shared_seed: SharedSeed::from_u64(shared),
            epoch,
            evicted: AtomicU64::new(0),
        }
    }

    /// Begins a key; its parts follow in a fixed order.
    pub fn key(&self) -> KeyHasher<'_> {
        KeyHasher(FoldHasher::with_seed(self.seed, &self.shared_seed))
    }

    /// Takes `cost` tokens from the bucket of `key`, all or none.
    pub fn take(&self, key: Key, limit: &Limit, cost: u32, now: Timestamp) -> Decision {
        let ticks = ticks_since(self.epoch, now);
        for _ in 0..TRIES_MAX {
            let Some(place) = self.place(key) else { break };
            let (slot, word, arrival) = match place {
                Place::Found { slot, word } => (slot, word, word >> CHECK_BITS),
                Place::Free { slot, word } => (slot, word, 0),
            };
            let (charged, decision) = match limit.charge(arrival, cost, ticks) {
                Ok(charged) => charged,
                Err(refused) => return refused,
            };
            let held = slot.key.load(Ordering::Acquire);
            let charged = charged << CHECK_BITS | check(key.0);
            if slot.word.compare_exchange_weak(word, charged, Ordering::AcqRel, Ordering::Acquire).is_err() {
                continue;
            }
            if held != key.0 {
                // Fails harmlessly if yet another key has taken the slot since.
                slot.key.compare_exchange(held, key.0, Ordering::AcqRel, Ordering::Acquire).ok();
            }
            if matches!(place, Place::Free { .. }) && word >> CHECK_BITS > ticks {
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
            return decision;
        }
        Decision { allowed: false, remaining: 0, next_secs: 1, retry_after_secs: 1 }
    }

    /// Whether tokens of the bucket of `key` are still taken at `now`.
    pub fn is_used(&self, key: Key, now: Timestamp) -> bool {
        let used = |word: u64| word >> CHECK_BITS > ticks_since(self.epoch, now);
        matches!(self.place(key), Some(Place::Found { word, .. }) if used(word))
    }

    /// Buckets that were forgotten although they were not full, because their set was. If this grows, the table is
    /// too small for the keys in use and callers get more than their limits say.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Buckets in the table.
    pub fn slots(&self) -> usize {
        self.sets.len() * WAYS
    }

    /// The slot of `key`, or else the slot of its set that is full soonest.
    ///
    /// That choice keeps two threads from giving one key two slots. Times in a set only grow, so a thread that finds
    /// another slot smallest has seen it before it grew or sees the first thread's key; in the one case its exchange
    /// fails, in the other it finds the key. Only the eviction of a bucket that is not full breaks the premise.
    fn place(&self, key: Key) -> Option<Place<'_>> {
        // The high half chooses the set, so that it says nothing about the low bits kept in the slot's word.
        let set = self.sets.get(key.place_among(self.sets.len()))?;
        let mut soonest: Option<(&Slot, u64)> = None;
        for slot in &set.0 {
            let word = slot.word.load(Ordering::Acquire);
            if word != 0 && slot.is_of(key, word) {
                return Some(Place::Found { slot, word });
            }
            if soonest.is_none_or(|(_, least)| word >> CHECK_BITS < least >> CHECK_BITS) {
                soonest = Some((slot, word));
            }
        }
        soonest.map(|(slot, word)| Place::Free { slot, word })
    }
}

impl Slot {
    /// Whether the slot, whose word was read as `word`, belongs to `key`. A slot between its two writes is taken for
    /// the key's on the bits in the word alone, which errs to the strict side.
    fn is_of(&self, key: Key, word: u64) -> bool {
        if word & CHECK_MASK != check(key.0) {
            return false;
        }
        let held = self.key.load(Ordering::Acquire);
        held == key.0 || check(held) != word & CHECK_MASK
    }
}

impl Key {
    /// One of `count` places, the same for the same key.
    pub fn place_among(self, count: usize) -> usize {
        let place = ((self.0 >> 32) * count as u64) >> 32;
        usize::try_from(place).unwrap_or(0)
    }
}

impl KeyHasher<'_> {
    /// Adds a part.
    #[must_use]
    pub fn part(mut self, part: impl Hash) -> Self {
        part.hash(&mut self.0);
        self
    }

    /// The key of the parts so far.
    pub fn finish(self) -> Key {
        Key(self.0.finish())
    }
}

impl fmt::Debug for KeyHasher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher")
    }
}

impl fmt::Debug for Limiter {
    /// Leaves out the seed, which must stay secret, and the slots.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("slots", &self.slots()).field("evicted", &self.evicted()).finish()
    }
}

fn check(key: u64) -> u64 {
    key & CHECK_MASK
}

fn ticks_since(epoch: Timestamp, now: Timestamp) -> u64 {
    // One tick is added so that no word of a bucket in use is zero.
    let micros = now.as_micros().saturating_sub(epoch.as_micros());
    micros.saturating_mul(TICKS_PER_MICRO).saturating_add(1).min(TICKS_MAX)
}

fn secs(ticks: u64) -> u64 {
    ticks.div_ceil(TICKS_PER_MICRO * 1_000_000)
}
