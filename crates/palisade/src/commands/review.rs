//! `palisade review`: what is wrong with specifications, before any code is written.

mod baseline;
mod files;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::{Finding, Problem, Severity};
use review::{Date, Review};
use spec::{Document, Library, LibraryLimits, Location, read_below};

use crate::cli::{self, Exit};
use crate::output::findings::{self, Report, Subject};
use crate::output::{self, Look};
use crate::reference::rules as pages;
use baseline::Baseline;
use files::Named;

/// Largest file that a specification may refer to, in bytes.
const FILE_BYTES_MAX: usize = 32 << 20;

/// Reviews what the arguments name, or says what the rules are.
pub(crate) fn run(arguments: &cli::Review) -> Exit {
    let printed = if arguments.list {
        output::print(&pages::list()).map(|()| Exit::Clean)
    } else if let Some(id) = &arguments.explain {
        return explain(id);
    } else {
        reviewed(arguments)
    };
    printed.unwrap_or(Exit::Failed)
}

fn explain(id: &str) -> Exit {
    let said = match review::rule(id) {
        Ok(rule) => output::print(&pages::explained(rule)).map(|()| Exit::Clean),
        Err(near) => {
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            output::report(&format!("error: no rule is called `{id}`{near}\n")).map(|()| Exit::Usage)
        }
    };
    said.unwrap_or(Exit::Failed)
}

fn reviewed(arguments: &cli::Review) -> std::io::Result<Exit> {
    let (named, mut not_judged) = files::named(&arguments.specs);
    let baseline =
        match arguments.baseline.as_deref().map(|file| Baseline::read(file, arguments.update_baseline)) {
            Some(Ok(baseline)) => Some(baseline),
            Some(Err(problem)) => {
                output::report(&format!("error: {problem}\n"))?;
                return Ok(Exit::Usage);
            }
            None => None,
        };
    let today = today();
    let mut subjects: Vec<Subject> =
        named.into_iter().filter_map(|named| subject(named, today, &mut not_judged)).collect();
    subjects.iter_mut().for_each(|subject| not_judged.append(&mut subject.review.not_judged));
    if let (Some(file), true) = (&arguments.baseline, arguments.update_baseline) {
        let findings = subjects.iter().flat_map(|subject| &subject.review.findings);
        return updated(file, findings);
    }
    let mut known = 0;
    for subject in &mut subjects {
        let all = subject.review.findings.len();
        let is_new = |finding: &Finding| !baseline.as_ref().is_some_and(|baseline| baseline.has(finding));
        subject.review.findings.retain(is_new);
        known += all - subject.review.findings.len();
    }
    let report = Report { subjects, not_judged, known, fail_on: arguments.fail_on.severity() };
    let status = exit(&report);
    match findings::render(&report, arguments.format, arguments.all, Look::of_stdout()) {
        Ok(text) => output::print(&text).map(|()| status),
        Err(_) => Ok(Exit::Failed),
    }
}

fn updated<'f>(file: &Path, findings: impl Iterator<Item = &'f Finding>) -> std::io::Result<Exit> {
    match baseline::write(file, findings) {
        Ok(count) => {
            let s = if count == 1 { "" } else { "s" };
            output::report(&format!("wrote {count} finding{s} to `{}`\n", file.display()))?;
            Ok(Exit::Clean)
        }
        Err(error) => {
            output::report(&format!("error: `{}` cannot be written: {error}\n", file.display()))?;
            Ok(Exit::Failed)
        }
    }
}

/// The review of one file; nothing for one that was only found in a folder, and is no API document.
fn subject(named: Named, today: Date, not_judged: &mut Vec<Problem>) -> Option<Subject> {
    let Named { name, path, bytes, found } = named;
    let (document, problems) = Document::parse(&name, bytes, &spec::Limits::default());
    let says = |key: &str| document.root().get(key).is_some();
    if found && !["openapi", "swagger", "asyncapi"].iter().any(|key| says(key)) {
        return None;
    }
    not_judged.extend(problems);
    let (library, problems) = library(document, path);
    not_judged.extend(problems);
    let review: Review = review::review(&library, review::ALL, today);
    Some(Subject { file: name, library, review })
}

/// The document with the files that it refers to: those at or below its folder, and none on a host.
fn library(document: Document, path: Option<PathBuf>) -> (Library, Vec<Problem>) {
    let Some(path) = path else { return (Library::of(document), Vec::new()) };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let loader = |location: Location<'_>| match location {
        Location::File(file) => read_below(&folder, file, FILE_BYTES_MAX),
        Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    Library::load(document, &LibraryLimits::default(), &loader)
}

/// The day in UTC, for allowances that end.
fn today() -> Date {
    let text = Timestamp::now().strftime("%Y-%m-%d").to_string();
    text.parse().unwrap_or(Date::LAST)
}

/// [`Exit::Usage`] where something cannot be read at all, or nothing was judged, [`Exit::Findings`] where a finding is at or above `fail_on`.
fn exit(report: &Report) -> Exit {
    let judged: usize = report.subjects.iter().map(|subject| subject.review.judged.documents).sum();
    if judged == 0 || report.not_judged.iter().any(|problem| problem.severity == Severity::Error) {
        return Exit::Usage;
    }
    match report.findings().any(|finding| finding.severity >= report.fail_on) {
        true => Exit::Findings,
        false => Exit::Clean,
    }
}
