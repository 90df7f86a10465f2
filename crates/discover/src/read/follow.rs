//! Logs that are read on as they grow, are rotated, emptied and packed: the part of following that touches the disk.
//!
//! A log is known by its number on the disk, so that one that is renamed is read on. A file that appears may be a copy of what
//! was read already, and may not be whole yet: what is packed waits until it can be unpacked to its end, and what begins as
//! another log waits until it can be compared with it.

mod growing;

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::Problem;
use model::inventory::FileMark;

use super::source::{Source, files, unreadable};
use super::{
    FileReport, Gathered, LineReader, Lines, Marks, Progress, Sink, Surveys, Target, marks, read_lines,
};
use crate::logs::Formats;
use growing::{Became, FileId, Growing, To, id, read_at};

/// The most files of one run; more are left out, which is said.
const FILES_MAX: usize = 1 << 14;

/// The most logs that are held open: those that grew last. Others are opened when they grow.
const OPEN_MAX: usize = 256;

/// The most logs that are at their end and remembered, so that copies of them are known.
const FINISHED_MAX: usize = 1 << 12;

/// How much is read at once, and so the longest line that is looked at.
const BUFFER_BYTES: usize = 1 << 20;

/// How much of one log is read before others are looked at.
const TURN_BYTES: u64 = 16 << 20;

/// How often a log is looked at that is at no path any more, before it is let go.
const DEPARTED_LOOKS: u32 = 60;

/// How often a file that may be a copy must have been looked at without having changed.
const SETTLED_LOOKS: u32 = 2;

/// Follows logs.
pub struct Follower<'f> {
    paths: Vec<PathBuf>,
    formats: &'f Formats,
    /// The number of the first file in its run.
    first: usize,
    /// Every file that was ever found, by number.
    files: Vec<Followed<'f>>,
    by_id: HashMap<FileId, usize>,
    finished: VecDeque<FileMark>,
    buffer: Vec<u8>,
    /// How many files are left out.
    left_out: u64,
    /// How many are held open.
    open: usize,
    is_first_look: bool,
}

/// A file that was found.
struct Followed<'f> {
    name: String,
    state: State<'f>,
    report: FileReport,
}

enum State<'f> {
    Growing(Box<Growing<'f>>),
    /// It is not read yet: how it was when it was looked at last, and how often it was so. One that could not be read is so for
    /// ever, until it changes.
    Waiting {
        path: PathBuf,
        length: u64,
        written: Option<SystemTime>,
        looks: u32,
    },
    /// It was packed, and is read as it was then.
    Unpacked {
        length: u64,
        written: Option<SystemTime>,
    },
    /// It is at its end.
    Over,
}

/// What was found by one look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looked {
    /// Whether there is more to read at once.
    pub is_behind: bool,
    /// Whether a log ended, of which nothing can be read again.
    pub has_ended: bool,
}

impl std::fmt::Debug for Follower<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("paths", &self.paths).finish_non_exhaustive()
    }
}

impl<'f> Follower<'f> {
    /// Follows the files that `paths` name now and later: files, all files in folders, and names with `*` or `?`. The first
    /// has the number `first` in its run.
    pub fn new(paths: Vec<PathBuf>, formats: &'f Formats, first: usize) -> Follower<'f> {
        Follower {
            paths,
            formats,
            first,
            files: Vec::new(),
            by_id: HashMap::new(),
            finished: VecDeque::new(),
            buffer: vec![0; BUFFER_BYTES],
            left_out: 0,
            open: 0,
            is_first_look: true,
        }
    }

    /// Reads what came. `known` says what other runs have counted; it is asked where there is a file that was not compared yet.
    ///
    /// # Errors
    /// What `known` says.
    pub fn look<E>(
        &mut self,
        gathered: &Gathered<'f>,
        progress: &Progress,
        known: &mut dyn FnMut() -> Result<Vec<FileMark>, E>,
    ) -> Result<Looked, E> {
        let here = self.find();
        let mut looked = Looked::default();
        for number in 0..self.files.len() {
            if matches!(self.files.get(number), Some(Followed { state: State::Growing(_), .. })) {
                self.read_on(number, &here, (gathered, progress), &mut looked);
            }
        }
        // After those that are known were read on: a copy may have what was in them just before.
        let arrived = self.arrived();
        if !arrived.is_empty() {
            let known = known()?;
            for number in arrived {
                self.arrive(number, &known, (gathered, progress), &mut looked);
            }
        }
        self.is_first_look = false;
        Ok(looked)
    }

    /// Finds what is at the paths, and takes note of what is new; every file that is there.
    fn find(&mut self) -> HashMap<FileId, PathBuf> {
        let mut here = HashMap::new();
        self.left_out = 0;
        // A folder may be gone for a moment.
        let paths: Vec<PathBuf> = self.paths.iter().filter_map(|path| files(path).ok()).flatten().collect();
        for path in paths {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let id = id(&metadata);
            if metadata.is_file() && !here.contains_key(&id) {
                self.note(id, &path, (metadata.len(), metadata.modified().ok()));
                here.insert(id, path);
            }
        }
        here
    }

    /// Takes note of a file that is at a path.
    fn note(&mut self, id: FileId, path: &Path, now: (u64, Option<SystemTime>)) {
        match self.by_id.get(&id).and_then(|number| self.files.get_mut(*number)).map(|file| &mut file.state) {
            Some(State::Growing(growing)) => path.clone_into(&mut growing.path),
            Some(State::Unpacked { length, written }) if (*length, *written) == now => {}
            Some(State::Waiting { path: at, length, written, looks }) => {
                *looks = if (*length, *written) == now { looks.saturating_add(1) } else { 0 };
                path.clone_into(at);
                (*length, *written) = now;
            }
            // The number of a file that is gone is given to others.
            Some(State::Unpacked { .. } | State::Over) | None => self.add(id, path, now),
        }
    }

    fn add(&mut self, id: FileId, path: &Path, (length, written): (u64, Option<SystemTime>)) {
        if self.files.len() >= FILES_MAX {
            self.left_out += 1;
            return;
        }
        let name = path.to_string_lossy().into_owned();
        let state = State::Waiting { path: path.to_owned(), length, written, looks: 0 };
        self.by_id.insert(id, self.files.len());
        self.files.push(Followed { name, state, report: FileReport::default() });
    }

    /// Those of the waiting files that can be read now.
    fn arrived(&self) -> Vec<usize> {
        let is_ready = |file: &&Followed<'f>| match &file.state {
            State::Waiting { length: 0, .. } | State::Waiting { looks: u32::MAX, .. } => false,
            State::Waiting { looks, .. } if *looks >= SETTLED_LOOKS => true,
            State::Waiting { path, length, .. } if file.report.fault.is_none() => {
                self.is_first_look || !self.may_be_copy(path, *length)
            }
            _ => false,
        };
        self.files.iter().enumerate().filter(|(_, file)| is_ready(file)).map(|(number, _)| number).collect()
    }

    /// Whether a file begins as a log that has more in it.
    fn may_be_copy(&self, path: &Path, length: u64) -> bool {
        let head = head(path);
        self.growing().any(|growing| growing.begins_as(&head) && growing.length() >= length)
    }

    fn growing(&self) -> impl Iterator<Item = &Growing<'f>> {
        self.files.iter().filter_map(|file| match &file.state {
            State::Growing(growing) => Some(&**growing),
            _ => None,
        })
    }

    /// Begins to read a file.
    fn arrive(
        &mut self,
        number: usize,
        known: &[FileMark],
        to: (&Gathered<'f>, &Progress),
        looked: &mut Looked,
    ) {
        let Some(Followed { state: State::Waiting { path, .. }, .. }) = self.files.get(number) else {
            return;
        };
        let path = path.clone();
        let opened = Source::of(path.clone()).and_then(|source| Ok((source, id(&fs::metadata(&path)?))));
        let (source, id) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fail(number, &error),
        };
        let own = self.marks();
        let compared = marks(&source, true, known.iter().chain(&own), &to.1.bytes);
        if !source.is_plain() {
            return self.unpack(number, &source, compared, to, looked);
        }
        let (head, length) = (head(&path), source.length().unwrap_or_default());
        let is_copy = self.growing().any(|growing| {
            growing.begins_as(&head) && growing.length() >= length && growing.holds(&path).unwrap_or(false)
        });
        let counted = match compared.counted {
            _ if is_copy => length,
            u64::MAX => compared.marks.iter().map(|mark| mark.bytes).max().unwrap_or_default(),
            counted => counted,
        };
        let growing = Growing::new(path.clone(), id, self.formats, counted);
        if let Some(file) = self.files.get_mut(number) {
            let (name, state) = (source.name, State::Growing(Box::new(growing)));
            *file = Followed { name, state, report: FileReport::default() };
        }
        self.read_on(number, &HashMap::from([(id, path)]), to, looked);
    }

    /// Reads a packed file, if it is whole.
    fn unpack(
        &mut self,
        number: usize,
        source: &Source,
        compared: Marks,
        (gathered, progress): (&Gathered<'f>, &Progress),
        looked: &mut Looked,
    ) {
        let mut report = FileReport::default();
        let mut surveys = gathered.surveys();
        if compared.counted < u64::MAX {
            let file = u32::try_from(self.first + number).unwrap_or(u32::MAX);
            let sink = Sink::Own { surveys: &mut surveys, counted: compared.counted };
            let mut target = Target { file, sink, report: &mut report, progress };
            let opened = source.open(0, &progress.bytes);
            let read = opened.and_then(|stream| {
                read_lines(Lines::new(stream, 0, u64::MAX), LineReader::new(self.formats), &mut target)
            });
            if let Err(error) = read {
                return self.fail(number, &error);
            }
            let Surveys { fresh, .. } = surveys;
            gathered.with(|survey| survey.merge(fresh));
            self.finished.extend(compared.marks);
            looked.has_ended = true;
        }
        if let Some(file) = self.files.get_mut(number)
            && let State::Waiting { length, written, .. } = file.state
        {
            let state = State::Unpacked { length, written };
            *file = Followed { name: source.name.clone(), state, report };
        }
    }

    /// A file that cannot be read now may be whole later.
    fn fail(&mut self, number: usize, error: &io::Error) {
        if let Some(file) = self.files.get_mut(number) {
            file.report.fault = Some(error.to_string());
            if let State::Waiting { looks, .. } = &mut file.state {
                *looks = u32::MAX;
            }
        }
    }

    /// Reads a log on.
    fn read_on(
        &mut self,
        number: usize,
        here: &HashMap<FileId, PathBuf>,
        (gathered, progress): (&Gathered<'f>, &Progress),
        looked: &mut Looked,
    ) {
        let file = u32::try_from(self.first + number).unwrap_or(u32::MAX);
        let to = To { number: file, gathered, progress };
        self.make_room();
        let Some(Followed { state: State::Growing(growing), report, .. }) = self.files.get_mut(number) else {
            return;
        };
        let was_open = growing.is_open();
        let (mut turn, mut became) = (0, growing.look());
        self.open += usize::from(!was_open && growing.is_open());
        while matches!(became, Ok(Became::Longer)) && turn < TURN_BYTES {
            match growing.read(&mut self.buffer, to) {
                Ok(0) => break,
                Ok(count) => turn += count,
                Err(error) => became = Err(error),
            }
        }
        looked.is_behind |= turn >= TURN_BYTES;
        let is_here = here.contains_key(&growing.id);
        growing.departed = if is_here || turn > 0 { 0 } else { growing.departed + 1 };
        *report = growing.now.report.clone();
        report.fault = became.as_ref().err().map(ToString::to_string);
        if growing.departed > DEPARTED_LOOKS || matches!(became, Ok(Became::Another)) {
            looked.has_ended = true;
            self.end(number);
        }
    }

    /// Remembers a log that is at its end. What is in its place then is found by the next look.
    fn end(&mut self, number: usize) {
        let Some(file) = self.files.get_mut(number) else { return };
        if let State::Growing(growing) = std::mem::replace(&mut file.state, State::Over) {
            self.open -= usize::from(growing.is_open());
            self.finished.extend(growing.mark());
        }
        let too_many = self.finished.len().saturating_sub(FINISHED_MAX);
        self.finished.drain(..too_many);
    }

    /// Closes the log that grew longest ago, where too many are open.
    fn make_room(&mut self) {
        if self.open < OPEN_MAX {
            return;
        }
        let open = self.files.iter_mut().filter_map(|file| match &mut file.state {
            State::Growing(growing) if growing.is_open() => Some(growing),
            _ => None,
        });
        if let Some(oldest) = open.min_by_key(|growing| growing.written) {
            oldest.close();
            self.open -= 1;
        }
    }

    /// What is wrong with the paths: what is not there, but for names with `*` or `?`, or cannot be read.
    pub fn problems(&self) -> Vec<Problem> {
        let wrong = self.paths.iter().filter_map(|path| {
            let opened =
                files(path).and_then(|files| files.iter().try_for_each(|file| File::open(file).map(drop)));
            opened.err().map(|error| unreadable(path, &error))
        });
        wrong.collect()
    }

    /// Whether some of what was read here, and is not of what others had counted before, is in one of `marks` as well.
    pub fn has_read(&self, marks: &[FileMark]) -> bool {
        let is_same =
            |own: &FileMark| marks.iter().any(|mark| (mark.bytes, &mark.digest) == (own.bytes, &own.digest));
        self.finished.iter().any(is_same) || self.growing().any(|growing| growing.has_read(marks))
    }

    /// Finds all files anew, so that they are compared with what is known by now. Numbers of files go on.
    pub fn start_over(&mut self) -> (Vec<String>, Vec<FileReport>) {
        let (names, reports, _) = self.files();
        let (paths, first) = (std::mem::take(&mut self.paths), self.first + names.len());
        *self = Follower::new(paths, self.formats, first);
        (names, reports)
    }

    /// What the inventory is to remember of all that was read.
    pub fn marks(&self) -> Vec<FileMark> {
        self.finished.iter().cloned().chain(self.growing().filter_map(Growing::mark)).collect()
    }

    /// The files with what was in them, and how many were left out.
    pub fn files(&self) -> (Vec<String>, Vec<FileReport>, u64) {
        let reports = self.files.iter().map(|file| (file.name.clone(), file.report.clone()));
        let (names, reports) = reports.unzip();
        (names, reports, self.left_out)
    }
}

/// The beginning of a file; nothing where it cannot be read.
fn head(path: &Path) -> Vec<u8> {
    let mut buffer = vec![0; growing::HEAD_BYTES];
    let read = File::open(path).and_then(|file| read_at(&file, &mut buffer, 0).map(<[u8]>::len));
    buffer.truncate(read.unwrap_or_default());
    buffer
}

#[cfg(test)]
mod tests;
