//! How far each caller is in each flow, in a table of bounded size.
//!
//! A step is taken, done and given back in one place at a time, so a set is behind a lock of its own; only operations that
//! are steps of a flow ever take one. A set that is full forgets who has waited longest. Who is forgotten has done no step,
//! and is refused the later ones.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;

use crate::limiter::Key;

/// Callers in one set.
const WAYS: usize = 8;

/// The progress of every caller in every flow, shared by the workers and kept over reloads.
pub struct Progress {
    sets: Box<[Mutex<Vec<Entry>>]>,
}

/// How far one caller is in one flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Steps done.
    pub steps: usize,
    /// When the last of them was.
    pub at: Timestamp,
    /// When the request came that is doing the last step of the flow.
    pub taken: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    standing: Standing,
}

impl Progress {
    /// A table for at least `places` callers in flows.
    pub fn new(places: usize) -> Progress {
        let sets = places.div_ceil(WAYS).max(1);
        Progress { sets: (0..sets).map(|_| Mutex::default()).collect() }
    }

    /// How far `key` is.
    pub fn standing(&self, key: Key) -> Option<Standing> {
        self.set(key)?.iter().find(|entry| entry.key == key).map(|entry| entry.standing)
    }

    /// Takes the last step of a flow for the request of `now`; false if not just `steps` have been done before, or if it is
    /// taken already. It stays taken until [`Progress::give_back`], [`Progress::finish`], or the first step again.
    pub fn take(&self, key: Key, steps: usize, now: Timestamp) -> bool {
        self.change(key, |standing| {
            let is_free = standing.taken.is_none() && standing.steps == steps;
            if is_free {
                standing.taken = Some(now);
            }
            is_free
        })
    }

    /// Gives back what the request of `now` took: it was not done.
    pub fn give_back(&self, key: Key, now: Timestamp) {
        self.change(key, |standing| standing.taken.take_if(|taken| *taken == now).is_some());
    }

    /// Ends the flow of which the request of `now` took the last step: it was done.
    pub fn finish(&self, key: Key, now: Timestamp) {
        if let Some(mut set) = self.set(key) {
            set.retain(|entry| entry.key != key || entry.standing.taken != Some(now));
        }
    }

    /// Remembers that the step that comes after `before` others was done, where that is one step on from where `key` is, or
    /// the same again. What is older than `within` counts no more, and the first step begins anew where the last is taken.
    pub fn done(&self, key: Key, before: usize, within: Duration, now: Timestamp) {
        let Some(mut set) = self.set(key) else { return };
        let standing = Standing { steps: before + 1, at: now, taken: None };
        if let Some(Entry { standing: old, .. }) = set.iter_mut().find(|entry| entry.key == key) {
            let is_over = old.taken.is_some() || now.since(old.at) > within;
            let steps = if is_over { 0 } else { old.steps };
            if before == steps || before + 1 == steps {
                *old = standing;
            }
        } else if before == 0 {
            if set.len() >= WAYS {
                let waited = set.iter().enumerate().min_by_key(|(_, entry)| entry.standing.at);
                if let Some((longest, _)) = waited {
                    set.swap_remove(longest);
                }
            }
            set.push(Entry { key, standing });
        }
    }

    fn change(&self, key: Key, change: impl FnOnce(&mut Standing) -> bool) -> bool {
        let Some(mut set) = self.set(key) else { return false };
        let entry = set.iter_mut().find(|entry| entry.key == key);
        entry.is_some_and(|entry| change(&mut entry.standing))
    }

    fn set(&self, key: Key) -> Option<MutexGuard<'_, Vec<Entry>>> {
        let set = self.sets.get(key.place_among(self.sets.len()))?;
        Some(set.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("places", &(self.sets.len() * WAYS)).finish()
    }
}
