//! A whole file in memory, written by one thread: the only `unsafe` of the workspace.
//!
//! A record has to stand in the page cache before its answer leaves, without a system call on the request path; a
//! shared mapping is the only way there. What could go wrong is named at each block.
#![expect(
    unsafe_code,
    reason = "a mapped file is the only store that survives kill -9 without a system call"
)]

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapMut, MmapOptions};

/// A file's first bytes, mapped shared and writable.
#[derive(Debug)]
pub(super) struct Mapping(MmapMut);

impl Mapping {
    /// Maps the first `length` bytes of `file`, all of whose blocks must be allocated.
    ///
    /// A page without a block on a full disk, or beyond the end of the file, kills the process with SIGBUS when it is
    /// touched. So callers allocate first, and cut a file only after its mapping is gone.
    pub(super) fn new(file: &File, length: usize) -> io::Result<Mapping> {
        // SAFETY: the bytes must not change under a `&[u8]` or `&mut [u8]` of the map. The file was created by this
        // process, in a directory whose lock it holds; other processes open it read-only, and inside this process it is
        // never opened twice for writing. The one who could break this is an administrator writing into the file.
        let map = unsafe { MmapOptions::new().len(length).map_mut(file) }?;
        Ok(Mapping(map))
    }

    /// The bytes from `from` on; empty at or beyond the end.
    pub(super) fn from(&mut self, from: usize) -> &mut [u8] {
        self.0.get_mut(from..).unwrap_or_default()
    }

    /// Stores `word`, little-endian, at `at`, after everything written before; false where it is unaligned or has no room.
    pub(super) fn publish(&mut self, at: usize, word: u64) -> bool {
        let Some(place) = self.0.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<8>()) else {
            return false;
        };
        let place = place.as_mut_ptr().cast::<u64>();
        if !place.is_aligned() {
            return false;
        }
        // SAFETY: `place` is eight valid, writable bytes (from `first_chunk_mut`), aligned as just checked, and borrowed
        // exclusively from `self` until the store is done.
        unsafe { AtomicU64::from_ptr(place) }.store(word.to_le(), Ordering::Release);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_stands_in_the_file_and_nothing_outside_is_touched() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let mut mapping = Mapping::new(&file, 4096).unwrap();
        mapping.from(16)[..3].copy_from_slice(b"abc");
        assert!(mapping.publish(8, 0x0102));
        assert!(!mapping.publish(4, 1), "unaligned");
        assert!(!mapping.publish(4096, 1) && !mapping.publish(4090, 1), "no room");
        assert!(mapping.from(4096).is_empty() && mapping.from(9999).is_empty());
        let mut bytes = [0; 24];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, 0).unwrap();
        assert_eq!(&bytes[8..], b"\x02\x01\0\0\0\0\0\0abc\0\0\0\0\0");
    }
}
