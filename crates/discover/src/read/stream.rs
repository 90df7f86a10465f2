//! What comes through a stream is gathered while it goes on: others take away what is there.

use std::io;
use std::sync::{Mutex, PoisonError};

use spec::Contract;

use super::{FileReport, Lines, Progress, Sink, Surveys, Target, Written, read_lines, read_traffic};
use crate::learn::LearnLimits;
use crate::logs::LineReader;
use crate::survey::Survey;

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
