//! What becomes of what was found: held against a baseline, or written to it, and shown.

use std::io;
use std::path::{Path, PathBuf};

use model::{Finding, Problem, Severity};
use review::Page;

use super::baseline::{self, Baseline};
use super::fix;
use crate::cli::{Exit, FixTo};
use crate::output::findings::{self, FindingsFormat, Report, Subject};
use crate::output::problems::{self, Sources};
use crate::output::{self, Look};

/// What is wanted of the result.
#[derive(Debug)]
pub(in crate::commands) struct Wanted {
    /// What made it: `review` or `diff`.
    pub(in crate::commands) command: &'static str,
    /// That there was nothing to judge is no fault.
    pub(in crate::commands) may_be_empty: bool,
    pub(in crate::commands) format: FindingsFormat,
    pub(in crate::commands) all: bool,
    pub(in crate::commands) fail_on: Severity,
    pub(in crate::commands) baseline: Option<PathBuf>,
    pub(in crate::commands) update_baseline: bool,
    /// Where to write what mends findings, which are not shown then.
    pub(in crate::commands) fix: Option<FixTo>,
    /// The rules that were asked.
    pub(in crate::commands) rules: Vec<Page>,
}

/// Shows what was found, or writes it to the baseline, and says how the command ends.
pub(in crate::commands) fn end(
    wanted: Wanted,
    subjects: Vec<Subject>,
    not_judged: Vec<Problem>,
) -> io::Result<Exit> {
    let baseline = match wanted
        .baseline
        .as_deref()
        .map(|file| Baseline::read(file, wanted.command, wanted.update_baseline))
    {
        Some(Ok(baseline)) => Some(baseline),
        Some(Err(problem)) => {
            output::report(&format!("error: {problem}\n"))?;
            return Ok(Exit::Usage);
        }
        None => None,
    };
    let Wanted { command, may_be_empty, fail_on, rules, .. } = wanted;
    let mut report = Report { command, rules, subjects, not_judged, known: 0, fail_on };
    match (wanted.baseline, wanted.update_baseline) {
        (Some(file), true) => return update(&file, &report, may_be_empty),
        (None, true) => {
            output::report("error: no baseline is named, by `--baseline` or in the config\n")?;
            return Ok(Exit::Usage);
        }
        (_, false) => {}
    }
    for subject in &mut report.subjects {
        let all = subject.review.findings.len();
        let is_new = |finding: &Finding| !baseline.as_ref().is_some_and(|baseline| baseline.has(finding));
        subject.review.findings.retain(is_new);
        report.known += all - subject.review.findings.len();
    }
    if let Some(to) = &wanted.fix {
        match fix::fix(to, &mut report.subjects) {
            Ok(lines) => output::report(&(lines.join("\n") + "\n"))?,
            Err(message) => {
                output::report(&format!("error: {message}\n"))?;
                return Ok(Exit::Failed);
            }
        }
    }
    let status = exit(&report, may_be_empty);
    let look = Look::of_stdout();
    output::print_by(|out| findings::write(&report, wanted.format, wanted.all, look, out))?;
    Ok(status)
}

/// Writes the findings to `file`, and says what could not be judged, since that is not in it. Where a document could not be
/// judged at all, what was known of it would be lost, and nothing is written.
fn update(file: &Path, report: &Report, may_be_empty: bool) -> io::Result<Exit> {
    let is_incomplete = exit(report, may_be_empty) == Exit::Usage;
    let count = report.not_judged.len();
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let written =
        if is_incomplete { Ok(0) } else { baseline::write(file, report.command, report.findings()) };
    let source = |file: &str| {
        let subjects = report.subjects.iter();
        subjects.filter_map(|subject| subject.source_of(file)).next().map(str::to_owned)
    };
    let sources: &Sources<'_> = &source;
    output::report(&problems::text(report.not_judged.clone(), sources, Look::of_stderr()))?;
    match written {
        Ok(_) if is_incomplete => {
            output::report(&format!(
                "error: `{}` is not written, since not all could be judged\n",
                file.display()
            ))?;
            Ok(Exit::Usage)
        }
        Ok(found) => {
            output::report(&format!("wrote {found} finding{} to `{}`\n", s(found), file.display()))?;
            if count > 0 {
                output::report(&format!(
                    "not judged, and so not in it: {count} thing{}, said above\n",
                    s(count)
                ))?;
            }
            Ok(Exit::Clean)
        }
        Err(error) => {
            output::report(&format!("error: `{}` cannot be written: {error}\n", file.display()))?;
            Ok(Exit::Failed)
        }
    }
}

/// [`Exit::Usage`] where something cannot be read at all, or nothing was judged, [`Exit::Findings`] where a finding is at or
/// above `fail_on`.
fn exit(report: &Report, may_be_empty: bool) -> Exit {
    let judged: usize = report.subjects.iter().map(|subject| subject.review.judged.documents).sum();
    let is_empty = judged == 0 && !may_be_empty;
    if is_empty || report.not_judged.iter().any(|problem| problem.severity == Severity::Error) {
        return Exit::Usage;
    }
    match report.findings().any(|finding| finding.severity >= report.fail_on) {
        true => Exit::Findings,
        false => Exit::Clean,
    }
}
