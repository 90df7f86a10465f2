//! What a segment says of itself: its file name and its first bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::Timestamp;

/// The version of the segment format.
const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"PALISADE";
const PREFIX: &str = "exchanges-";
const SUFFIX: &str = ".log";

/// Bytes before the first frame.
pub(super) const HEADER_BYTES: usize = 48;

/// The ending of a segment that is being prepared; no reader looks at it.
pub(super) const PREPARING: &str = ".preparing";

/// What a segment is: whose, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The worker thread that writes it.
    pub(super) worker: u32,
    /// Grows from segment to segment over all workers and runs, and is never given twice.
    pub(super) sequence: u64,
    /// Bytes of the file while it is written; a sealed segment is shorter.
    pub(super) capacity: u64,
    /// When it was prepared; no record in it was appended earlier.
    pub(super) created: Timestamp,
}

impl Header {
    /// The file's name: names sort by time, then by worker.
    pub(super) fn file_name(&self) -> String {
        let time: String =
            self.created.to_string().chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
        format!("{PREFIX}{time}-{:03}-{:016}{SUFFIX}", self.worker, self.sequence)
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let fields = MAGIC
            .iter()
            .copied()
            .chain(VERSION.to_le_bytes())
            .chain(self.worker.to_le_bytes())
            .chain(self.sequence.to_le_bytes())
            .chain(self.capacity.to_le_bytes())
            .chain(self.created.as_micros().to_le_bytes());
        bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        let (fields, checksum) = bytes.split_at_mut(HEADER_BYTES - 8);
        let crc = u64::from(crc32c::crc32c(fields));
        checksum.copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header in `bytes`, unless they are no header of this version.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Option<Header> {
        let (fields, checksum) = bytes.split_at(HEADER_BYTES - 8);
        if checksum != u64::from(crc32c::crc32c(fields)).to_le_bytes() {
            return None;
        }
        let (magic, fields) = fields.split_first_chunk::<8>()?;
        let (version, fields) = fields.split_first_chunk::<4>()?;
        let (worker, fields) = fields.split_first_chunk::<4>()?;
        let (sequence, fields) = fields.split_first_chunk::<8>()?;
        let (capacity, fields) = fields.split_first_chunk::<8>()?;
        let (created, _) = fields.split_first_chunk::<8>()?;
        (magic == MAGIC && u32::from_le_bytes(*version) == VERSION).then(|| Header {
            worker: u32::from_le_bytes(*worker),
            sequence: u64::from_le_bytes(*sequence),
            capacity: u64::from_le_bytes(*capacity),
            created: Timestamp::from_micros(u64::from_le_bytes(*created)),
        })
    }
}

/// A segment found in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) worker: u32,
    pub(super) sequence: u64,
    pub(super) path: PathBuf,
}

/// The segments in `directory`, each worker's in the order they were written.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if let Some((worker, sequence)) = path.file_name().and_then(|name| parse_name(name.to_str()?)) {
            listed.push(Listed { worker, sequence, path });
        }
    }
    listed.sort_by_key(|segment| (segment.worker, segment.sequence));
    Ok(listed)
}

fn parse_name(name: &str) -> Option<(u32, u64)> {
    let (rest, sequence) = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.rsplit_once('-')?;
    let (_, worker) = rest.rsplit_once('-')?;
    Some((worker.parse().ok()?, sequence.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        worker: 3,
        sequence: 42,
        capacity: 1 << 20,
        created: Timestamp::from_micros(1_764_000_000_123_456),
    };

    #[test]
    fn a_header_reads_back_and_damage_is_seen() {
        let mut bytes = HEADER.to_bytes();
        assert_eq!(Header::parse(&bytes), Some(HEADER));
        bytes[13] ^= 1;
        assert_eq!(Header::parse(&bytes), None);
        assert_eq!(Header::parse(&[0; HEADER_BYTES]), None);
    }

    #[test]
    fn a_file_name_says_time_worker_and_sequence() {
        let name = HEADER.file_name();
        assert_eq!(name, "exchanges-20251124T160000.123456Z-003-0000000000000042.log");
        assert_eq!(parse_name(&name), Some((3, 42)));
        for other in ["lock", "exchanges-.log", "exchanges-1-2.log.preparing", "exchanges-x-y-z.log"] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }
}
