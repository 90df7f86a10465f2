//! The exchange log as its owner holds it: opened once, closed last.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

use super::header::{PREPARING, list};
use super::keeper::{Shared, now};
use super::repair::{Repair, repair};
use super::station::Station;
use super::{LogError, Settings, Writer};

/// The log of one data directory. Dropping it seals and syncs everything; drop the writers first.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Holds the directory for this process.
    _lock: File,
}

/// A log that was just opened.
#[derive(Debug)]
pub struct Opened {
    /// The log itself.
    pub log: Log,
    /// One for each worker, in order.
    pub writers: Vec<Writer>,
    /// What an earlier run left unfinished, to be said.
    pub repairs: Vec<Repair>,
}

/// How the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Why the disk cannot be written; appends may still succeed for as long as open segments have room.
    pub failure: Option<String>,
    /// Sealed segments on the disk.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Segments deleted by size or age since the log was opened.
    pub deleted: u64,
}

impl Log {
    /// Opens the log in `directory`, which is made if it is missing, repairs what an earlier run left, and makes a writer
    /// for each of `workers` threads.
    pub fn open(directory: &Path, settings: Settings, workers: usize) -> Result<Opened, LogError> {
        let (shared, lock, repairs) = prepare(directory, settings, workers)?;
        let mut threads = Vec::new();
        let supplier = spawn(&shared, "log-supply", Shared::run_supply, &mut threads)?;
        spawn(&shared, "log-sync", Shared::run_sync, &mut threads)?;
        let writers = writers(&shared, &supplier);
        Ok(Opened { log: Log { shared, threads, _lock: lock }, writers, repairs })
    }

    /// How the log is.
    pub fn health(&self) -> Health {
        let sealed = super::station::lock(&self.shared.sealed);
        Health {
            failure: self.shared.failure(),
            segments: sealed.len(),
            bytes: sealed.iter().map(|segment| segment.bytes).sum(),
            deleted: self.shared.deleted.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a thread of the exchange log panicked");
            }
        }
        self.shared.drop_spares();
    }
}

/// Everything but the threads: the directory is ours, repaired, and each worker has a segment waiting.
pub(super) fn prepare(
    directory: &Path,
    settings: Settings,
    workers: usize,
) -> Result<(Arc<Shared>, File, Vec<Repair>), LogError> {
    let settings = settings.checked()?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(LogError::io("make the directory", directory))?;
    let lock = lock_directory(directory)?;
    remove_unfinished(directory)?;
    let listed = list(directory).map_err(LogError::io("list", directory))?;
    let next = listed.iter().map(|segment| segment.sequence.saturating_add(1)).max().unwrap_or(0);
    // Reserves are deleted at the end of a run; a reader that knows them must not take a later segment for one of them.
    let next = next.max(now().as_micros());
    let (sealed, repairs) = repair(listed)?;
    let shared = Arc::new(Shared {
        directory: directory.to_owned(),
        settings,
        stations: (0..workers).map(|_| Arc::new(Station::default())).collect(),
        sequence: AtomicU64::new(next),
        sealed: VecDeque::from(sealed).into(),
        deleted: AtomicU64::new(0),
        supply_failure: None.into(),
        sync_failure: None.into(),
        stop: AtomicBool::new(false),
    });
    shared.supply()?;
    Ok((shared, lock, repairs))
}

pub(super) fn writers(shared: &Arc<Shared>, supplier: &Thread) -> Vec<Writer> {
    let stations = shared.stations.iter();
    stations.map(|station| Writer::new(Arc::clone(shared), Arc::clone(station), supplier.clone())).collect()
}

fn spawn(
    shared: &Arc<Shared>,
    name: &str,
    run: fn(&Shared),
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Thread, LogError> {
    let owned = Arc::clone(shared);
    let handle = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || run(&owned))
        .map_err(LogError::io("start a thread for", &shared.directory))?;
    let thread = handle.thread().clone();
    threads.push(handle);
    Ok(thread)
}

/// Two writers in one directory would repair, that is cut, each other's segments.
fn lock_directory(directory: &Path) -> Result<File, LogError> {
    let path = directory.join("lock");
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(LogError::io("open", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(LogError::Busy { directory: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(LogError::io("lock", &path)(error)),
    }
}

/// A segment under its unfinished name holds no record yet.
fn remove_unfinished(directory: &Path) -> Result<(), LogError> {
    for entry in fs::read_dir(directory).map_err(LogError::io("list", directory))? {
        let path = entry.map_err(LogError::io("list", directory))?.path();
        if path.to_str().is_some_and(|name| name.ends_with(PREPARING)) {
            fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
        }
    }
    Ok(())
}
