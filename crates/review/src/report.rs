//! Where rules put what they find: positions, operations and fingerprints are added here.

use model::{Finding, Position, Severity};
use spec::{Document, Spot};

use crate::rule::Rule;
use crate::view::{Operation, View};

/// A finding and what it is about.
#[derive(Debug)]
pub(crate) struct Found<'l> {
    pub(crate) finding: Finding,
    /// Nothing for one of a ruleset, which no row of the OWASP list is about.
    pub(crate) spot: Option<Spot<'l>>,
}

/// What one rule finds in one document.
#[derive(Debug)]
pub(crate) struct Findings<'r, 'l> {
    rule: &'r Rule,
    view: &'r View<'l>,
    found: Vec<Found<'l>>,
}

impl<'r, 'l> Findings<'r, 'l> {
    pub(crate) fn new(rule: &'r Rule, view: &'r View<'l>) -> Findings<'r, 'l> {
        Findings { rule, view, found: Vec::new() }
    }

    pub(crate) fn into_found(self) -> Vec<Found<'l>> {
        self.found
    }

    /// Something is wrong at `spot`; a scalar is kept as evidence.
    pub(crate) fn add(&mut self, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, self.rule.severity, message.into(), spot.node.scalar());
    }

    /// As [`Findings::add`], at the name of the member that `spot` is, whatever it holds.
    pub(crate) fn add_named(&mut self, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, self.rule.severity, message.into(), None);
    }

    /// As [`Findings::add_named`], with another severity than the rule's.
    pub(crate) fn add_named_as(&mut self, severity: Severity, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, severity, message.into(), None);
    }

    /// As [`Findings::add`], where it matters less than the rule says: the document says that it is meant so.
    pub(crate) fn add_as(&mut self, severity: Severity, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, severity, message.into(), spot.node.scalar());
    }

    /// As [`Findings::add`], where the value at `spot` is not to be shown: it may be a credential.
    pub(crate) fn add_hidden(&mut self, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, self.rule.severity, message.into(), None);
    }

    /// As [`Findings::add_hidden`], with another severity than the rule's.
    pub(crate) fn add_hidden_as(&mut self, severity: Severity, spot: Spot<'l>, message: impl Into<String>) {
        self.push(spot, severity, message.into(), None);
    }

    /// Every operation that callers can ask for, that `may_answer` so, and that does not describe its answer `status`, or says nothing of what it
    /// holds.
    pub(crate) fn add_undescribed(&mut self, status: &str, may_answer: impl Fn(&Operation<'l>) -> bool) {
        let view = self.view;
        for operation in view.called().filter(|operation| may_answer(operation)) {
            let name = operation.name();
            match operation.response(status) {
                None => {
                    let at = operation.spot.get("responses").unwrap_or(operation.spot);
                    self.add(at, format!("`{name}` does not describe its answer {status}"));
                }
                Some(response) if response.contents.is_empty() => {
                    let status = response.status;
                    self.add(response.listed, format!("the answer {status} of `{name}` has no content"));
                }
                Some(_) => {}
            }
        }
    }

    fn push(&mut self, spot: Spot<'l>, severity: Severity, message: String, value: Option<&str>) {
        let finding = self.rule.page().finding(self.view, spot, severity, message, value);
        self.found.extend(finding.map(|finding| Found { finding, spot: Some(spot) }));
    }
}

/// Where a finding about `spot` is drawn: a scalar itself, and of what holds others, which may be long, its name.
pub(crate) fn position(document: &Document, spot: Spot<'_>) -> Position {
    let is_long = spot.node.is_object() || spot.node.is_array();
    match document.entry_of(spot.node).filter(|_| is_long) {
        Some(entry) => document.key_position(&entry),
        None => document.position(spot.node),
    }
}
