//! Bodies in memory, under one bound on all of them together.

use bytes::Bytes;
use prometheus_client::metrics::gauge::Gauge;

use crate::denial::{Denial, Reason};

/// Seconds after which a request may find room again.
const RETRY_AFTER_SECS: u64 = 1;

/// What all held bodies may take together, as one request finds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget<'b> {
    /// What they take now, over all workers; the one counter.
    pub taken: &'b Gauge,
    /// What they may take, in bytes.
    pub bytes_max: u64,
}

/// All the room that there is for held bodies is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;

/// A body in memory, as far as it was read. It cannot grow without being counted, and counts until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct HeldBody {
    bytes: Vec<u8>,
    /// Absent while there is nothing to count.
    charge: Option<Charge>,
}

/// Room that is counted as taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    taken: Gauge,
    bytes: usize,
}

impl Spent {
    /// The refusal of what would have to be held, by `control`.
    pub(super) fn denial(self, control: &'static str) -> Denial {
        let mut denial = Denial::fixed(Reason::Overloaded, control, "no room is left for held bodies");
        denial.retry_after_secs = Some(RETRY_AFTER_SECS);
        denial
    }
}

impl Budget<'_> {
    fn take(self, bytes: usize) -> Result<(), Spent> {
        let more = signed(bytes);
        let taken = self.taken.inc_by(more).saturating_add(more);
        if u64::try_from(taken).is_ok_and(|taken| taken > self.bytes_max) {
            self.taken.dec_by(more);
            return Err(Spent);
        }
        Ok(())
    }
}

impl HeldBody {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Makes room for `bytes` more, which count from now on.
    pub(super) fn reserve(&mut self, bytes: usize, budget: Budget<'_>) -> Result<(), Spent> {
        self.count(self.bytes.len().saturating_add(bytes), budget)?;
        self.bytes.reserve_exact(bytes);
        Ok(())
    }

    /// Lets `read` append what comes next. The room that was made for it counts, which grows by doubling: so a small body is
    /// counted once, and a large one as often as its room grew.
    pub(super) fn append<T>(
        &mut self,
        budget: Budget<'_>,
        read: impl FnOnce(&mut Vec<u8>) -> T,
    ) -> Result<T, Spent> {
        let read = read(&mut self.bytes);
        self.count(self.bytes.capacity(), budget)?;
        Ok(read)
    }

    /// Takes `bytes` in place of what was read.
    pub(super) fn replace(&mut self, bytes: Vec<u8>, budget: Budget<'_>) -> Result<(), Spent> {
        self.count(bytes.capacity(), budget)?;
        self.bytes = bytes;
        Ok(())
    }

    /// The body, which counts on: it is on its way to where it is written from.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// That it counts, without the body.
    pub(crate) fn into_charge(self) -> Option<Charge> {
        self.charge
    }

    /// The body for several owners, which counts until the last of them is gone.
    pub(crate) fn shared(self) -> Bytes {
        if self.bytes.is_empty() { Bytes::new() } else { Bytes::from_owner(self) }
    }

    /// Counts as `room` bytes, unless it counts as more already.
    fn count(&mut self, room: usize, budget: Budget<'_>) -> Result<(), Spent> {
        let counted = self.charge.as_ref().map_or(0, |charge| charge.bytes);
        let Some(more) = room.checked_sub(counted).filter(|&more| more > 0) else { return Ok(()) };
        budget.take(more)?;
        self.charge.get_or_insert_with(|| Charge { taken: budget.taken.clone(), bytes: 0 }).bytes = room;
        Ok(())
    }
}

impl AsRef<[u8]> for HeldBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.taken.dec_by(signed(self.bytes));
    }
}

/// Vectors never hold more than fits (`isize::MAX`).
fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES_MAX: u64 = 100;

    fn push(held: &mut HeldBody, taken: &Gauge, count: usize) -> Result<(), Spent> {
        held.append(Budget { taken, bytes_max: BYTES_MAX }, |out| out.extend(std::iter::repeat_n(7, count)))
    }

    #[test]
    fn a_body_counts_by_its_room_from_its_first_byte_until_it_is_dropped() {
        let taken = Gauge::default();
        let mut held = HeldBody::default();
        assert_eq!((held.reserve(0, Budget { taken: &taken, bytes_max: 0 }), taken.get()), (Ok(()), 0));
        held.reserve(40, Budget { taken: &taken, bytes_max: BYTES_MAX }).unwrap();
        assert_eq!(taken.get(), 40);
        push(&mut held, &taken, 40).unwrap();
        assert_eq!((taken.get(), held.bytes()), (40, &[7; 40][..]));
        push(&mut held, &taken, 1).unwrap();
        assert_eq!(taken.get(), 80);
        drop(held);
        assert_eq!(taken.get(), 0);
    }

    #[test]
    fn what_is_above_the_bound_is_taken_by_nobody() {
        let taken = Gauge::default();
        let (mut first, mut second) = (HeldBody::default(), HeldBody::default());
        push(&mut first, &taken, 60).unwrap();
        assert_eq!(push(&mut second, &taken, 60), Err(Spent));
        assert_eq!(taken.get(), 60);
        drop(second);
        assert_eq!(taken.get(), 60);
        assert_eq!(push(&mut HeldBody::default(), &taken, 40), Ok(()));
        drop(first);
        assert_eq!(push(&mut HeldBody::default(), &taken, 100), Ok(()));
        assert_eq!(taken.get(), 0);
    }

    #[test]
    fn a_body_that_moves_on_counts_until_its_last_owner_is_gone() {
        let taken = Gauge::default();
        let full = || {
            let mut held = HeldBody::default();
            push(&mut held, &taken, 50).unwrap();
            held
        };
        let shared = full().shared();
        let part = shared.slice(10..20);
        drop(shared);
        assert_eq!((taken.get(), &*part), (50, &[7; 10][..]));
        drop(part);
        assert_eq!(taken.get(), 0);
        let charge = full().into_charge();
        assert_eq!(taken.get(), 50);
        drop(charge);
        let mut held = full();
        drop(held.take());
        assert_eq!(taken.get(), 50);
        held.replace(vec![1; 100], Budget { taken: &taken, bytes_max: BYTES_MAX }).unwrap();
        assert_eq!((taken.get(), held.bytes().len()), (100, 100));
        assert_eq!(held.replace(vec![1; 101], Budget { taken: &taken, bytes_max: BYTES_MAX }), Err(Spent));
        drop(held);
        assert_eq!(taken.get(), 0);
    }
}
