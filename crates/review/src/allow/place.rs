//! Where a document allows something: comments of YAML, and `x-palisade-allow`.

use model::Position;
use spec::{Document, Node};

/// How an allowance in a comment begins.
const COMMENT: &str = "# palisade-allow:";

/// The member that holds an allowance, or a list of them, for everything in its object.
const MEMBER: &str = "x-palisade-allow";

/// An allowance as it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) position: Position,
    /// The JSON pointer of what it is about: this and everything below.
    pub(super) below: String,
}

/// Every allowance of a document.
pub(super) fn written(document: &Document) -> Vec<Written> {
    let mut written = Vec::new();
    if document.source().contains(COMMENT) {
        written.extend(comments(document));
    }
    if document.source().contains(MEMBER) {
        written.extend(members(document));
    }
    written
}

/// A comment behind something is about what begins on its line; one that stands alone, about what begins on the next.
fn comments(document: &Document) -> Vec<Written> {
    let mut found = Vec::new();
    let mut waiting: Vec<(String, (usize, usize))> = Vec::new();
    let mut offset = 0;
    for line in document.source().split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let code = line.find('#').map_or(line, |at| line.get(..at).unwrap_or(line));
        let code_at = code.find(|c: char| !c.is_whitespace() && c != '-');
        if let Some(at) = line.find(COMMENT) {
            let text = line.get(at + COMMENT.len()..).unwrap_or_default().trim();
            waiting.push((text.to_owned(), (start + at, start + at + COMMENT.len() + 1 + text.len())));
        }
        let Some(code_at) = code_at else { continue };
        for (text, span) in waiting.drain(..) {
            let below = document.position_at((start + code_at, start + code_at + 1)).pointer;
            let position = Position { pointer: below.clone(), ..document.position_at(span) };
            found.push(Written { text, position, below });
        }
    }
    found
}

fn members(document: &Document) -> Vec<Written> {
    let mut found = Vec::new();
    let mut left = vec![document.root()];
    while let Some(node) = left.pop() {
        if let Some(allowances) = node.get(MEMBER) {
            let below = document.pointer(node);
            let texts =
                std::iter::once(allowances).chain(allowances.items()).filter(|text| text.as_str().is_some());
            found.extend(texts.map(|text| Written {
                text: text.as_str().unwrap_or_default().to_owned(),
                position: document.position(text),
                below: below.clone(),
            }));
        }
        let below = node.items().chain(node.entries().map(|entry| entry.value));
        left.extend(below.filter(|node: &Node<'_>| node.is_object() || node.is_array()));
    }
    found
}
