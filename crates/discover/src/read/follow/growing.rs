//! One log that grows, and how far it was read: the part of following that touches the disk.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use aws_lc_rs::digest::{Context, SHA256};
use model::inventory::FileMark;

use crate::logs::{Formats, LineReader};
use crate::read::mark::{hex, marks as compare};
use crate::read::source::Source;
use crate::read::{FileReport, Gathered, Progress, Sink, TOO_LONG, Target, read_line};

/// How much of its beginning is remembered, by which it is told from another file of the same name or number.
pub(super) const HEAD_BYTES: usize = 1 << 10;

/// How much is compared at once.
const COMPARED_BYTES: usize = 1 << 14;

/// Which file it is, whatever it is called: its device and its number there.
pub(super) type FileId = (u64, u64);

/// The file that `metadata` is of.
pub(super) fn id(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// A log, read up to the end of a line.
pub(super) struct Growing<'f> {
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    /// Open as long as it is among those that grew last.
    file: Option<File>,
    pub(super) now: Spot<'f>,
    /// Lines that begin up to here were counted by another run.
    pub(super) counted: u64,
    head: Vec<u8>,
    /// How long it was, and when it was written, when it was looked at last.
    length: u64,
    pub(super) written: Option<SystemTime>,
    /// How often it was looked at and had not grown since it is at no path any more.
    pub(super) departed: u32,
}

/// How far a log was read.
pub(super) struct Spot<'f> {
    /// Where the next line begins.
    at: u64,
    running: Context,
    /// Up to the end of the last line, without the byte that ends it.
    mark: Option<(u64, Context)>,
    reader: LineReader<'f>,
    is_within_long: bool,
    pub(super) report: FileReport,
}

/// Where goes what a log tells.
#[derive(Clone, Copy)]
pub(super) struct To<'t, 'f> {
    /// The number of the log in its run.
    pub(super) number: u32,
    pub(super) gathered: &'t Gathered<'f>,
    pub(super) progress: &'t Progress,
}

/// What became of a log since it was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    Same,
    Longer,
    /// It was emptied and written anew.
    Another,
}

/// Fills `buffer` from byte `at` on, as far as there is something.
pub(super) fn read_at<'b>(file: &File, buffer: &'b mut [u8], at: u64) -> io::Result<&'b [u8]> {
    let mut filled = 0;
    while let Some(free) = buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
        match file.read_at(free, at + filled as u64) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) => return Err(error),
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default())
}

impl<'f> Growing<'f> {
    pub(super) fn new(path: PathBuf, id: FileId, formats: &'f Formats, counted: u64) -> Growing<'f> {
        let spot = Spot {
            at: 0,
            running: Context::new(&SHA256),
            mark: None,
            reader: LineReader::new(formats),
            is_within_long: false,
            report: FileReport::default(),
        };
        Growing {
            path,
            id,
            file: None,
            now: spot,
            counted,
            head: Vec::new(),
            length: 0,
            written: None,
            departed: 0,
        }
    }

    /// Whether one of `marks` is of more of it than was counted when it was found, and of no more than was read.
    pub(super) fn has_read(&self, marks: &[FileMark]) -> bool {
        let may_be = |mark: &&FileMark| mark.bytes > self.counted && mark.bytes <= self.now.at;
        let mut candidates = marks.iter().filter(may_be).peekable();
        if candidates.peek().is_none() {
            return false;
        }
        Source::of(self.path.clone())
            .is_ok_and(|source| compare(&source, true, candidates, &AtomicU64::default()).counted > 0)
    }

    /// How long it was when it was looked at last.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    pub(super) fn close(&mut self) {
        self.file = None;
    }

    /// Looks whether there is more of it; the file at its path may be another one by now.
    pub(super) fn look(&mut self) -> io::Result<Became> {
        let metadata = match &self.file {
            Some(file) => file.metadata()?,
            None => match std::fs::metadata(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Became::Same),
                metadata => metadata?,
            },
        };
        if id(&metadata) != self.id {
            return Ok(Became::Same);
        }
        let (length, written) = (metadata.len(), metadata.modified().ok());
        if (length, written) == (self.length, self.written) {
            return Ok(Became::Same);
        }
        if self.file.is_none() {
            let file = File::open(&self.path)?;
            if id(&file.metadata()?) != self.id {
                return Ok(Became::Same);
            }
            self.file = Some(file);
        }
        if length < self.now.at || !self.begins_as_before()? {
            return Ok(Became::Another);
        }
        (self.length, self.written) = (length, written);
        Ok(Became::Longer)
    }

    fn begins_as_before(&mut self) -> io::Result<bool> {
        let mut buffer = [0; HEAD_BYTES];
        let head = self.read_at(&mut buffer, 0)?;
        let is_same = head.starts_with(&self.head);
        self.head = head.to_vec();
        Ok(is_same)
    }

    /// Whether `head`, the beginning of a file, may be a copy's.
    pub(super) fn begins_as(&self, head: &[u8]) -> bool {
        let count = head.len().min(self.head.len());
        count > 0 && head.get(..count) == self.head.get(..count)
    }

    /// Whether the file at `path` is the beginning of it, as a copy is that was made before it grew.
    pub(super) fn holds(&self, path: &Path) -> io::Result<bool> {
        let mut own = match &self.file {
            Some(file) => file.try_clone()?,
            None => File::open(&self.path)?,
        };
        own.rewind()?;
        let mut other = File::open(path)?;
        let (mut one, mut two) = ([0; COMPARED_BYTES], [0; COMPARED_BYTES]);
        loop {
            let count = other.read(&mut two)?;
            let (Some(one), Some(two)) = (one.get_mut(..count), two.get(..count)) else { return Ok(false) };
            if count == 0 {
                return Ok(true);
            }
            match own.read_exact(one) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                read => read?,
            }
            if one != two {
                return Ok(false);
            }
        }
    }

    fn read_at<'b>(&self, buffer: &'b mut [u8], at: u64) -> io::Result<&'b [u8]> {
        self.file.as_ref().map_or(Ok(&[]), |file| read_at(file, buffer, at))
    }

    /// Reads whole lines through `buffer`; how many bytes, which is none where there is no whole line.
    pub(super) fn read(&mut self, buffer: &mut [u8], to: To<'_, 'f>) -> io::Result<u64> {
        let capacity = buffer.len();
        let chunk = self.read_at(buffer, self.now.at)?;
        if let Some(end) = memchr::memrchr(b'\n', chunk) {
            self.now.lines(chunk.get(..end).unwrap_or_default(), self.counted, to);
            return Ok(end as u64 + 1);
        }
        if chunk.len() < capacity {
            return Ok(0);
        }
        self.now.is_within_long = true;
        self.now.running.update(chunk);
        self.now.at += chunk.len() as u64;
        Ok(chunk.len() as u64)
    }

    /// What the inventory is to remember, if something was read that it does not know.
    pub(super) fn mark(&self) -> Option<FileMark> {
        let (bytes, context) = self.now.mark.as_ref()?;
        let name = self.path.to_string_lossy().into_owned();
        (*bytes > self.counted).then(|| FileMark { name, bytes: *bytes, digest: hex(context.clone()) })
    }
}

impl<'f> Spot<'f> {
    /// Takes in whole lines, the last without the byte that ends it.
    fn lines(&mut self, lines: &[u8], counted: u64, to: To<'_, 'f>) {
        let To { number: file, gathered, progress } = to;
        let report = &mut self.report;
        let mut target = Target { file, sink: Sink::Shared(gathered), report, progress };
        let mut at = self.at;
        for line in lines.split(|byte| *byte == b'\n') {
            target.count();
            let is_counted = counted > 0 && at <= counted;
            if std::mem::take(&mut self.is_within_long) {
                target.report.show(target.report.lines, TOO_LONG);
            } else if !is_counted || line.starts_with(b"#") {
                // What names the columns of lines holds for all that follow.
                read_line(line, at, &mut self.reader, &mut target);
            }
            at += line.len() as u64 + 1;
        }
        self.running.update(lines);
        self.mark = Some((self.at + lines.len() as u64, self.running.clone()));
        self.running.update(b"\n");
        self.at = at;
    }
}
