//! Counts how many different things there were, in bounded memory.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// How many are counted exactly. The error of an estimate is about one in the square root of it.
const KEPT: usize = 256;

/// The smallest hashes of what was seen. How densely they lie says how many there are, and sets are merged without loss.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct {
    /// In order, each once.
    smallest: Vec<u64>,
}

impl Distinct {
    /// Counts `thing` unless it was counted before.
    pub fn insert(&mut self, thing: &impl Hash) {
        self.insert_hash(FixedState::with_seed(0).hash_one(thing));
    }

    fn insert_hash(&mut self, hash: u64) {
        let is_full = self.smallest.len() >= KEPT;
        if is_full && self.smallest.last().is_some_and(|largest| hash >= *largest) {
            return;
        }
        if let Err(at) = self.smallest.binary_search(&hash) {
            if is_full {
                self.smallest.pop();
            }
            self.smallest.insert(at, hash);
        }
    }

    /// Counts all that `other` counted.
    pub fn merge(&mut self, other: &Distinct) {
        for hash in &other.smallest {
            self.insert_hash(*hash);
        }
    }

    /// How many there were; an estimate once there are more than are kept.
    pub fn count(&self) -> u64 {
        match self.smallest.last() {
            Some(largest) if self.smallest.len() >= KEPT => {
                let share = *largest as f64 / u64::MAX as f64;
                ((KEPT - 1) as f64 / share) as u64
            }
            _ => self.smallest.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: std::ops::Range<u32>) -> Distinct {
        let mut distinct = Distinct::default();
        numbers.for_each(|number| distinct.insert(&number));
        distinct
    }

    #[test]
    fn few_are_counted_and_many_are_estimated() {
        assert_eq!(of(0..0).count(), 0);
        assert_eq!(of(0..255).count(), 255);
        let many = of(0..100_000);
        assert!((85_000..115_000).contains(&many.count()), "{}", many.count());
        assert_eq!(many.smallest.len(), KEPT);
    }

    #[test]
    fn merged_sets_count_as_if_one_had_seen_all() {
        let mut merged = of(0..60_000);
        merged.merge(&of(40_000..100_000));
        assert_eq!(merged, of(0..100_000));
    }
}
