//! Reads logs on all cores, in bounded memory: the part of the crate that touches the disk.

mod lines;
mod source;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use spec::Contract;

use crate::envelope::unwrap;
use crate::learn::LearnLimits;
use crate::logs::{Entry, Formats, LineReader};
use crate::survey::{Findings, Survey};
use crate::tally::{Observation, Place};
use lines::{Lines, Piece};
pub use source::{Source, sources};

/// How many lines of a file that nobody could read are shown.
const SHOWN_MAX: usize = 3;

/// How much of such a line is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

/// Larger files are read in parts of this size, on several cores.
const PART_BYTES: u64 = 64 << 20;

/// How far reading is; looked at while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of the files, as they lie on the disk.
    pub bytes: AtomicU64,
    /// Lines.
    pub lines: AtomicU64,
}

/// What was in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Its lines.
    pub lines: u64,
    /// Those that tell of a request, by format.
    pub formats: BTreeMap<&'static str, u64>,
    /// Empty lines and comments.
    pub nothing: u64,
    /// Lines that are like no format, or too long to be one.
    pub unknown: u64,
    /// The first of those, with their numbers.
    pub shown: Vec<(u64, String)>,
    /// Why it was not read to its end.
    pub fault: Option<String>,
}

/// What was in all files.
#[derive(Debug)]
pub struct Read {
    /// What the requests tell.
    pub findings: Findings,
    /// What was in each file, in the order of the sources.
    pub files: Vec<FileReport>,
}

/// How logs are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// The formats that lines may be in.
    pub formats: &'r Formats,
    /// What is declared.
    pub contracts: &'r [Contract],
    /// How much is kept.
    pub limits: LearnLimits,
    /// How many threads read.
    pub workers: usize,
}

/// A part of a file that one worker reads.
struct Part {
    file: usize,
    start: u64,
    end: u64,
}

impl Reading<'_> {
    /// Reads all `sources`.
    pub fn read(&self, sources: &[Source], progress: &Progress) -> Read {
        let parts: Vec<Part> =
            sources.iter().enumerate().flat_map(|(file, source)| parts(file, source)).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut survey = Survey::new(self.contracts, self.limits);
            let mut reports = Vec::new();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Some(source) = sources.get(part.file) {
                    reports.push((part.file, part.start, self.part(part, source, &mut survey, progress)));
                }
            }
            (survey, reports)
        };
        let results: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.workers.max(1)).map(|_| scope.spawn(work)).collect();
            // A panic of a worker goes on here: what it had read is lost, so nothing is said.
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut survey = Survey::new(self.contracts, self.limits);
        let mut reports = Vec::new();
        for (part, more) in results {
            survey.merge(part);
            reports.extend(more);
        }
        reports.sort_by_key(|(file, start, _)| (*file, *start));
        let mut files = vec![FileReport::default(); sources.len()];
        for (file, _, report) in reports {
            if let Some(whole) = files.get_mut(file) {
                whole.append(report);
            }
        }
        Read { findings: survey.finish(), files }
    }

    fn part(&self, part: &Part, source: &Source, survey: &mut Survey<'_>, progress: &Progress) -> FileReport {
        let mut report = FileReport::default();
        let opened = source.open(part.start, &progress.bytes);
        let read = opened.and_then(|stream| {
            self.lines(Lines::new(stream, part.start, part.end), part.file, survey, &mut report, progress)
        });
        report.fault = read.err().map(|error| error.to_string());
        report
    }

    fn lines(
        &self,
        mut lines: Lines<impl io::Read>,
        file: usize,
        survey: &mut Survey<'_>,
        report: &mut FileReport,
        progress: &Progress,
    ) -> io::Result<()> {
        let mut reader = LineReader::new(self.formats);
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        while let Some(piece) = lines.next()? {
            report.lines += 1;
            if report.lines.is_multiple_of(4096) {
                progress.lines.fetch_add(4096, Ordering::Relaxed);
            }
            let Piece::Line(bytes) = piece else {
                report.show("a line longer than is read");
                continue;
            };
            let raw = String::from_utf8_lossy(bytes);
            let line = unwrap(&raw);
            match reader.read(&line) {
                Entry::Request(format, line) => {
                    *report.formats.entry(format).or_default() += 1;
                    let place = Place { file, line: report.lines };
                    survey.observe(&Observation { line: &line, place });
                }
                Entry::Nothing => report.nothing += 1,
                Entry::Unknown => report.show(&line),
            }
        }
        Ok(())
    }
}

impl FileReport {
    fn show(&mut self, line: &str) {
        self.unknown += 1;
        if self.shown.len() < SHOWN_MAX {
            let end = line.floor_char_boundary(SHOWN_BYTES_MAX);
            self.shown.push((self.lines, line.get(..end).unwrap_or_default().to_owned()));
        }
    }

    /// Takes in what was in the next part of the same file.
    fn append(&mut self, part: FileReport) {
        let before = self.lines;
        self.shown.extend(part.shown.into_iter().map(|(line, text)| (before + line, text)));
        self.shown.truncate(SHOWN_MAX);
        self.lines += part.lines;
        for (format, count) in part.formats {
            *self.formats.entry(format).or_default() += count;
        }
        self.nothing += part.nothing;
        self.unknown += part.unknown;
        self.fault = self.fault.take().or(part.fault);
    }
}

/// The parts of a file: one, unless it is large, plain and names no columns, which hold for all that follows.
fn parts(file: usize, source: &Source) -> Vec<Part> {
    let length = source.length().filter(|_| source.is_divisible());
    let Some(length) = length.filter(|length| *length > PART_BYTES) else {
        return vec![Part { file, start: 0, end: u64::MAX }];
    };
    let starts = (0..length.div_ceil(PART_BYTES)).map(|number| number * PART_BYTES);
    starts.map(|start| Part { file, start, end: start + PART_BYTES }).collect()
}

/// Counts what is read of a file.
pub(crate) struct Counted<'p> {
    file: File,
    bytes: &'p AtomicU64,
}

impl io::Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
