//! What a new version of a document loosens or breaks, held against the old one.

mod change;
mod controls;
mod events;
mod kinds;
mod matching;
mod pair;
mod report;
mod schemes;
mod server;
mod shape;
mod walk;

use model::{Problem, Severity};
use spec::Library;

use crate::allow::{self, Date};
use crate::view::View;
use crate::{Judged, Kind, Review};
use pair::Pair;
use report::{Changes, Found};

pub use change::{Change, Matter};
pub use kinds::{CHANGES, change};

/// Asks every one of `kinds` what became worse from the document of `old` to that of `new`, as of the day `today`, until which
/// allowances of the new one may last.
///
/// It never fails: what cannot be compared is said in [`Review::not_judged`].
pub fn diff(old: &Library, new: &Library, kinds: &[&Change], today: Date) -> Review {
    let (old, new_view) = match (View::of(old), View::of(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let problems = [old.err(), new.err()].into_iter().flatten().map(|problem| *problem);
            return Review { not_judged: problems.collect(), ..Review::default() };
        }
    };
    if old.kind() != new_view.kind() {
        return Review {
            not_judged: vec![of_two_kinds(new, old.kind(), new_view.kind())],
            ..Review::default()
        };
    }
    let pair = Pair::of(&old, &new_view);
    let mut found: Vec<Found> = Vec::new();
    for kind in kinds {
        let mut changes = Changes::new(kind, &pair);
        (kind.check)(&pair, &mut changes);
        found.extend(changes.into_found());
    }
    let mut judged = Judged {
        documents: 1,
        operations: pair.called().count(),
        channels: pair.events.channels.both.len(),
        messages: pair.flows.iter().map(|flow| flow.both.len()).sum(),
        schemas: pair.values.len(),
        allowed: 0,
    };
    drop(pair);
    let kind = Some(new_view.kind());
    let mut not_judged: Vec<Problem> = [old, new_view].into_iter().flat_map(View::into_gaps).collect();
    // An allowance outlives the change that it is about, so one that finds nothing is not said.
    judged.allowed = allow::apply(new, &[], today, (&mut found, about), &mut not_judged);
    let mut findings: Vec<model::Finding> = found.into_iter().map(|found| found.finding).collect();
    findings.sort_by(|a, b| crate::place(a).cmp(&crate::place(b)).then_with(|| a.rule.cmp(b.rule)));
    Review { findings, not_judged, judged, scores: Vec::new(), kind }
}

/// Requests and messages are not two versions of one thing.
fn of_two_kinds(new: &Library, was: Kind, is: Kind) -> Problem {
    let message = format!("a document of {} is no version of one of {}", is.name(), was.name());
    let document = new.root().and_then(|root| Some((new.document(root.document)?, root)));
    let problem = match document {
        Some((document, root)) => document.problem(Severity::Error, root.node, message),
        None => Problem::error(message),
    };
    problem.help("name two versions of one document")
}

fn about(found: &Found) -> (&'static str, &str, &str) {
    (found.finding.rule, &found.file, &found.pointer)
}
