//! Changes of a document's text: whatever they do not name stays as it is, byte for byte.

mod block;
mod flow;
mod overlay;
mod write;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{Document, Limits};
use crate::tree::Node;

pub use overlay::{OverlayAction, overlay_text};
use write::Style;

/// A change of one node of a document, by its [`Node::index`].
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The node that is changed.
    pub node: u32,
    /// How.
    pub change: Change,
}

/// What becomes of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The object gets a member; where it has one of that name, and both are objects, that one gets what it lacks.
    Add(String, Value),
    /// The node gives way to a value.
    Replace(Value),
}

/// A piece of text that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// First byte of what is replaced, and the one after it; the same where text is only added.
    pub span: (usize, usize),
    /// What stands there afterwards.
    pub text: String,
}

/// Why a change cannot be made in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uneditable;

/// The pieces of text that make `edits`, in order and apart from each other. The text that they make was read again, and
/// says what the edits say and nothing else.
///
/// # Errors
/// Where no such pieces were found: what stands there is shared by a YAML alias, or is written in a way that is not
/// understood well enough.
pub fn patches(document: &Document, edits: &[Edit]) -> Result<Vec<Patch>, Uneditable> {
    let style = Style::of(document);
    let mut pieces: Vec<(Reverse<u32>, Patch)> = Vec::new();
    for (node, change) in merged(edits) {
        let node = document.node(node);
        let found = match change {
            Merged::Replace(value) => vec![write::replaced(document, node, value).ok_or(Uneditable)?],
            Merged::Add(members) if flow::is_flow(document, node) => {
                flow::added(document, node, &members, &style).ok_or(Uneditable)?
            }
            Merged::Add(members) => {
                vec![block::added(document, node, &members, &style).ok_or(Uneditable)?]
            }
        };
        pieces.extend(found.into_iter().map(|patch| (Reverse(node.index()), patch)));
    }
    // Where several add at one place, the innermost comes first.
    pieces.sort_by_key(|(node, patch)| (patch.span, *node));
    let patches: Vec<Patch> = pieces.into_iter().map(|(_, patch)| patch).collect();
    let text = patched(document.source(), &patches).ok_or(Uneditable)?;
    let (changed, problems) = Document::parse(document.file(), text.as_str(), &Limits::default());
    let (_, problems_before) = Document::parse(document.file(), document.source(), &Limits::default());
    let is_meant = changed.root().to_value() == changed_value(document, edits).ok_or(Uneditable)?;
    if is_meant && problems.len() <= problems_before.len() { Ok(patches) } else { Err(Uneditable) }
}

/// `text` with `patches`, which are in order; nothing where they are not, or not of this text.
pub fn patched(text: &str, patches: &[Patch]) -> Option<String> {
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for patch in patches {
        changed.push_str(text.get(at..patch.span.0)?);
        changed.push_str(&patch.text);
        at = patch.span.1;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

/// What `document` says once the edits are made; nothing where one names no object.
fn changed_value(document: &Document, edits: &[Edit]) -> Option<Value> {
    let mut value = document.root().to_value();
    for Edit { node, change } in edits {
        let at = value.pointer_mut(&document.pointer(document.node(*node)))?;
        match change {
            Change::Replace(with) => *at = with.clone(),
            Change::Add(key, with) => add(at.as_object_mut()?, key, with),
        }
    }
    Some(value)
}

/// All that happens to one node.
enum Merged<'e> {
    Replace(&'e Value),
    Add(serde_json::Map<String, Value>),
}

/// The edits of each node; of two that do not agree the first holds.
fn merged(edits: &[Edit]) -> BTreeMap<u32, Merged<'_>> {
    let mut merged = BTreeMap::new();
    for Edit { node, change } in edits {
        match change {
            Change::Replace(value) => {
                merged.entry(*node).or_insert(Merged::Replace(value));
            }
            Change::Add(key, value) => {
                let known = merged.entry(*node).or_insert_with(|| Merged::Add(serde_json::Map::new()));
                if let Merged::Add(members) = known {
                    add(members, key, value);
                }
            }
        }
    }
    merged
}

/// Adds a member, or what it lacks.
fn add(members: &mut serde_json::Map<String, Value>, key: &str, value: &Value) {
    match (members.get_mut(key), value) {
        (None, value) => {
            members.insert(key.to_owned(), value.clone());
        }
        (Some(Value::Object(known)), Value::Object(more)) => {
            more.iter().for_each(|(key, value)| add(known, key, value));
        }
        (Some(_), _) => {}
    }
}

/// Whether the text of `node` is its own: none of the nodes around it stands elsewhere, as what an alias repeats does.
pub fn is_own_text(document: &Document, node: Node<'_>) -> bool {
    let mut at = document.root();
    while at.index() != node.index() {
        let (mut start, end) = at.span();
        let mut below = None;
        // Each child stands behind its name and behind the one before it.
        for (from, child) in at.entries().map(|entry| (entry.key_span.1, entry.value)).chain(items(at)) {
            start = start.max(from);
            if child.holds(node) {
                below = Some(child);
                break;
            }
            start = start.max(child.span().1);
        }
        let Some(below) = below.filter(|below| start <= below.span().0 && below.span().1 <= end) else {
            return false;
        };
        at = below;
    }
    true
}

/// The items of an array, which have no names to stand behind.
fn items(node: Node<'_>) -> impl Iterator<Item = (usize, Node<'_>)> {
    node.items().map(|item| (0, item))
}
