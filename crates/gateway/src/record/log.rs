//! The exchange log as its owner holds it: opened once, closed last.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

use super::header::{Listed, PREPARING, list};
use super::keeper::{Shared, now};
use super::repair::{Repair, Repaired, repair};
use super::station::Station;
use super::{LogError, Settings, Writer};

/// The log of one data directory. Dropping it seals and syncs everything; drop the writers first.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Holds the directory for this process, and for one that takes over from it.
    lock: File,
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
        Log::run(prepare(directory, settings, workers, None)?)
    }

    /// Opens the log of a process that still writes it, and that has handed on its [`Log::lock`]. What that one writes is
    /// left alone, until [`Log::adopt`] takes it up.
    pub fn open_beside(
        directory: &Path,
        settings: Settings,
        workers: usize,
        lock: OwnedFd,
    ) -> Result<Opened, LogError> {
        Log::run(prepare(directory, settings, workers, Some(lock.into()))?)
    }

    fn run((shared, lock, repairs): (Arc<Shared>, File, Vec<Repair>)) -> Result<Opened, LogError> {
        let mut threads = Vec::new();
        let supplier = spawn(&shared, "log-supply", Shared::run_supply, &mut threads)?;
        spawn(&shared, "log-sync", Shared::run_sync, &mut threads)?;
        let writers = writers(&shared, &supplier);
        Ok(Opened { log: Log { shared, threads, lock }, writers, repairs })
    }

    /// What holds the directory, for a process that is to take over.
    pub fn lock(&self) -> io::Result<OwnedFd> {
        self.lock.try_clone().map(OwnedFd::from)
    }

    /// Takes up what a process has left that wrote beside this one and has ended: what was done to segments that it did
    /// not seal.
    pub fn adopt(&self) -> Result<Vec<Repair>, LogError> {
        let directory = &self.shared.directory;
        let known: HashSet<_> =
            super::station::lock(&self.shared.sealed).iter().map(|segment| segment.path.clone()).collect();
        let is_left = |segment: &Listed| {
            segment.sequence < self.shared.first_sequence && !known.contains(&segment.path)
        };
        let listed = list(directory).map_err(LogError::io("list", directory))?;
        let Repaired { sealed: left, repairs, .. } = repair(listed.into_iter().filter(is_left).collect())?;
        let mut sealed = super::station::lock(&self.shared.sealed);
        sealed.extend(left);
        sealed.make_contiguous().sort_by_key(|segment| segment.until);
        Ok(repairs)
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

/// Everything but the threads: the directory is ours, or shared with whoever handed on its lock, what nobody writes is
/// repaired, and each worker has a segment waiting.
pub(super) fn prepare(
    directory: &Path,
    settings: Settings,
    workers: usize,
    inherited: Option<File>,
) -> Result<(Arc<Shared>, File, Vec<Repair>), LogError> {
    let settings = settings.checked()?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(LogError::io("make the directory", directory))?;
    let lock = match inherited {
        Some(lock) => lock,
        None => {
            let lock = lock_directory(directory)?;
            remove_unfinished(directory)?;
            lock
        }
    };
    let listed = list(directory).map_err(LogError::io("list", directory))?;
    let next = listed.iter().map(|segment| segment.sequence.saturating_add(1)).max().unwrap_or(0);
    // Reserves are deleted at the end of a run; a reader that knows them must not take a later segment for one of them.
    let next = next.max(now().as_micros());
    let Repaired { sealed, repairs, written } = repair(listed)?;
    let shared = Arc::new(Shared {
        directory: directory.to_owned(),
        settings,
        stations: (0..workers).map(|_| Arc::new(Station::default())).collect(),
        first_worker: first_worker(&written, workers),
        first_sequence: next,
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

/// The lowest number from which on as many workers as there are differ from those that write: a reader takes each worker's
/// segments one after the other.
fn first_worker(written: &[Listed], workers: usize) -> u32 {
    let workers = u32::try_from(workers).unwrap_or(u32::MAX);
    let mut first = 0;
    // Ordered by worker.
    for segment in written {
        if segment.worker < first + workers {
            first = first.max(segment.worker + 1);
        }
    }
    first
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
