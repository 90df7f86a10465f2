//! Finishes what a run that died left: a segment of full size whose last frame may be torn.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use model::Timestamp;

use super::LogError;
use super::header::{HEADER_BYTES, Listed};
use super::keeper::Sealed;
use super::tail::{Step, Tail};

/// One segment that was cut to its last whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The segment.
    pub file: PathBuf,
    /// Whole records that stay.
    pub records_kept: u64,
    /// Bytes of a torn record that were cut off.
    pub bytes_dropped: u64,
    /// Bytes between whole records that are no record; they stay, and readers step over them.
    pub bytes_damaged: u64,
}

/// What a segment file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspection {
    /// Whole records.
    pub records: u64,
    /// End of the last one.
    pub end: u64,
    /// Bytes after it that are not zero, up to the last that is not.
    pub bytes_torn: u64,
    /// Bytes between whole records that are no record.
    pub bytes_damaged: u64,
}

/// Reads a segment that nobody writes, from its first to its last frame.
pub fn inspect(file: File) -> io::Result<Inspection> {
    let mut tail = Tail::of(file)?;
    tail.assume_final();
    let mut seen = Inspection { records: 0, end: HEADER_BYTES as u64, bytes_torn: 0, bytes_damaged: 0 };
    loop {
        match tail.step()? {
            Step::Frame(_) => {
                seen.records += 1;
                seen.end = tail.position();
                seen.bytes_damaged += std::mem::take(&mut seen.bytes_torn);
            }
            Step::Gap { bytes } => seen.bytes_torn += bytes,
            Step::Pending | Step::End => return Ok(seen),
        }
    }
}

/// What became of the segments of a directory.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    /// All that are sealed now, oldest first.
    pub(super) sealed: Vec<Sealed>,
    /// What was done to those that their writers left open.
    pub(super) repairs: Vec<Repair>,
    /// Those that another process still writes.
    pub(super) written: Vec<Listed>,
}

/// Seals every segment that its writer left open, and leaves those alone that have a writer.
pub(super) fn repair(listed: Vec<Listed>) -> Result<Repaired, LogError> {
    let Repaired { mut sealed, mut repairs, mut written } = Repaired::default();
    for segment in listed {
        let tail = match Tail::open(&segment.path) {
            Ok(tail) => tail,
            // Whoever writes beside us deletes old ones too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(LogError::io("read", &segment.path)(error)),
        };
        if tail.has_header() && !tail.is_open().map_err(LogError::io("read", &segment.path))? {
            sealed.extend(sealed_at(segment)?);
            continue;
        }
        let Some(done) = finish(&segment)? else {
            written.push(segment);
            continue;
        };
        if done.records_kept > 0 {
            sealed.extend(sealed_at(segment)?);
        }
        if tail.has_header() && done.records_kept > 0 || done.bytes_dropped > 0 {
            repairs.push(done);
        }
    }
    sealed.sort_by_key(|segment| segment.until);
    Ok(Repaired { sealed, repairs, written })
}

/// Cuts a segment to its last whole record; nothing where it has a writer.
fn finish(segment: &Listed) -> Result<Option<Repair>, LogError> {
    let path = &segment.path;
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(LogError::io("repair", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(LogError::io("lock", path)(error)),
    }
    let written = file.metadata().and_then(|metadata| metadata.modified());
    let again = file.try_clone().map_err(LogError::io("repair", path))?;
    let found = inspect(again).map_err(LogError::io("read", path))?;
    if found.records == 0 {
        fs::remove_file(path).map_err(LogError::io("remove", path))?;
    } else {
        file.set_len(found.end).map_err(LogError::io("repair", path))?;
        // Retention counts from the last record, not from its repair.
        written.and_then(|time| file.set_modified(time)).map_err(LogError::io("repair", path))?;
        file.sync_all().map_err(LogError::io("sync", path))?;
    }
    Ok(Some(Repair {
        file: path.clone(),
        records_kept: found.records,
        bytes_dropped: found.bytes_torn,
        bytes_damaged: found.bytes_damaged,
    }))
}

fn sealed_at(segment: Listed) -> Result<Option<Sealed>, LogError> {
    let metadata = match fs::metadata(&segment.path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LogError::io("read", &segment.path)(error)),
    };
    let modified = metadata.modified().map_err(LogError::io("read", &segment.path))?;
    let until = Timestamp::default().plus(modified.duration_since(UNIX_EPOCH).unwrap_or_default());
    Ok(Some(Sealed { path: segment.path, bytes: metadata.len(), until }))
}
