//! Findings in the form that was asked for.

mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod scores;
mod text;

use std::io;

use clap::ValueEnum;
use model::{Finding, Problem, Severity};
use review::{Kind, Page, Review};
use spec::{Document, Library};

use super::Look;
use super::problems::Tally;

/// The form of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: stable, with a `schema_version`.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For build servers: JUnit's XML, a test for each rule and document.
    Junit,
    /// For GitHub Actions: an annotation for each finding.
    Github,
    /// For a comment on a pull request.
    Markdown,
}

/// One document and what was found in it.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The file as it was named.
    pub(crate) file: String,
    /// The document and what it refers to, for their text.
    pub(crate) library: Library,
    /// The version that it was held against, if it was.
    pub(crate) old: Option<Library>,
    /// What the rules say.
    pub(crate) review: Review,
}

/// What a review of several documents came to.
#[derive(Debug)]
pub(crate) struct Report {
    /// What made it: `review` or `diff`.
    pub(crate) command: &'static str,
    /// The rules that were asked.
    pub(crate) rules: Vec<Page>,
    /// The documents that were judged, at least in part.
    pub(crate) subjects: Vec<Subject>,
    /// What was not judged, in any of them or beside them.
    pub(crate) not_judged: Vec<Problem>,
    /// Findings that are in the baseline, and so in none of the subjects.
    pub(crate) known: usize,
    /// From which severity on a finding fails.
    pub(crate) fail_on: Severity,
}

/// Whether a rule is about documents of a kind; a kind of change is about all.
fn is_about(rule: &Page, kind: Kind) -> bool {
    review::rule(rule.id).ok().is_none_or(|rule| rule.kinds().any(|known| known == kind))
}

impl Report {
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.subjects.iter().flat_map(|subject| &subject.review.findings)
    }

    /// The rule called `id`, if it was asked.
    fn rule(&self, id: &str) -> Option<&Page> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    fn tally(&self) -> Tally {
        let count = |severity| self.findings().filter(|finding| finding.severity == severity).count();
        Tally {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }

    fn sum(&self, of: impl Fn(&Review) -> usize) -> usize {
        self.subjects.iter().map(|subject| of(&subject.review)).sum()
    }

    /// How many rules are about the kinds of documents that were judged.
    fn rules(&self) -> usize {
        let kinds: Vec<Kind> = self.subjects.iter().filter_map(|subject| subject.review.kind).collect();
        self.rules.iter().filter(|rule| kinds.iter().any(|kind| is_about(rule, *kind))).count()
    }

    /// What was judged and what was not, in lines that begin with the latter.
    fn summary(&self) -> Vec<String> {
        let s = |count: usize| if count == 1 { "" } else { "s" };
        let mut lines = Vec::new();
        if !self.not_judged.is_empty() {
            lines.push(format!(
                "not judged: {} thing{}, said first",
                self.not_judged.len(),
                s(self.not_judged.len())
            ));
        }
        let (documents, operations) =
            (self.sum(|review| review.judged.documents), self.sum(|review| review.judged.operations));
        let (schemas, rules) = (self.sum(|review| review.judged.schemas), self.rules());
        let channels = self.sum(|review| review.judged.channels);
        let messages = self.sum(|review| review.judged.messages);
        let of_events = match channels + messages {
            0 => String::new(),
            _ => format!(" {channels} channel{}, {messages} message{},", s(channels), s(messages)),
        };
        lines.push(format!(
            "judged: {documents} document{}, {operations} operation{},{of_events} {schemas} schema{}, by {rules} rules",
            s(documents),
            s(operations),
            s(schemas)
        ));
        let tally = self.tally();
        let mut found = if tally == Tally::default() { "nothing".to_owned() } else { tally.to_string() };
        let allowed = self.sum(|review| review.judged.allowed);
        for (count, how) in [(allowed, "allowed in the document"), (self.known, "in the baseline")] {
            if count > 0 {
                found.push_str(&format!("; {count} {how}"));
            }
        }
        lines.push(format!("found: {found}"));
        lines
    }
}

impl Subject {
    fn documents(&self) -> impl Iterator<Item = &Document> {
        self.library.documents().iter().chain(self.old.iter().flat_map(Library::documents))
    }

    pub(crate) fn source_of(&self, file: &str) -> Option<&str> {
        self.documents().find_map(|document| document.source_of(file))
    }
}

/// Writes the report in `format`, piece by piece: it may be longer than the documents. As text, of each rule only the first
/// few places are drawn unless `all` are asked for.
///
/// # Errors
/// Where `out` takes no more.
pub(crate) fn write(
    report: &Report,
    format: FindingsFormat,
    all: bool,
    look: Look,
    out: &mut impl io::Write,
) -> io::Result<()> {
    match format {
        FindingsFormat::Text => text::write(report, all, look, out),
        FindingsFormat::Json => json::write(report, out),
        FindingsFormat::Sarif => sarif::write(report, out),
        FindingsFormat::Junit => junit::write(report, out),
        FindingsFormat::Github => github::write(report, out),
        FindingsFormat::Markdown => markdown::write(report, out),
    }
}

/// A severity in the words of a report.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

#[cfg(test)]
mod tests;
