//! For people: by rule, the most severe first, each place under its line; a summary at the end.

use std::collections::BTreeMap;
use std::io;

use model::{Finding, Problem};

use super::{Report, Subject, scores};
use crate::output::Look;
use crate::output::problems::{self, Drawing};

/// Places of one rule that are drawn unless all are asked for.
const DRAWN_MAX: usize = 3;

/// What one rule found, and where.
type Found<'r> = Vec<(&'r Subject, &'r Finding)>;

/// The whole report.
pub(super) fn write(report: &Report, all: bool, look: Look, out: &mut impl io::Write) -> io::Result<()> {
    for problem in &report.not_judged {
        let file = problem.position.as_ref().map(|position| &*position.file);
        let source = file.and_then(|file| report.subjects.iter().find_map(|subject| subject.source_of(file)));
        let note = Some("this was not judged");
        let drawn = problems::draw(Drawing { problem, code: None, note }, source, look);
        out.write_all(drawn.as_bytes())?;
    }
    for (rule, found) in by_rule(report) {
        let drawn = if all { found.len() } else { found.len().min(DRAWN_MAX) };
        for (number, (subject, finding)) in found.iter().take(drawn).enumerate() {
            let problem = as_problem(finding);
            let title = report.rule(rule).map_or("", |rule| rule.title);
            let note = Some(title).filter(|_| number == 0);
            let source = subject.source_of(&finding.position.file);
            let drawing = Drawing { problem: &problem, code: Some(rule), note };
            out.write_all(problems::draw(drawing, source, look).as_bytes())?;
        }
        if drawn < found.len() {
            let left = found.len() - drawn;
            write!(out, "  and {left} more of `{rule}`; --all draws them\n\n")?;
        }
    }
    for line in report.summary().into_iter().chain(scores::lines(report)) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The findings of each rule; the rules with the most severe first, then those with the fewest.
fn by_rule(report: &Report) -> Vec<(&'static str, Found<'_>)> {
    let mut by_rule: BTreeMap<&'static str, Found<'_>> = BTreeMap::new();
    for subject in &report.subjects {
        for finding in &subject.review.findings {
            by_rule.entry(finding.rule).or_default().push((subject, finding));
        }
    }
    let mut rules: Vec<(&'static str, Found<'_>)> = by_rule.into_iter().collect();
    for (_, found) in &mut rules {
        found.sort_by_key(|(_, finding)| std::cmp::Reverse((finding.severity, requests(finding))));
    }
    let rank = |found: &Found<'_>| found.iter().map(|(_, finding)| finding.severity).max();
    rules.sort_by(|(_, a), (_, b)| rank(b).cmp(&rank(a)).then(a.len().cmp(&b.len())));
    rules
}

/// How often the operation is called, as far as that is known.
fn requests(finding: &Finding) -> u64 {
    let known = finding.evidence.iter().find(|(name, _)| *name == "requests");
    known.and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}

fn as_problem(finding: &Finding) -> Problem {
    let calls = calls(finding).map(|calls| format!(" ({calls})")).unwrap_or_default();
    Problem {
        severity: finding.severity,
        message: format!("{}{calls}", finding.message),
        help: Some(finding.fix.to_owned()),
        position: Some(finding.position.clone()),
    }
}

/// What is known of calls, as it stands behind the message of a finding.
fn calls(finding: &Finding) -> Option<String> {
    let of = |name: &str| {
        let found = finding.evidence.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    };
    let requests = of("requests")?;
    let s = if requests == "1" { "" } else { "s" };
    let day = of("last-called").and_then(|time| time.split('T').next());
    let last = day.map(|day| format!(", last on {day}")).unwrap_or_default();
    let by = of("consumers").map(|names| format!(", by {names}")).unwrap_or_default();
    Some(format!("called {requests} time{s}{last}{by}"))
}
