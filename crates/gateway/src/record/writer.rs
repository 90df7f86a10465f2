//! The hand of one worker thread on the exchange log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::Thread;

use model::Record;

use super::LogError;
use super::keeper::Shared;
use super::segment::{Appended, Segment};
use super::station::{Station, lock};

/// Appends the records of one worker thread.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    station: Arc<Station>,
    supplier: Thread,
    /// Absent only before the first segment came.
    segment: Option<Segment>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, station: Arc<Station>, supplier: Thread) -> Writer {
        Writer { shared, station, supplier, segment: None }
    }

    /// Appends `record`; when this returns, the record outlives the process.
    ///
    /// Takes no lock and makes no system call, except once a segment. Nothing of the record is kept when it fails; the
    /// next call tries again, so a disk that recovers is noticed by itself.
    pub fn append(&mut self, record: Record<'_>) -> Result<(), LogError> {
        if let Some(segment) = &mut self.segment
            && !segment.track().failed.load(Ordering::Relaxed)
            && segment.append(record)? == Appended::Done
        {
            return Ok(());
        }
        let (appended, otherwise) = match self.next_segment() {
            Ok(next) => (next.append(record)?, LogError::TooLarge),
            // The disk may have failed while the backend was asked, and what it did cannot be refused any more. A record
            // in a segment that cannot be synced outlives the process all the same.
            Err(error) => match &mut self.segment {
                Some(failing) => (failing.append(record)?, error),
                None => return Err(error),
            },
        };
        if appended == Appended::Done { Ok(()) } else { Err(otherwise) }
    }

    /// Whether the next record will be taken, whatever its size; asked before a request is sent on, since what has
    /// reached the backend cannot be refused any more.
    pub fn is_ready(&mut self) -> bool {
        let has_room = self
            .segment
            .as_mut()
            .is_some_and(|segment| !segment.track().failed.load(Ordering::Relaxed) && segment.has_room());
        has_room || self.next_segment().is_ok()
    }

    /// Takes the segment in reserve, or says why there is none.
    fn next_segment(&mut self) -> Result<&mut Segment, LogError> {
        let spare = lock(&self.station.spare).take();
        let Some(next) = spare else {
            self.supplier.unpark();
            return Err(match self.shared.failure() {
                Some(cause) => LogError::Failing { cause },
                None => LogError::NotReady,
            });
        };
        self.retire();
        *lock(&self.station.live) = Some(Arc::clone(next.track()));
        self.supplier.unpark();
        Ok(self.segment.insert(next))
    }

    /// Hands the segment over to be sealed, before it stops being the live one, so that no sync can miss it.
    fn retire(&mut self) {
        if let Some(full) = self.segment.take() {
            lock(&self.station.retired).push(full);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.retire();
        *lock(&self.station.live) = None;
    }
}
