//! The documents that a contract is compiled from, and what was found wrong with them on the way.

use std::cell::RefCell;
use std::collections::HashSet;

use model::{Position, Problem, Severity};

use crate::reference::{Library, ReferenceFault};
use crate::tree::Node;

/// The most problems that one compilation reports; a document with more is broken in a way that ten would show.
const PROBLEMS_MAX: usize = 1000;

/// A node of one of the documents of a [`Library`].
#[derive(Debug, Clone, Copy)]
pub struct Spot<'l> {
    /// The number of the document.
    pub document: u32,
    /// The node of it.
    pub node: Node<'l>,
}

/// Why a schema stands for none of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaFault {
    /// It is one of JSON Schema's own.
    MetaSchema,
    /// Its reference leads nowhere, which was said.
    Nowhere,
}

/// Reads documents and collects problems.
#[derive(Debug)]
pub(crate) struct Source<'l> {
    library: &'l Library,
    problems: RefCell<Vec<Problem>>,
    unresolved: RefCell<HashSet<(u32, u32)>>,
}

impl<'l> Source<'l> {
    pub(crate) fn new(library: &'l Library) -> Source<'l> {
        Source { library, problems: RefCell::default(), unresolved: RefCell::default() }
    }

    /// The root of the first document.
    pub(crate) fn root(&self) -> Option<Spot<'l>> {
        self.library.root()
    }

    pub(crate) fn problem(&self, severity: Severity, spot: Spot<'l>, message: impl Into<String>) {
        self.report(severity, spot, message.into(), None);
    }

    pub(crate) fn report(&self, severity: Severity, spot: Spot<'l>, message: String, help: Option<String>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() >= PROBLEMS_MAX {
            return;
        }
        if let Some(document) = self.library.document(spot.document) {
            problems.push(Problem { help, ..document.problem(severity, spot.node, message) });
        }
    }

    pub(crate) fn position(&self, spot: Spot<'l>) -> Option<Position> {
        self.library.document(spot.document).map(|document| document.position(spot.node))
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// What `spot` stands for: itself, or what its `$ref` leads to. Nothing, and a problem, where that leads nowhere.
    pub(crate) fn follow(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        match self.library.follow(spot.document, spot.node) {
            Ok((document, node)) => Some(Spot { document, node }),
            Err((document, node, fault)) => {
                self.unresolved(Spot { document, node }, &fault);
                None
            }
        }
    }

    /// As [`Source::follow`], for a schema: a meta-schema stands in no document, and is no broken reference there.
    pub(crate) fn follow_schema(&self, spot: Spot<'l>) -> Result<Spot<'l>, SchemaFault> {
        match self.library.follow(spot.document, spot.node) {
            Ok((document, node)) => Ok(Spot { document, node }),
            Err((_, _, ReferenceFault::MetaSchema)) => Err(SchemaFault::MetaSchema),
            Err((document, node, fault)) => {
                self.unresolved(Spot { document, node }, &fault);
                Err(SchemaFault::Nowhere)
            }
        }
    }

    /// The meta-schema that the text in `spot` names, if it was loaded.
    pub(crate) fn meta_schema(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        let found = self.library.resolve(spot.document, spot.node.index(), spot.node.as_str()?).ok()?;
        Some(Spot { document: found.0, node: found.1 })
    }

    /// Document and node of the schema resource that `spot` is in.
    pub(crate) fn resource_of(&self, spot: Spot<'l>) -> (u32, u32) {
        (spot.document, self.library.resource_of(spot.document, spot.node.index()))
    }

    /// Names and nodes of the dynamic anchors of a resource.
    pub(crate) fn dynamic_anchors(&self, (document, node): (u32, u32)) -> Vec<(String, u32)> {
        let anchors = self.library.dynamic_anchors(document, node).into_iter();
        anchors.map(|(name, node)| (name.to_owned(), node)).collect()
    }

    /// The node of a document.
    pub(crate) fn node(&self, (document, node): (u32, u32)) -> Option<Spot<'l>> {
        self.library.document(document).map(|found| Spot { document, node: found.node(node) })
    }

    /// What the reference that stands as text in `spot` leads to.
    pub(crate) fn resolve(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        let reference = spot.node.as_str()?;
        match self.library.resolve(spot.document, spot.node.index(), reference) {
            Ok((document, node)) => Some(Spot { document, node }),
            Err(fault) => {
                self.unresolved(spot, &fault);
                None
            }
        }
    }

    /// Whether `reference`, standing in `spot`, leads to anything.
    pub(crate) fn leads_somewhere(&self, spot: Spot<'l>, reference: &str) -> bool {
        self.library.resolve(spot.document, spot.node.index(), reference).is_ok()
    }

    /// The text of each document.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'l str> {
        self.library.documents().iter().map(|document| document.source())
    }

    /// Each broken reference is said once, however often it is followed.
    fn unresolved(&self, reference: Spot<'l>, fault: &ReferenceFault) {
        if self.unresolved.borrow_mut().insert(reference.key()) {
            let text = reference.node.as_str().unwrap_or_default();
            self.report(Severity::Error, reference, format!("`{text}` {fault}"), fault.help());
        }
    }
}

impl<'l> Spot<'l> {
    /// The member called `key`.
    pub fn get(self, key: &str) -> Option<Spot<'l>> {
        self.node.get(key).map(|node| self.at(node))
    }

    /// The text of the member called `key`, if it is a string.
    pub fn text(self, key: &str) -> Option<&'l str> {
        self.node.get(key)?.as_str()
    }

    /// Whether the member called `key` is `true`.
    pub fn is_true(self, key: &str) -> bool {
        self.node.get(key).and_then(Node::as_bool) == Some(true)
    }

    /// Names and values of an object's members.
    pub fn members(self) -> impl Iterator<Item = (&'l str, Spot<'l>)> {
        self.node.entries().map(move |entry| (entry.key, self.at(entry.value)))
    }

    /// Names and values of the members of the member called `key`.
    pub fn members_of(self, key: &str) -> impl Iterator<Item = (&'l str, Spot<'l>)> {
        self.get(key).into_iter().flat_map(Spot::members)
    }

    /// The items of an array.
    pub fn items(self) -> impl Iterator<Item = Spot<'l>> {
        self.node.items().map(move |node| self.at(node))
    }

    /// The items of the member called `key`.
    pub fn items_of(self, key: &str) -> impl Iterator<Item = Spot<'l>> {
        self.get(key).into_iter().flat_map(Spot::items)
    }

    /// Names the spot among all documents.
    pub fn key(self) -> (u32, u32) {
        (self.document, self.node.index())
    }

    /// Another node of the same document.
    pub fn at(self, node: Node<'l>) -> Spot<'l> {
        Spot { node, ..self }
    }
}
