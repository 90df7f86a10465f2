//! One segment file that is being written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::Record;
use rustix::fs::{FallocateFlags, fallocate};

use super::LogError;
use super::encode::{NoRoom, Room};
use super::frame::{Kind, PREFIX_BYTES, RECORD_BYTES_MAX, prefix, stride};
use super::header::{HEADER_BYTES, Header, PREPARING};
use super::mapping::Mapping;

/// A mapped segment in the hands of its writer.
#[derive(Debug)]
pub(super) struct Segment {
    mapping: Mapping,
    used: usize,
    track: Arc<Track>,
}

/// What the background threads know of a segment.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// Bytes up to the end of the last published frame.
    pub(super) used: AtomicU64,
    /// What `used` was before the last sync that succeeded.
    pub(super) synced: AtomicU64,
    /// A sync failed: what was written may be lost, and a later sync would not say so, therefore it takes no more.
    pub(super) failed: AtomicBool,
}

/// Whether a record went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appended {
    Done,
    /// The segment has no room for it.
    Full,
}

impl Segment {
    /// Creates the file, allocates its blocks and maps it. Readers see it under its name only when it is complete.
    pub(super) fn prepare(directory: &Path, header: Header) -> Result<Segment, LogError> {
        let path = directory.join(header.file_name());
        let mut preparing = path.clone().into_os_string();
        preparing.push(PREPARING);
        let preparing = PathBuf::from(preparing);
        let prepared =
            create(&preparing, header).and_then(|made| fs::rename(&preparing, &path).map(|()| made));
        match prepared {
            Ok((file, mapping)) => Ok(Segment {
                mapping,
                used: HEADER_BYTES,
                track: Arc::new(Track {
                    path,
                    file,
                    used: AtomicU64::new(HEADER_BYTES as u64),
                    synced: AtomicU64::new(0),
                    failed: AtomicBool::new(false),
                }),
            }),
            Err(source) => {
                if let Err(error) = fs::remove_file(&preparing)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(path = %preparing.display(), %error, "cannot remove an unfinished log segment");
                }
                Err(LogError::io("prepare the log segment", &path)(source))
            }
        }
    }

    pub(super) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    /// Whether a record of the largest size still fits.
    pub(super) fn has_room(&mut self) -> bool {
        self.mapping.from(self.used + PREFIX_BYTES).len() >= RECORD_BYTES_MAX
    }

    /// Writes `record` behind the last one.
    pub(super) fn append(&mut self, record: Record<'_>) -> Result<Appended, LogError> {
        let room = self.mapping.from(self.used + PREFIX_BYTES);
        let room_bytes = room.len().min(RECORD_BYTES_MAX);
        let room = room.get_mut(..room_bytes).unwrap_or_default();
        let mut encoder = Room::new(&mut *room);
        let written = encoder.record(record);
        let length = encoder.used();
        let payload = room.get_mut(..length).unwrap_or_default();
        let kind = match record {
            Record::Exchange(_) => Kind::Exchange,
            Record::Completion(_) => Kind::Completion,
        };
        match written {
            Ok(()) => {
                let prefix = prefix(kind, payload);
                self.mapping.publish(self.used, prefix);
                self.used += stride(length);
                self.track.used.store(self.used as u64, Ordering::Release);
                Ok(Appended::Done)
            }
            Err(NoRoom) => {
                // What stands behind the last frame has to be zeros, or a reader takes it for a torn frame.
                payload.fill(0);
                if room_bytes < RECORD_BYTES_MAX { Ok(Appended::Full) } else { Err(LogError::TooLarge) }
            }
        }
    }

    /// Gives the file its final size, which tells readers that no record follows; returns that size.
    ///
    /// A segment without a record is removed: zero bytes.
    pub(super) fn seal(self) -> io::Result<u64> {
        let Segment { mapping, used, track } = self;
        // A mapped page beyond the end of its file is a SIGBUS when touched.
        drop(mapping);
        if used == HEADER_BYTES {
            fs::remove_file(&track.path)?;
            return Ok(0);
        }
        track.file.set_len(used as u64)?;
        track.file.sync_all()?;
        Ok(used as u64)
    }
}

impl Track {
    /// Whether something was published since the last sync that succeeded.
    pub(super) fn is_dirty(&self) -> bool {
        self.synced.load(Ordering::Relaxed) != self.used.load(Ordering::Acquire)
    }

    /// Puts everything published so far where a power cut cannot take it.
    pub(super) fn sync(&self) -> io::Result<()> {
        let used = self.used.load(Ordering::Acquire);
        if let Err(error) = self.file.sync_data().and_then(|()| self.sync_name()) {
            self.failed.store(true, Ordering::Relaxed);
            return Err(error);
        }
        self.synced.store(used, Ordering::Relaxed);
        Ok(())
    }

    /// A new file's data is lost with its directory entry, so the first sync takes both.
    fn sync_name(&self) -> io::Result<()> {
        match self.path.parent() {
            Some(directory) if self.synced.load(Ordering::Relaxed) == 0 => File::open(directory)?.sync_all(),
            _ => Ok(()),
        }
    }
}

fn create(path: &Path, header: Header) -> io::Result<(File, Mapping)> {
    let capacity = usize::try_from(header.capacity).map_err(io::Error::other)?;
    // Exchanges say who called what from where: nobody but the owner reads them.
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    // Held for as long as it is written, so that another process knows it from one whose writer died.
    file.lock()?;
    allocate(&mut file, header.capacity)?;
    std::os::unix::fs::FileExt::write_all_at(&file, &header.to_bytes(), 0)?;
    let mapping = Mapping::new(&file, capacity)?;
    Ok((file, mapping))
}

/// Gives every byte of the file a block, so that a full disk is an error here and not a SIGBUS at the first record of a page.
fn allocate(file: &mut File, bytes: u64) -> io::Result<()> {
    match fallocate(&*file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        // A file system without preallocation has to be filled by hand.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = [0; 64 * 1024];
            let mut left = bytes;
            while left > 0 {
                let count = left.min(zeros.len() as u64);
                file.write_all(zeros.get(..count as usize).unwrap_or_default())?;
                left -= count;
            }
            Ok(())
        }
        Err(errno) => Err(errno.into()),
    }
}
