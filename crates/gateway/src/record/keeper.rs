//! What the log does behind the writers' backs: segments in reserve, syncs, sealing, retention.
//!
//! Two threads, because a sync may take seconds on a busy disk and must not keep the next segment waiting.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Timestamp;

use super::header::Header;
use super::segment::{Segment, Track};
use super::station::{Station, lock};
use super::{LogError, Settings};

/// How long to wait before a disk that refused is asked again.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// What the writers, the background threads and the log's owner share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    pub(super) settings: Settings,
    /// One a worker.
    pub(super) stations: Vec<Arc<Station>>,
    /// The number of the first worker: above those of a process that still writes beside this one.
    pub(super) first_worker: u32,
    /// The sequence number of the first segment.
    pub(super) first_sequence: u64,
    /// The sequence number of the next segment.
    pub(super) sequence: AtomicU64,
    /// Sealed segments, oldest first.
    pub(super) sealed: Mutex<VecDeque<Sealed>>,
    /// Segments that retention deleted.
    pub(super) deleted: AtomicU64,
    /// Why the next segment cannot be prepared.
    pub(super) supply_failure: Mutex<Option<String>>,
    /// Why what was written may not be on the disk.
    pub(super) sync_failure: Mutex<Option<String>>,
    pub(super) stop: AtomicBool,
}

/// A segment that no record is added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// No record in it is younger.
    pub(super) until: Timestamp,
}

impl Shared {
    /// What is wrong with the disk.
    pub(super) fn failure(&self) -> Option<String> {
        lock(&self.sync_failure).clone().or_else(|| lock(&self.supply_failure).clone())
    }

    /// Gives every worker that lacks one a segment in reserve; the first failure ends it.
    pub(super) fn supply(&self) -> Result<(), LogError> {
        for (worker, station) in self.stations.iter().enumerate() {
            if station.wants_spare() {
                *lock(&station.spare) = Some(self.prepare(worker)?);
            }
        }
        *lock(&self.supply_failure) = None;
        Ok(())
    }

    fn prepare(&self, worker: usize) -> Result<Segment, LogError> {
        let segment = Segment::prepare(
            &self.directory,
            Header {
                worker: self.first_worker + worker as u32,
                sequence: self.sequence.fetch_add(1, Ordering::Relaxed),
                capacity: self.settings.segment_bytes as u64,
                created: now(),
            },
        )?;
        if lock(&self.sync_failure).is_some() {
            // The disk has lost data: it is trusted again when it has taken a whole segment.
            if let Err(source) = segment.track().sync() {
                let path = segment.track().path.clone();
                self.seal(segment);
                return Err(LogError::io("sync the log segment", &path)(source));
            }
            *lock(&self.sync_failure) = None;
            tracing::info!("the exchange log can be synced again");
        }
        Ok(segment)
    }

    /// Syncs what was written, seals what is full, deletes what is too old or too much.
    pub(super) fn sync(&self, now: Timestamp) {
        for station in &self.stations {
            // A writer retires a segment before it names the next one live: in this order none is missed.
            let live = lock(&station.live).clone();
            let retired = std::mem::take(&mut *lock(&station.retired));
            retired.into_iter().for_each(|segment| self.seal(segment));
            if let Some(track) = live {
                self.sync_live(&track, station);
            }
        }
        self.retain(now);
    }

    fn sync_live(&self, track: &Track, station: &Station) {
        if track.failed.load(Ordering::Relaxed) || !track.is_dirty() {
            return;
        }
        if let Err(error) = track.sync() {
            self.note_sync_failure("sync", track, &error);
            // The segment in reserve was prepared before the disk failed, so it proves nothing.
            let spare = lock(&station.spare).take();
            if let Some(spare) = spare {
                self.seal(spare);
            }
        }
    }

    fn seal(&self, segment: Segment) {
        let track = Arc::clone(segment.track());
        match segment.seal() {
            Ok(0) => {}
            Ok(bytes) => {
                let sealed = Sealed { path: track.path.clone(), bytes, until: now() };
                lock(&self.sealed).push_back(sealed);
            }
            Err(error) => self.note_sync_failure("seal", &track, &error),
        }
    }

    fn note_sync_failure(&self, action: &str, track: &Track, error: &io::Error) {
        let cause = format!("cannot {action} the log segment `{}`: {error}", track.path.display());
        tracing::error!(path = %track.path.display(), %error, action, "the exchange log lost its disk");
        *lock(&self.sync_failure) = Some(cause);
    }

    /// Deletes the oldest sealed segments beyond the size and the age that are kept.
    fn retain(&self, now: Timestamp) {
        let mut sealed = lock(&self.sealed);
        let count = surplus(sealed.make_contiguous(), now, &self.settings);
        for segment in sealed.drain(..count) {
            match fs::remove_file(&segment.path) {
                Ok(()) => {
                    self.deleted.fetch_add(1, Ordering::Relaxed);
                }
                // Whoever writes beside us was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(path = %segment.path.display(), %error, "cannot delete an old log segment");
                }
            }
        }
    }

    /// Keeps segments in reserve until the log is closed.
    pub(super) fn run_supply(&self) {
        while !self.stop.load(Ordering::Acquire) {
            let pause = match self.supply() {
                Ok(()) => Duration::MAX,
                Err(error) => {
                    let cause = error.to_string();
                    let mut failure = lock(&self.supply_failure);
                    if failure.as_ref() != Some(&cause) {
                        tracing::error!(%error, "no further log segment");
                    }
                    *failure = Some(cause);
                    RETRY_INTERVAL
                }
            };
            // A writer that takes the reserve unparks; a full `retired` list is looked at again soon.
            thread::park_timeout(pause.min(self.settings.sync_interval));
        }
    }

    /// Syncs until the log is closed, and once more after.
    pub(super) fn run_sync(&self) {
        loop {
            let is_last = self.stop.load(Ordering::Acquire);
            self.sync(now());
            if is_last {
                return;
            }
            thread::park_timeout(self.settings.sync_interval);
        }
    }

    /// Removes the segments in reserve.
    pub(super) fn drop_spares(&self) {
        for station in &self.stations {
            let spare = lock(&station.spare).take();
            if let Some(spare) = spare {
                self.seal(spare);
            }
        }
    }
}

/// How many of `sealed`, oldest first, are beyond what `settings` keep.
fn surplus(sealed: &[Sealed], now: Timestamp, settings: &Settings) -> usize {
    let mut bytes: u64 = sealed.iter().map(|segment| segment.bytes).sum();
    let is_surplus = |segment: &&Sealed| {
        let is = bytes > settings.bytes_max || now.since(segment.until) > settings.age_max;
        bytes = bytes.saturating_sub(segment.bytes);
        is
    };
    sealed.iter().take_while(is_surplus).count()
}

/// The wall clock.
pub(super) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().plus(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes_max: u64, age_max_s: u64, expected: usize) {
        let sealed: Vec<Sealed> = (1..=4)
            .map(|n| Sealed { path: PathBuf::new(), bytes: 100, until: Timestamp::from_secs(1000 * n) })
            .collect();
        let settings = Settings { bytes_max, age_max: Duration::from_secs(age_max_s), ..Settings::default() };
        assert_eq!(surplus(&sealed, Timestamp::from_secs(5000), &settings), expected);
    }

    #[test]
    fn the_oldest_go_first_and_only_as_many_as_must() {
        check(400, 9999, 0);
        check(399, 9999, 1);
        check(199, 9999, 3);
        check(0, 9999, 4);
        check(400, 3000, 1);
        check(400, 2999, 2);
        check(299, 2999, 2);
        check(400, 0, 4);
    }
}
