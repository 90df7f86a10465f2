//! Reads logs and recordings on all cores, in bounded memory: the part of the crate that touches the disk.

mod captures;
mod follow;
mod lines;
mod mark;
mod source;
mod stream;
mod zstandard;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use model::Timestamp;
use spec::Contract;

use crate::envelope::unwrap;
use crate::keys::KeyLog;
use crate::learn::LearnLimits;
use crate::line::Line;
use crate::logs::{Entry, Formats, LineReader};
use crate::survey::{Findings, Survey};
use crate::tally::{Observation, Place, Position};
use crate::traffic::{Recording, Told};
pub use follow::{Follower, Looked};
use lines::{Lines, Piece};
pub use mark::{Marks, marks};
pub use source::{Source, sources};
pub use stream::{Gathered, Listener, read_stream};

/// How many lines of a file that nobody could read are shown.
const SHOWN_MAX: usize = 3;

/// How much of such a line is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

/// What is shown of a line that is longer than is read.
const TOO_LONG: &str = "a line longer than is read";

/// Larger files are read in parts of this size, on several cores.
const PART_BYTES: u64 = 8 << 20;

/// So many lines are counted before others are told.
const COUNTED_TOGETHER: u64 = 4096;

/// How far reading is; looked at while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of the files, as they lie on the disk.
    pub bytes: AtomicU64,
    /// Lines, entries or packets.
    pub lines: AtomicU64,
}

/// What was in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Its lines; of a recording its entries.
    pub lines: u64,
    /// Requests that it tells of, by format.
    pub formats: BTreeMap<&'static str, u64>,
    /// What tells of no request: empty lines, comments.
    pub nothing: u64,
    /// Lines that are like no format or too long to be one, and entries that are damaged.
    pub unknown: u64,
    /// The first of those, with their numbers.
    pub shown: Vec<(u64, String)>,
    /// Packets that came faster than they were taken.
    pub dropped: u64,
    /// Why it was not read to its end.
    pub fault: Option<String>,
}

/// What was in all files.
#[derive(Debug)]
pub struct Read {
    /// What the requests tell.
    pub findings: Findings,
    /// What those tell that were not counted before; absent where none was.
    pub fresh: Option<Findings>,
    /// What was in each file, in the order of the sources.
    pub files: Vec<FileReport>,
}

/// What the files are.
#[derive(Debug, Clone, Copy)]
pub enum Written<'r> {
    /// Logs, whose lines may be in these formats.
    Lines(&'r Formats),
    /// Recorded traffic, each in one of its formats; what is encrypted with these keys is read, too.
    Traffic(&'r KeyLog),
}

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// What they are.
    pub written: Written<'r>,
    /// What is declared.
    pub contracts: &'r [Contract],
    /// How much is kept.
    pub limits: LearnLimits,
    /// How many threads read.
    pub workers: usize,
    /// Up to where each source was counted before, in bytes of its text; none where nothing was.
    pub counted: &'r [u64],
}

/// What one worker reads.
enum Part {
    /// A part of a file.
    File { file: usize, start: u64, end: u64 },
    /// Captures, by number in the order of their first packets, and when those came.
    Captures(Vec<(usize, Option<Timestamp>)>),
}

impl Reading<'_> {
    /// Reads all `sources`.
    pub fn read(&self, sources: &[Source], progress: &Progress) -> Read {
        let parts = self.all_parts(sources);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut survey = Surveys::new(self.contracts, self.limits);
            let mut reports = Vec::new();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                reports.extend(self.part(part, sources, &mut survey, progress));
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
        let mut survey = Surveys::new(self.contracts, self.limits);
        let mut reports = Vec::new();
        for (part, more) in results {
            survey.fresh.merge(part.fresh);
            survey.counted.merge(part.counted);
            reports.extend(more);
        }
        reports.sort_by_key(|(file, start, _)| (*file, *start));
        let mut files = vec![FileReport::default(); sources.len()];
        for (file, _, report) in reports {
            if let Some(whole) = files.get_mut(file) {
                whole.append(report);
            }
        }
        let is_partly_counted = self.counted.iter().any(|counted| *counted > 0);
        let fresh = is_partly_counted.then(|| survey.fresh.clone().finish());
        if is_partly_counted {
            survey.fresh.merge(survey.counted);
        }
        Read { findings: survey.fresh.finish(), fresh, files }
    }

    /// Several captures are one part, by one worker, since a connection may go on from one to the next.
    fn all_parts(&self, sources: &[Source]) -> Vec<Part> {
        let is_traffic = matches!(self.written, Written::Traffic(_)) && sources.len() > 1;
        let captures = if is_traffic { captures::ordered(sources) } else { Vec::new() };
        let mut is_among = vec![false; sources.len()];
        for (file, _) in &captures {
            if let Some(is_among) = is_among.get_mut(*file) {
                *is_among = true;
            }
        }
        let others = sources.iter().enumerate().zip(&is_among).filter(|(_, is_among)| !**is_among);
        let others: Vec<Part> = others.flat_map(|((file, source), _)| self.parts(file, source)).collect();
        let captures = (!captures.is_empty()).then_some(Part::Captures(captures));
        captures.into_iter().chain(others).collect()
    }

    /// Reads a part: of each file in it, the number, where it begins, and what was in it.
    fn part(
        &self,
        part: &Part,
        sources: &[Source],
        surveys: &mut Surveys<'_>,
        progress: &Progress,
    ) -> Vec<(usize, u64, FileReport)> {
        match (part, self.written) {
            (Part::Captures(captures), Written::Traffic(keys)) => {
                let reports = vec![FileReport::default(); sources.len()];
                let mut heard = captures::Heard { surveys, counted: self.counted, progress, reports };
                heard.read(captures, sources, keys);
                let mut reports = heard.reports;
                let each = captures
                    .iter()
                    .filter_map(|(file, _)| Some((*file, 0, std::mem::take(reports.get_mut(*file)?))));
                each.collect()
            }
            (Part::Captures(_), Written::Lines(_)) => Vec::new(),
            (Part::File { file, start, end }, _) => {
                let source = sources.get(*file);
                let report = source.map(|source| self.file(source, (*file, *start, *end), surveys, progress));
                report.map(|report| (*file, *start, report)).into_iter().collect()
            }
        }
    }

    fn file(
        &self,
        source: &Source,
        (file, start, end): (usize, u64, u64),
        surveys: &mut Surveys<'_>,
        progress: &Progress,
    ) -> FileReport {
        let mut report = FileReport::default();
        let counted = self.counted.get(file).copied().unwrap_or_default();
        let opened = source.open(start, &progress.bytes);
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        let read = opened.and_then(|stream| match self.written {
            Written::Lines(formats) => {
                let lines = Lines::new(stream, start, end);
                let sink = Sink::Own { surveys, counted };
                read_lines(
                    lines,
                    LineReader::new(formats),
                    &mut Target { file, sink, report: &mut report, progress },
                )
            }
            Written::Traffic(keys) => {
                let sink = Sink::Own { surveys, counted };
                read_traffic(stream, keys, &mut Target { file, sink, report: &mut report, progress })
            }
        });
        report.fault = read.err().map(|error| error.to_string());
        report
    }

    /// The parts of a file: one, unless it is a large log, plain, and names no columns, which hold for all that follows.
    fn parts(&self, file: usize, source: &Source) -> Vec<Part> {
        let is_divisible = matches!(self.written, Written::Lines(_)) && source.is_divisible();
        let length = source.length().filter(|length| is_divisible && *length > PART_BYTES);
        let Some(length) = length else { return vec![Part::File { file, start: 0, end: u64::MAX }] };
        let starts = (0..length.div_ceil(PART_BYTES)).map(|number| number * PART_BYTES);
        starts.map(|start| Part::File { file, start, end: start + PART_BYTES }).collect()
    }
}

/// What was counted in another run, and what was not.
struct Surveys<'c> {
    fresh: Survey<'c>,
    counted: Survey<'c>,
}

impl<'c> Surveys<'c> {
    fn new(contracts: &'c [Contract], limits: LearnLimits) -> Surveys<'c> {
        Surveys { fresh: Survey::new(contracts, limits), counted: Survey::new(contracts, limits) }
    }
}

/// What takes in what a file tells.
enum Sink<'t, 'c> {
    /// Surveys of the reader's own.
    Own {
        surveys: &'t mut Surveys<'c>,
        /// Up to where the file was counted before.
        counted: u64,
    },
    /// What others take away while it is read.
    Shared(&'t Gathered<'c>),
}

/// Where goes what a file tells.
struct Target<'t, 'c> {
    file: u32,
    sink: Sink<'t, 'c>,
    report: &'t mut FileReport,
    progress: &'t Progress,
}

impl<'c> Target<'_, 'c> {
    fn count(&mut self) {
        self.report.lines += 1;
        if self.report.lines.is_multiple_of(COUNTED_TOGETHER) {
            self.progress.lines.fetch_add(COUNTED_TOGETHER, Ordering::Relaxed);
        }
    }

    /// Hands out the survey of what begins at byte `at`.
    fn survey(&mut self, at: u64, take_in: impl FnOnce(&mut Survey<'c>)) {
        match &mut self.sink {
            Sink::Own { surveys, counted } if *counted > 0 && at <= *counted => {
                take_in(&mut surveys.counted);
            }
            Sink::Own { surveys, .. } => take_in(&mut surveys.fresh),
            Sink::Shared(gathered) => gathered.with(take_in),
        }
    }

    fn observe(&mut self, line: &Line<'_>, position: Position, at: u64) {
        let place = Place { file: self.file, position };
        self.survey(at, |survey| survey.observe(&Observation { line, place }));
    }
}

fn read_lines(
    mut lines: Lines<impl io::Read>,
    mut reader: LineReader<'_>,
    target: &mut Target<'_, '_>,
) -> io::Result<()> {
    while let Some((at, piece)) = lines.next()? {
        target.count();
        let Piece::Line(bytes) = piece else {
            target.report.show(target.report.lines, TOO_LONG);
            continue;
        };
        read_line(bytes, at, &mut reader, target);
    }
    Ok(())
}

/// Reads one line, which begins at byte `at`.
fn read_line(bytes: &[u8], at: u64, reader: &mut LineReader<'_>, target: &mut Target<'_, '_>) {
    // Nearly all are UTF-8, which is found out faster than mended.
    let raw = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let line = unwrap(&raw);
    match reader.read(&line) {
        Entry::Request(format, line) => {
            *target.report.formats.entry(format).or_default() += 1;
            target.observe(&line, Position::Line(target.report.lines), at);
        }
        Entry::Nothing => target.report.nothing += 1,
        Entry::Unknown => target.report.show(target.report.lines, &line),
    }
}

fn read_traffic(stream: impl io::Read, keys: &KeyLog, target: &mut Target<'_, '_>) -> io::Result<()> {
    let Some(recording) = Recording::open(stream)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is like no form of recorded traffic"));
    };
    let id = recording.format().id;
    recording.read(keys, &mut |told| target.hear(id, told))
}

impl Target<'_, '_> {
    /// Takes in what is told in the format named.
    fn hear(&mut self, format: &'static str, told: Told<'_>) {
        match told {
            Told::Next => self.count(),
            Told::Request(line, position) => {
                *self.report.formats.entry(format).or_default() += 1;
                self.observe(&line, position, 0);
            }
            Told::Host(host, position) => {
                *self.report.formats.entry(format).or_default() += 0;
                let place = Place { file: self.file, position };
                self.survey(0, |survey| survey.see_host(host, place));
            }
            Told::Nothing => self.report.nothing += 1,
            Told::Unknown(position, what) => self.report.show(position.number(), &what),
        }
    }
}

impl FileReport {
    fn show(&mut self, number: u64, line: &str) {
        self.unknown += 1;
        if self.shown.len() < SHOWN_MAX {
            let end = line.floor_char_boundary(SHOWN_BYTES_MAX);
            self.shown.push((number, line.get(..end).unwrap_or_default().to_owned()));
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
        self.dropped += part.dropped;
        self.fault = self.fault.take().or(part.fault);
    }
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
