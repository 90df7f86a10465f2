//! The documents that a contract is compiled from, and what was found wrong with them on the way.

use std::cell::RefCell;
use std::collections::HashSet;

use model::{Position, Problem, Severity};

use crate::document::Document;
use crate::tree::Node;

/// The most problems that one compilation reports; a document with more is broken in a way that ten would show.
const PROBLEMS_MAX: usize = 1000;

/// References that lead to references, one after another, before it is called a circle.
const CHAIN_MAX: usize = 64;

/// A node of one of the documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot<'l> {
    pub(crate) document: u32,
    pub(crate) node: Node<'l>,
}

/// Reads documents and collects problems.
#[derive(Debug)]
pub(crate) struct Source<'l> {
    documents: Vec<&'l Document>,
    problems: RefCell<Vec<Problem>>,
    unresolved: RefCell<HashSet<(u32, u32)>>,
}

impl<'l> Source<'l> {
    pub(crate) fn new(documents: Vec<&'l Document>) -> Source<'l> {
        Source { documents, problems: RefCell::default(), unresolved: RefCell::default() }
    }

    /// The root of the first document.
    pub(crate) fn root(&self) -> Option<Spot<'l>> {
        self.documents.first().map(|document| Spot { document: 0, node: document.root() })
    }

    pub(crate) fn problem(&self, severity: Severity, spot: Spot<'l>, message: impl Into<String>) {
        self.report(severity, spot, message.into(), None);
    }

    pub(crate) fn report(&self, severity: Severity, spot: Spot<'l>, message: String, help: Option<String>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() >= PROBLEMS_MAX {
            return;
        }
        if let Some(document) = self.documents.get(spot.document as usize) {
            problems.push(Problem { help, ..document.problem(severity, spot.node, message) });
        }
    }

    pub(crate) fn position(&self, spot: Spot<'l>) -> Option<Position> {
        self.documents.get(spot.document as usize).map(|document| document.position(spot.node))
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// What `spot` stands for: itself, or what its `$ref` leads to. Nothing, and a problem, where that leads nowhere.
    pub(crate) fn follow(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        let mut here = spot;
        for _ in 0..CHAIN_MAX {
            match here.get("$ref").and_then(|reference| reference.node.as_str()) {
                None => return Some(here),
                Some(reference) => here = self.resolve(here, reference)?,
            }
        }
        self.unresolved(spot, "references lead around in a circle".to_owned());
        None
    }

    /// What `reference`, standing in `spot`, leads to.
    pub(crate) fn resolve(&self, spot: Spot<'l>, reference: &str) -> Option<Spot<'l>> {
        let found = self.target(spot, reference);
        if found.is_none() {
            self.unresolved(spot, format!("`{reference}` leads nowhere"));
        }
        found
    }

    /// Whether `reference`, standing in `spot`, leads to anything.
    pub(crate) fn leads_somewhere(&self, spot: Spot<'l>, reference: &str) -> bool {
        self.target(spot, reference).is_some()
    }

    fn target(&self, spot: Spot<'l>, reference: &str) -> Option<Spot<'l>> {
        let pointer = crate::query::decoded(reference.strip_prefix('#')?).ok()?;
        let document = self.documents.get(spot.document as usize)?;
        document.root().pointer(&pointer).map(|node| spot.at(node))
    }

    /// Each broken reference is said once, however often it is followed.
    fn unresolved(&self, spot: Spot<'l>, message: String) {
        if self.unresolved.borrow_mut().insert((spot.document, spot.node.index())) {
            self.problem(Severity::Error, spot.get("$ref").unwrap_or(spot), message);
        }
    }
}

impl<'l> Spot<'l> {
    /// The member called `key`.
    pub(crate) fn get(self, key: &str) -> Option<Spot<'l>> {
        self.node.get(key).map(|node| self.at(node))
    }

    /// The text of the member called `key`, if it is a string.
    pub(crate) fn text(self, key: &str) -> Option<&'l str> {
        self.node.get(key)?.as_str()
    }

    /// Whether the member called `key` is `true`.
    pub(crate) fn is_true(self, key: &str) -> bool {
        self.node.get(key).and_then(Node::as_bool) == Some(true)
    }

    /// Names and values of an object's members.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'l str, Spot<'l>)> {
        self.node.entries().map(move |entry| (entry.key, self.at(entry.value)))
    }

    /// Names and values of the members of the member called `key`.
    pub(crate) fn members_of(self, key: &str) -> impl Iterator<Item = (&'l str, Spot<'l>)> {
        self.get(key).into_iter().flat_map(Spot::members)
    }

    /// The items of an array.
    pub(crate) fn items(self) -> impl Iterator<Item = Spot<'l>> {
        self.node.items().map(move |node| self.at(node))
    }

    /// The items of the member called `key`.
    pub(crate) fn items_of(self, key: &str) -> impl Iterator<Item = Spot<'l>> {
        self.get(key).into_iter().flat_map(Spot::items)
    }

    /// Names the spot among all documents.
    pub(crate) fn key(self) -> (u32, u32) {
        (self.document, self.node.index())
    }

    pub(crate) fn at(self, node: Node<'l>) -> Spot<'l> {
        Spot { node, ..self }
    }
}
