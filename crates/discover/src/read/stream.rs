//! What comes through a stream is gathered while it goes on: others take away what is there.

use std::io;
use std::sync::{Mutex, PoisonError};

use model::Timestamp;
use spec::Contract;

use super::{FileReport, Lines, Progress, Sink, Surveys, Target, Written, read_lines, read_traffic};
use crate::capture::{Capture, Packet};
use crate::keys::KeyLog;
use crate::learn::LearnLimits;
use crate::logs::LineReader;
use crate::survey::Survey;

/// What packets are told to be in that are listened to.
const INTERFACE: &str = "interface";

/// What came since somebody last took it.
#[derive(Debug)]
pub struct Gathered<'c> {
    contracts: &'c [Contract],
    limits: LearnLimits,
    survey: Mutex<Survey<'c>>,
}

impl<'c> Gathered<'c> {
    /// Nothing yet.
    pub fn new(contracts: &'c [Contract], limits: LearnLimits) -> Gathered<'c> {
        Gathered { contracts, limits, survey: Mutex::new(Survey::new(contracts, limits)) }
    }

    /// Takes away what is there.
    pub fn take(&self) -> Survey<'c> {
        let mut taken = self.empty();
        self.with(|survey| std::mem::swap(survey, &mut taken));
        taken
    }

    /// One that has seen nothing, to which what is taken can be added.
    pub fn empty(&self) -> Survey<'c> {
        Survey::new(self.contracts, self.limits)
    }

    pub(super) fn surveys(&self) -> Surveys<'c> {
        Surveys { fresh: self.empty(), counted: self.empty() }
    }

    /// A reader that panicked ends the run; until then, what it had gathered is still true.
    pub(super) fn with(&self, take_in: impl FnOnce(&mut Survey<'c>)) {
        take_in(&mut self.survey.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Listens to packets that come one by one; what they tell is gathered as it comes.
#[derive(Debug)]
pub struct Listener<'g, 'c> {
    capture: Capture,
    gathered: &'g Gathered<'c>,
    /// The number of the interface in its run.
    file: u32,
    report: FileReport,
    progress: Progress,
}

impl<'g, 'c> Listener<'g, 'c> {
    /// Listens to what has the number `file` in its run.
    pub fn new(file: u32, gathered: &'g Gathered<'c>) -> Listener<'g, 'c> {
        let (report, progress) = (FileReport::default(), Progress::default());
        Listener { capture: Capture::new(&KeyLog::default()), gathered, file, report, progress }
    }

    /// Takes in a packet that came at `time`, with its headers of this type of link
    /// (<https://www.tcpdump.org/linktypes.html>).
    pub fn hear(&mut self, link: u32, time: Option<Timestamp>, bytes: &[u8]) {
        let packet = Packet { link, time, bytes };
        self.with(|capture, target| capture.hear(&packet, &mut |told| target.hear(INTERFACE, told)));
    }

    /// Takes in more lines of a log of keys.
    pub fn add_keys(&mut self, text: &str) {
        self.capture.add_keys(text);
    }

    /// Nothing more comes; what was heard.
    pub fn finish(mut self) -> FileReport {
        self.with(|capture, target| capture.end(&mut |told| target.hear(INTERFACE, told)));
        self.report
    }

    fn with(&mut self, act: impl FnOnce(&mut Capture, &mut Target<'_, 'c>)) {
        let Listener { capture, gathered, file, report, progress } = self;
        act(capture, &mut Target { file: *file, sink: Sink::Shared(gathered), report, progress });
    }
}

/// Reads `stream`, which is the file of this number in its run, to its end; what it tells is gathered as it comes.
pub fn read_stream(
    stream: impl io::Read,
    file: u32,
    written: Written<'_>,
    gathered: &Gathered<'_>,
) -> FileReport {
    let (mut report, progress) = (FileReport::default(), Progress::default());
    let mut target = Target { file, sink: Sink::Shared(gathered), report: &mut report, progress: &progress };
    let read = match written {
        Written::Lines(formats) => {
            read_lines(Lines::new(stream, 0, u64::MAX), LineReader::new(formats), &mut target)
        }
        Written::Traffic(keys) => read_traffic(stream, keys, &mut target),
    };
    report.fault = read.err().map(|error| error.to_string());
    report
}
