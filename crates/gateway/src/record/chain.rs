//! The segments of one worker, read one after the other.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use model::Timestamp;

use super::LogError;
use super::header::Listed;
use super::tail::{Located, Step, Tail};

/// A place in what one worker wrote, moving forward over segment after segment.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// When the record that was read last was appended: records of one worker never go back in this.
    pub(super) front: Timestamp,
    /// Bytes stepped over that are no record.
    pub(super) bytes_damaged: u64,
    current: Option<Opened>,
    /// The segment after the current one, opened to see whether the writer has moved on.
    upcoming: Option<Opened>,
    waiting: VecDeque<Listed>,
    /// The youngest segment known.
    last: Option<u64>,
}

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    tail: Tail,
}

impl Chain {
    /// Takes up `segment`, unless it is known; segments come in the order they were written.
    pub(super) fn extend(&mut self, segment: Listed) {
        if self.last.is_none_or(|last| segment.sequence > last) {
            self.last = Some(segment.sequence);
            self.waiting.push_back(segment);
        }
    }

    /// The next record; none if the writer has not written one yet.
    pub(super) fn step(&mut self) -> Result<Option<Located>, LogError> {
        loop {
            if self.current.is_none() {
                self.current = match self.upcoming.take() {
                    Some(opened) => Some(opened),
                    None => self.open_waiting()?,
                };
            }
            let Some(current) = &mut self.current else { return Ok(None) };
            match current.tail.step().map_err(LogError::io("read", &current.path))? {
                Step::Frame(located) => return Ok(Some(located)),
                Step::Gap { bytes } => self.bytes_damaged += bytes,
                Step::End => self.current = None,
                Step::Pending if !self.writer_moved_on()? => return Ok(None),
                // The segment is complete, though a record may have come since it was looked at.
                Step::Pending => self.current.iter_mut().for_each(|current| current.tail.assume_final()),
            }
        }
    }

    /// The segment of the record that [`Chain::step`] returned last.
    pub(super) fn tail(&self) -> Option<&Tail> {
        self.current.as_ref().map(|current| &current.tail)
    }

    fn writer_moved_on(&mut self) -> Result<bool, LogError> {
        loop {
            if self.upcoming.is_none() {
                self.upcoming = self.open_waiting()?;
            }
            let Some(next) = &mut self.upcoming else { return Ok(false) };
            match next.tail.peek().map_err(LogError::io("read", &next.path))? {
                Step::Frame(_) => return Ok(true),
                Step::Gap { bytes } => {
                    self.bytes_damaged += bytes;
                    return Ok(true);
                }
                Step::Pending if !next.tail.is_deleted().map_err(LogError::io("read", &next.path))? => {
                    return Ok(false);
                }
                // A segment in reserve that was given up unused.
                Step::Pending | Step::End => self.upcoming = None,
            }
        }
    }

    /// Opens the next segment; one that was deleted meanwhile is none.
    fn open_waiting(&mut self) -> Result<Option<Opened>, LogError> {
        while let Some(listed) = self.waiting.pop_front() {
            match Tail::open(&listed.path) {
                Ok(tail) => return Ok(Some(Opened { path: listed.path, tail })),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io("read", &listed.path)(error)),
            }
        }
        Ok(None)
    }
}
