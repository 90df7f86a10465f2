//! `palisade discover` of what goes on: what comes is told to the inventory at intervals, until it ends or is told to.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use discover::logs::Formats;
use discover::{
    FileReport, Findings, Follower, Gathered, LearnLimits, Looked, Progress, Read, Survey, Written,
    read_stream,
};
use model::inventory::{FileMark, SourceKind};

use super::ending::Ending;
use super::interface::{Interface, InterfaceFault, Listening};
use super::operations::{Listed, listed};
use super::teller::{Teller, Told};
use super::told::{self, Words};
use super::{Declared, conclude, fail, refuse};
use crate::cli::{Discovery, Exit, Status};
use crate::commands::inventory::Fault;
use crate::output::{self, Look, problems};

/// How often files are looked at, at least.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What goes on, and what is to become of it.
pub(super) struct Live<'l> {
    pub(super) discovery: &'l Discovery,
    pub(super) written: Written<'l>,
    pub(super) paths: &'l [PathBuf],
    /// The formats of lines, where files are followed.
    pub(super) followed: Option<&'l Formats>,
    pub(super) listened: Option<Listened<'l>>,
}

/// An interface that is listened to.
#[derive(Clone, Copy)]
pub(super) struct Listened<'l> {
    pub(super) name: &'l str,
    /// Logs of keys, which may grow meanwhile.
    pub(super) keylog: &'l [PathBuf],
    /// How long; none where it is until interrupted.
    pub(super) duration: Option<Duration>,
}

impl Live<'_> {
    /// Whether it goes on until it is told to end.
    pub(super) fn goes_on(&self) -> bool {
        self.followed.is_some() || self.listened.is_some()
    }

    /// What the source is called.
    fn name(&self) -> String {
        let first = self.paths.first().map(|path| path.display().to_string());
        match (self.listened, first.unwrap_or_default(), self.paths.len()) {
            (Some(listened), ..) => format!("interface {}", listened.name),
            (None, first, 0 | 1) => first,
            (None, first, count) => format!("{first} and {} more", count - 1),
        }
    }
}

/// Reads what goes on, and tells of it.
pub(super) fn run(live: &Live<'_>, declared: &Declared) -> Exit {
    let listened = live.listened.map(|listened| Ok((Interface::listen(listened.name)?, listened)));
    let mut listened = match listened.transpose() {
        Ok(listened) => listened,
        Err(fault) => return refuse_interface(&fault),
    };
    let duration = live.listened.and_then(|listened| listened.duration);
    let ending = match Ending::listen(live.followed.is_some(), duration) {
        Ok(ending) => ending,
        Err(error) => return fail(&format!("error: signals cannot be received: {error}\n")),
    };
    let is_stream = |path: &PathBuf| path == Path::new("-");
    let (streams, paths): (Vec<_>, Vec<_>) = live.paths.iter().cloned().partition(is_stream);
    let names = streams.first().map(|_| "-").or(live.listened.map(|listened| listened.name));
    let names: Vec<String> = names.map(str::to_owned).into_iter().collect();
    let follower = live.followed.map(|formats| Follower::new(paths, formats, names.len()));
    let wrong = follower.as_ref().map(Follower::problems).unwrap_or_default();
    if !wrong.is_empty() {
        return fail(&problems::text(wrong, &|_| None, Look::of_stderr()));
    }
    let gathered = Gathered::new(&declared.contracts, LearnLimits::default());
    let mut going = match Going::begin(live, declared, &gathered, (names, follower)) {
        Ok(going) => going,
        Err(fault) => return refuse(&fault),
    };
    let (went, streams) = thread::scope(|scope| {
        let mut reading = Vec::new();
        let gathered = &gathered;
        if let Some((interface, listened)) = listened.take() {
            let listening = Listening { interface, ending: ending.stream(), keylog: listened.keylog };
            reading.push(scope.spawn(move || listening.run(gathered)));
        } else if !going.names.is_empty() {
            let stream = ending.stdin();
            reading.push(scope.spawn(move || match stream {
                Ok(stream) => read_stream(stream, 0, live.written, gathered),
                Err(error) => FileReport { fault: Some(error.to_string()), ..FileReport::default() },
            }));
        }
        let went = going.run(&ending);
        ending.end();
        let joined = reading.into_iter().map(thread::ScopedJoinHandle::join);
        let streams = joined.map(|read| read.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (went, streams.collect())
    });
    match went.and_then(|()| going.finish(streams)) {
        Ok(exit) => exit,
        Err(fault) => refuse(&fault),
    }
}

/// An interface that is not there is wrong usage; that the system says no is not.
fn refuse_interface(fault: &InterfaceFault) -> Exit {
    match (output::report(&fault.to_string()), fault) {
        (Ok(()), InterfaceFault::Unknown(..) | InterfaceFault::Link(..)) => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// What goes on, and what came of it until now.
struct Going<'g, 'd> {
    live: &'g Live<'d>,
    declared: &'d Declared,
    gathered: &'g Gathered<'d>,
    /// Streams, whose numbers are before those of files.
    names: Vec<String>,
    /// What was in files before they were found anew; their numbers are before those that are followed now.
    passed: Vec<FileReport>,
    follower: Option<Follower<'d>>,
    progress: Progress,
    teller: Option<Teller<'d>>,
    /// What was told by sources that others were added to since, or that were taken back.
    before: Survey<'d>,
    /// What the present source has told.
    current: Survey<'d>,
    /// What could not be told.
    untold: Survey<'d>,
}

impl<'g, 'd> Going<'g, 'd> {
    fn begin(
        live: &'g Live<'d>,
        declared: &'d Declared,
        gathered: &'g Gathered<'d>,
        (names, follower): (Vec<String>, Option<Follower<'d>>),
    ) -> Result<Going<'g, 'd>, Fault> {
        let kind = match live.written {
            Written::Lines(_) => SourceKind::Log,
            Written::Traffic(_) => SourceKind::Traffic,
        };
        Ok(Going {
            live,
            declared,
            gathered,
            names,
            passed: Vec::new(),
            follower,
            progress: Progress::default(),
            teller: Teller::begin(&live.discovery.outcome, kind, live.name(), declared)?,
            before: gathered.empty(),
            current: gathered.empty(),
            untold: gathered.empty(),
        })
    }

    /// Goes on until it ends by itself, is told to, or finds what it is to fail on.
    fn run(&mut self, ending: &Ending) -> Result<(), Fault> {
        let every = self.live.discovery.every.0;
        let mut looked = self.look()?;
        if let Some(follower) = &self.follower {
            output::report(&format!("following {} files\n", follower.files().0.len()))?;
        }
        if let Some(listened) = self.live.listened {
            output::report(&format!("listening to `{}`\n", listened.name.escape_debug()))?;
        }
        let mut told_at = Instant::now();
        loop {
            let pause = if looked.is_behind { Duration::ZERO } else { every.min(LOOK_INTERVAL) };
            if ending.wait(pause) {
                return Ok(());
            }
            looked = self.look()?;
            if looked.has_ended || told_at.elapsed() >= every {
                if let Err(fault) = self.tell() {
                    output::report(&format!("warning: the inventory is not told of what comes: {fault}"))?;
                }
                told_at = Instant::now();
                if self.has_found() {
                    return Ok(());
                }
            }
        }
    }

    fn look(&mut self) -> Result<Looked, Fault> {
        let Some(follower) = &mut self.follower else { return Ok(Looked::default()) };
        let teller = &mut self.teller;
        let mut known = || teller.as_mut().map(Teller::known).transpose().map(Option::unwrap_or_default);
        follower.look(self.gathered, &self.progress, &mut known)
    }

    /// Tells the inventory of what came; what cannot be told is told the next time.
    fn tell(&mut self) -> Result<(), Fault> {
        while let Some(met) = self.try_to_tell()? {
            let has_read = self.follower.as_ref().is_some_and(|follower| follower.has_read(&met));
            match &mut self.teller {
                Some(teller) if !has_read => teller.compared(&met),
                _ => self.start_over(&met)?,
            }
        }
        Ok(())
    }

    /// Forgets what was not told yet, and reads it again as far as others have not counted it meanwhile.
    fn start_over(&mut self, met: &[FileMark]) -> Result<(), Fault> {
        let Some(teller) = &mut self.teller else { return Ok(()) };
        if self.names.len() > self.passed.len() {
            // What came through standard input is with it, and cannot be read again.
            teller.compared(met);
            let said =
                "warning: another run has counted the same log meanwhile; some of its lines count twice\n";
            return Ok(output::report(said)?);
        }
        output::report("another run has counted the same log meanwhile, which is read on from there\n")?;
        teller.start_over();
        drop(self.gathered.take());
        self.untold = self.gathered.empty();
        self.before.merge(std::mem::replace(&mut self.current, self.gathered.empty()));
        if let Some(follower) = &mut self.follower {
            let (names, reports) = follower.start_over();
            self.names.extend(names);
            self.passed.extend(reports);
        }
        while self.look()?.is_behind {}
        Ok(())
    }

    /// Files that others have counted, if they did and nothing was told for that reason.
    fn try_to_tell(&mut self) -> Result<Option<Vec<FileMark>>, Fault> {
        self.untold.merge(self.gathered.take());
        let mut all = self.current.clone();
        all.merge(self.untold.clone());
        let Some(teller) = &mut self.teller else {
            self.untold = self.gathered.empty();
            self.current = all;
            return Ok(None);
        };
        let marks = self.follower.as_ref().map(Follower::marks).unwrap_or_default();
        let (everything, untold) = (all.clone().finish(), self.untold.clone().finish());
        let told =
            teller.tell(&everything, &untold, &marks, &all_names(&self.names, self.follower.as_ref()))?;
        let untold = std::mem::replace(&mut self.untold, self.gathered.empty());
        match told {
            Told::Nothing => self.untold = untold,
            Told::GoesOn => self.current = all,
            Told::Anew => self.before.merge(std::mem::replace(&mut self.current, untold)),
            Told::Met(marks) => {
                self.untold = untold;
                return Ok(Some(marks));
            }
        }
        Ok(None)
    }

    fn findings(&self) -> Findings {
        let mut all = self.before.clone();
        all.merge(self.current.clone());
        all.merge(self.untold.clone());
        all.finish()
    }

    /// Whether something came that it is to fail on. That nothing calls an operation is known at the end alone.
    fn has_found(&self) -> bool {
        let statuses = self.live.discovery.fail_on.iter().filter(|status| **status != Status::Orphan);
        let statuses: Vec<Status> = statuses.copied().collect();
        if statuses.is_empty() {
            return false;
        }
        let findings = self.findings();
        let listed = listed(&self.declared.contracts, &findings, &[]);
        listed
            .iter()
            .any(|operation: &Listed<'_>| operation.status.is_some_and(|status| statuses.contains(&status)))
    }

    /// Looks and tells for the last time; what came in all.
    fn finish(mut self, streams: Vec<FileReport>) -> Result<Exit, Fault> {
        self.look()?;
        self.tell()?;
        let findings = self.findings();
        let (mut names, mut files, mut left_out) = (self.names, streams, 0);
        // What is read again from its beginning is said once.
        let passed = self.passed.len();
        files.extend(self.passed);
        if let Some(follower) = &self.follower {
            let (more_names, more_files, more) = follower.files();
            names.extend(more_names);
            files.extend(more_files);
            left_out = more;
        }
        let read = Read { findings, fresh: None, files };
        let words = Words::of(self.live.written);
        let mut said = told::text(names.iter().zip(&read.files).skip(passed), &words);
        if left_out > 0 {
            said.push_str(&format!("warning: {left_out} files are more than can be followed\n"));
        }
        output::report(&said)?;
        if !self.live.goes_on() && read.files.iter().all(|file| file.formats.is_empty()) {
            return Ok(fail(words.no_request));
        }
        Ok(conclude(self.live.discovery, self.declared, &names, &read))
    }
}

/// The names of streams and files, by number.
fn all_names(streams: &[String], follower: Option<&Follower<'_>>) -> Vec<String> {
    let files = follower.map(|follower| follower.files().0).unwrap_or_default();
    streams.iter().cloned().chain(files).collect()
}
