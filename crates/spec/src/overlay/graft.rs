//! A document with parts of another grafted on: unchanged subtrees are copied as they stand.

use std::collections::{BTreeMap, HashSet};

use crate::document::{Document, Limits};
use crate::json::JsonLimits;
use crate::tree::{Builder, Entry, Kind, Node};

/// What happens to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is left out.
    Remove,
    /// This node of the overlay is merged into it.
    Merge(u32),
}

/// A document whose texts end with those of the overlay, so that nodes of both can stand in one tree.
#[derive(Debug)]
pub(super) struct Grafted {
    document: Document,
    /// The overlay as a document over the same texts.
    overlay: Document,
}

/// One rebuilding of the tree.
struct Rebuilding<'a> {
    base: &'a Document,
    overlay: &'a Document,
    changes: &'a BTreeMap<u32, Change>,
    builder: Builder,
}

/// An update of a node: by an action itself, or as a part of the update of a node above it.
#[derive(Clone, Copy)]
struct Update<'a> {
    node: Node<'a>,
    is_target: bool,
}

impl Grafted {
    pub(super) fn new(document: Document, overlay: &Document) -> Grafted {
        let (mut texts, tree) = document.into_parts();
        let moved = texts.append(overlay.texts());
        let (base, overlay) = tree.joined(overlay.tree(), moved);
        Grafted {
            overlay: Document::from_parts(texts.clone(), overlay),
            document: Document::from_parts(texts, base),
        }
    }

    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    pub(super) fn into_document(self) -> Document {
        self.document
    }

    /// Makes all `changes` at once.
    ///
    /// # Errors
    /// Where the result would be larger or deeper than a document may be; then nothing is changed.
    pub(super) fn apply(&mut self, changes: &BTreeMap<u32, Change>) -> Result<(), &'static str> {
        let mut rebuilding = Rebuilding {
            base: &self.document,
            overlay: &self.overlay,
            changes,
            builder: Builder::over(self.document.tree()),
        };
        rebuilding.node(self.document.root(), &[])?;
        let tree = rebuilding.builder.finish();
        self.document.set_tree(tree);
        Ok(())
    }
}

/// `document` without the nodes of these indexes; everything else keeps its place.
pub(crate) fn without(mut document: Document, nodes: &HashSet<u32>) -> Document {
    if nodes.is_empty() {
        return document;
    }
    let changes = nodes.iter().map(|index| (*index, Change::Remove)).collect();
    let builder = Builder::over(document.tree());
    let mut rebuilding = Rebuilding { base: &document, overlay: &document, changes: &changes, builder };
    // It is no larger and no deeper than it was.
    if rebuilding.node(document.root(), &[]).is_ok() {
        let tree = rebuilding.builder.finish();
        document.set_tree(tree);
    }
    document
}

impl<'a> Rebuilding<'a> {
    /// Adds `node` of the base with its own change and the updates that its parent passes on.
    fn node(&mut self, node: Node<'a>, passed_on: &[Update<'a>]) -> Result<(), &'static str> {
        let mut updates = passed_on.to_vec();
        if let Some(Change::Merge(index)) = self.changes.get(&node.index()) {
            updates.insert(0, Update { node: self.overlay.node(*index), is_target: true });
        }
        if updates.is_empty() && !self.changes_within(node) {
            return self.copy(node);
        }
        let replaces = |update: &&Update<'a>| match node.kind() {
            Kind::Object => update.node.kind() != Kind::Object,
            Kind::Array => update.node.kind() != Kind::Array && !update.is_target,
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => true,
        };
        if let Some(update) = updates.iter().rfind(replaces) {
            return self.copy(update.node);
        }
        self.room(1)?;
        self.builder.open_like(node.record());
        match node.kind() {
            Kind::Object => self.members(node, &updates)?,
            _ => self.items(node, &updates)?,
        }
        let repeated = self.builder.close_like(self.base.all_text());
        debug_assert!(repeated.is_empty(), "members are only added where there are none");
        Ok(())
    }

    fn members(&mut self, node: Node<'a>, updates: &[Update<'a>]) -> Result<(), &'static str> {
        for entry in node.entries() {
            if self.changes.get(&entry.value.index()) == Some(&Change::Remove) {
                continue;
            }
            self.key(&entry)?;
            let parts: Vec<Update<'_>> = updates
                .iter()
                .filter_map(|update| update.node.get(entry.key))
                .map(|node| Update { node, is_target: false })
                .collect();
            self.node(entry.value, &parts)?;
        }
        for (number, update) in updates.iter().enumerate() {
            let earlier = updates.get(..number).unwrap_or_default();
            for entry in update.node.entries() {
                let is_there = node.get(entry.key).is_some()
                    || earlier.iter().any(|earlier| earlier.node.get(entry.key).is_some());
                if !is_there {
                    self.key(&entry)?;
                    self.copy(entry.value)?;
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, node: Node<'a>, updates: &[Update<'a>]) -> Result<(), &'static str> {
        for item in node.items() {
            if self.changes.get(&item.index()) != Some(&Change::Remove) {
                self.node(item, &[])?;
            }
        }
        for update in updates {
            if update.node.is_array() {
                for item in update.node.items() {
                    self.copy(item)?;
                }
            } else {
                self.copy(update.node)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, entry: &Entry<'a>) -> Result<(), &'static str> {
        self.room(1)?;
        if let Some(key) = entry.key_record() {
            self.builder.key(*key);
        }
        Ok(())
    }

    fn copy(&mut self, node: Node<'a>) -> Result<(), &'static str> {
        self.room(node.record().size as usize)?;
        if self.builder.depth() + node.height() > JsonLimits::DEPTH_CEILING {
            return Err("the result would be nested too deep");
        }
        self.builder.copy_from(node);
        Ok(())
    }

    fn room(&self, records: usize) -> Result<(), &'static str> {
        if self.builder.len() + records > Limits::default().nodes_max {
            return Err("the result would be too large");
        }
        if self.builder.depth() >= JsonLimits::DEPTH_CEILING {
            return Err("the result would be nested too deep");
        }
        Ok(())
    }

    fn changes_within(&self, node: Node<'_>) -> bool {
        let end = node.index() + node.record().size;
        self.changes.range(node.index()..end).next().is_some()
    }
}
