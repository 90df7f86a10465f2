//! Reads the frames of one segment file, whether it is being written, sealed or damaged.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use super::frame::{ALIGNMENT, FRAME_BYTES_MAX, Found, Kind, PREFIX_BYTES, read, stride};
use super::header::{HEADER_BYTES, Header};

/// Bytes read at once.
const WINDOW_BYTES: usize = 256 * 1024;
const _: () = assert!(
    WINDOW_BYTES >= 2 * FRAME_BYTES_MAX && (WINDOW_BYTES - FRAME_BYTES_MAX).is_multiple_of(ALIGNMENT)
);

/// Places tried as the next frame after one stretch of damage, so that a hostile file costs bounded work.
const RESUME_TRIES_MAX: usize = 4096;

/// A place in a segment, moving forward.
#[derive(Debug)]
pub(super) struct Tail {
    file: Arc<File>,
    /// Size of the file while its writer may still append; unknown if the header is damaged.
    capacity: Option<u64>,
    /// Whether nothing is appended any more, however the file looks.
    is_final: bool,
    /// Start of the next frame.
    position: u64,
    /// Of this buffer, the first `window_bytes` are what the file has from `window_start` on.
    buffer: Vec<u8>,
    window_bytes: usize,
    window_start: u64,
}

/// What came next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole frame.
    Frame(Located),
    /// Bytes that are no frame, before the next frame or the end.
    Gap { bytes: u64 },
    /// Nothing yet; the writer may still be at it.
    Pending,
    /// Nothing, ever.
    End,
}

/// Where a frame's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) kind: Kind,
    pub(super) offset: u64,
    pub(super) length: usize,
}

impl Tail {
    /// The segment at `path`, from its first frame.
    pub(super) fn open(path: &Path) -> io::Result<Tail> {
        Tail::of(File::open(path)?)
    }

    pub(super) fn of(file: File) -> io::Result<Tail> {
        let mut tail = Tail {
            file: Arc::new(file),
            capacity: None,
            is_final: false,
            position: HEADER_BYTES as u64,
            buffer: vec![0; WINDOW_BYTES],
            window_bytes: 0,
            window_start: 0,
        };
        tail.load(0)?;
        let header = tail.window().first_chunk::<HEADER_BYTES>().and_then(Header::parse);
        tail.capacity = header.map(|header| header.capacity);
        Ok(tail)
    }

    /// Takes the segment for sealed: its writer has moved on, or is dead.
    pub(super) fn assume_final(&mut self) {
        self.is_final = true;
    }

    /// Whether the file still has the size it was prepared with, as if its writer were at it.
    pub(super) fn is_open(&self) -> io::Result<bool> {
        Ok(!self.is_final && Some(self.metadata()?.len()) == self.capacity)
    }

    /// Whether the file says what it is; one that does not is read all the same, from where its frames should be.
    pub(super) fn has_header(&self) -> bool {
        self.capacity.is_some()
    }

    /// Whether the file was deleted since it was opened.
    pub(super) fn is_deleted(&self) -> io::Result<bool> {
        Ok(self.metadata()?.nlink() == 0)
    }

    /// Start of the next frame.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// The payload of the frame that [`Tail::step`] found last.
    pub(super) fn payload(&self, located: Located) -> &[u8] {
        let start =
            located.offset.checked_sub(self.window_start).and_then(|start| usize::try_from(start).ok());
        start.and_then(|start| self.window().get(start..)?.get(..located.length)).unwrap_or_default()
    }

    /// Moves over the next frame, or says why there is none.
    pub(super) fn step(&mut self) -> io::Result<Step> {
        let found = self.peek()?;
        if let Step::Frame(located) = found {
            self.position += stride(located.length) as u64;
        }
        Ok(found)
    }

    /// As [`Tail::step`], but stays before a frame.
    pub(super) fn peek(&mut self) -> io::Result<Step> {
        if let Some(located) = self.frame_here() {
            return Ok(Step::Frame(located));
        }
        // Asked before the bytes are read: what is sealed by then is complete.
        let is_open = self.is_open()?;
        self.load(self.position)?;
        match self.frame_here() {
            Some(located) => Ok(Step::Frame(located)),
            None if is_open => Ok(Step::Pending),
            None => self.resume(),
        }
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(..self.window_bytes).unwrap_or_default()
    }

    fn frame_here(&self) -> Option<Located> {
        let start = usize::try_from(self.position.checked_sub(self.window_start)?).ok()?;
        match read(self.window().get(start..)?) {
            Found::Frame { kind, payload } => {
                Some(Located { kind, offset: self.position + PREFIX_BYTES as u64, length: payload.len() })
            }
            Found::Nothing | Found::Torn => None,
        }
    }

    /// Moves to the next frame behind bytes that are none, or to the end.
    fn resume(&mut self) -> io::Result<Step> {
        let from = self.position;
        let mut tries = RESUME_TRIES_MAX;
        let mut content_end = from;
        loop {
            self.load(self.position)?;
            if self.window().is_empty() {
                break;
            }
            // The rest is looked at when it comes to the front, so that the largest frame there is in sight.
            let is_last = self.window_bytes < WINDOW_BYTES;
            let looked_at = if is_last { self.window_bytes } else { WINDOW_BYTES - FRAME_BYTES_MAX };
            for (index, word) in
                self.window().chunks(ALIGNMENT).take(looked_at.div_ceil(ALIGNMENT)).enumerate()
            {
                if [0; ALIGNMENT].starts_with(word) {
                    continue;
                }
                let start = index * ALIGNMENT;
                let here = self.window_start + start as u64;
                if tries > 0 && matches!(word, [_, _, 0 | 1, 1 | 2, ..]) {
                    tries -= 1;
                    if let Found::Frame { .. } = read(self.window().get(start..).unwrap_or_default()) {
                        self.position = here;
                        return Ok(Step::Gap { bytes: here - from });
                    }
                }
                content_end = here + word.len() as u64;
            }
            self.position += looked_at as u64;
        }
        match content_end - from {
            0 => Ok(Step::End),
            bytes => Ok(Step::Gap { bytes }),
        }
    }

    /// Fills the window with what the file has from `start` on.
    fn load(&mut self, start: u64) -> io::Result<()> {
        let mut filled = 0;
        while let Some(rest) = self.buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, start + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.window_bytes = filled;
        self.window_start = start;
        Ok(())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }
}
