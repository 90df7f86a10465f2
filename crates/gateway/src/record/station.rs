//! Where one worker's writer and the background threads meet: only when a segment is full, never for a record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::segment::{Segment, Track};

/// Full segments of one worker that wait to be sealed; beyond it no further one is prepared.
pub(super) const RETIRED_MAX: usize = 4;

/// What one worker and the background threads hand each other.
#[derive(Debug, Default)]
pub(super) struct Station {
    /// The segment that the writer takes next.
    pub(super) spare: Mutex<Option<Segment>>,
    /// The segment that the writer is at, to be synced.
    pub(super) live: Mutex<Option<Arc<Track>>>,
    /// Segments that the writer is done with.
    pub(super) retired: Mutex<Vec<Segment>>,
}

impl Station {
    /// Whether the worker should get a segment in reserve.
    pub(super) fn wants_spare(&self) -> bool {
        lock(&self.spare).is_none() && lock(&self.retired).len() < RETIRED_MAX
    }
}

/// Locks `mutex`; what it guards is replaced whole, so a holder that panicked left nothing half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
