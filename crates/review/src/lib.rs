//! Security rules over API documents: what a specification gets wrong before any code is written, and what a new version of
//! it makes worse.

mod allow;
mod diff;
mod fingerprint;
mod fixes;
mod page;
mod report;
mod rule;
mod rules;
mod ruleset;
mod score;
mod view;
mod words;

use std::fmt;

use model::{Finding, Problem};
use spec::Library;

pub use allow::{Allowance, Date};
pub use diff::{CHANGES, Change, Matter, change, diff};
pub use fixes::{FIXERS, Fix, Fixer, fixer, fixes};
pub use page::Page;
pub use rule::{Kind, Rule};
pub use rules::{ALL, rule};
pub use ruleset::{Ruleset, RulesetLoader};
pub use score::{Cost, FULL_TENTHS, Score, weight};

use report::{Findings, Found};
use view::View;

/// What the rules say of one API, and what they could not look at.
#[derive(Debug, Default)]
pub struct Review {
    /// In the order of the document.
    pub findings: Vec<Finding>,
    /// What was not judged, and why: to be read before the findings.
    pub not_judged: Vec<Problem>,
    /// How much was judged.
    pub judged: Judged,
    /// How it stands in each row of the OWASP API Security Top 10; none where the document is not understood, and none of
    /// changes.
    pub scores: Vec<Score>,
    /// What kind of document it is; nothing where it is none that is understood.
    pub kind: Option<Kind>,
}

/// How much of an API was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// 1, or 0 where the document is none that is understood.
    pub documents: usize,
    /// Operations that callers can ask for; of messages, all that receive or send.
    pub operations: usize,
    /// Channels of messages.
    pub channels: usize,
    /// Messages, each once.
    pub messages: usize,
    /// Schemas, each once.
    pub schemas: usize,
    /// Findings that the document itself allows, with a reason and a last day.
    pub allowed: usize,
}

/// Asks every one of `rules` about the document of `library`, as of the day `today`, until which allowances may last.
///
/// It never fails: what cannot be understood is said in [`Review::not_judged`].
pub fn review(library: &Library, rules: &[&Rule], today: Date) -> Review {
    review_with(library, &Asked { rules, rulesets: &[], keep: &|_| true }, today)
}

/// What is asked of a document.
pub struct Asked<'a> {
    /// Our rules.
    pub rules: &'a [&'a Rule],
    /// The rules of a team beside them.
    pub rulesets: &'a [Ruleset],
    /// Gives a finding the severity that it has for whoever asks, and says whether it is one for them. What the document
    /// itself allows is not shown to it, and scores are of what it leaves.
    pub keep: &'a dyn Fn(&mut Finding) -> bool,
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("rules", &self.rules)
            .field("rulesets", &self.rulesets)
            .finish_non_exhaustive()
    }
}

/// As [`review`], of all that is asked.
pub fn review_with(library: &Library, asked: &Asked<'_>, today: Date) -> Review {
    let Asked { rules, rulesets, keep } = *asked;
    let view = match View::of(library) {
        Ok(view) => view,
        Err(problem) => return Review { not_judged: vec![*problem], ..Review::default() },
    };
    let mut found = Vec::new();
    for rule in rules.iter().filter(|rule| rule.kinds().any(|kind| kind == view.kind())) {
        let mut findings = Findings::new(rule, &view);
        (rule.check)(&view, &mut findings);
        found.extend(findings.into_found());
    }
    let (mut judged, kind) = (view.judged(), Some(view.kind()));
    let mut not_judged = Vec::new();
    let mut asked: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
    for ruleset in rulesets {
        asked.extend(ruleset.ids());
        let (findings, left_out) = ruleset.findings(library);
        found.extend(findings.into_iter().map(|finding| Found { finding, spot: None }));
        let said = |id: &str| Problem::warning(format!("the rule `{id}` selects too much to be looked at"));
        not_judged.extend(left_out.into_iter().map(said));
    }
    judged.allowed = allow::apply(library, &asked, today, (&mut found, about), &mut not_judged);
    found.retain_mut(|found| keep(&mut found.finding));
    let scores = score::scores(&view, rules, &found);
    let mut findings: Vec<Finding> = found.into_iter().map(|found| found.finding).collect();
    findings.sort_unstable_by(|a, b| (place(a), a.rule, &a.message).cmp(&(place(b), b.rule, &b.message)));
    not_judged.splice(0..0, view.into_gaps());
    Review { findings, not_judged, judged, scores, kind }
}

fn about<'t>(Found { finding, .. }: &'t Found<'_>) -> (&'static str, &'t str, &'t str) {
    (finding.rule, &finding.position.file, &finding.position.pointer)
}

fn place(finding: &Finding) -> (&str, usize, &str) {
    (&finding.position.file, finding.position.span.0, &finding.position.pointer)
}
