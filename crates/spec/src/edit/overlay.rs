//! Edits as an OpenAPI Overlay 1.0, for documents that are not to be touched.

use serde_json::{Map, Value};

use super::write::{Style, lines, scalar};
use super::{Change, Edit};
use crate::document::Document;
use crate::tree::{Kind, Node};

/// An edit, and why it is made.
#[derive(Debug, Clone)]
pub struct OverlayAction<'e> {
    /// What is changed.
    pub edit: &'e Edit,
    /// Why, for those who read the overlay.
    pub description: String,
}

/// The text of an overlay with the title `title` that makes the edits of `actions` in `document`, in their order.
///
/// An edit that an overlay cannot make, such as one of the root as a whole, is left out.
pub fn overlay_text(document: &Document, title: &str, actions: &[OverlayAction<'_>]) -> String {
    let style = Style::PLAIN;
    let extends = document.file().rsplit('/').next().unwrap_or_default();
    let mut text = format!(
        "overlay: 1.0.0\ninfo:\n  title: {}\n  version: 1.0.0\nextends: {}\nactions:",
        scalar(title, style),
        scalar(extends, style)
    );
    let before = text.len();
    for OverlayAction { edit, description } in actions {
        for step in steps(document, edit) {
            text.push_str(&format!("\n- target: {}", double_quoted(&step.target)));
            text.push_str(&format!("\n  description: {}", double_quoted(description)));
            match step.update {
                Some(update) => text.push_str(&lines("update", &update, 2, style)),
                None => text.push_str("\n  remove: true"),
            }
        }
    }
    if text.len() == before {
        text.push_str(" []");
    }
    text.push('\n');
    text
}

/// One action: an update, or a removal where there is none.
struct Step {
    target: String,
    update: Option<Value>,
}

fn steps(document: &Document, edit: &Edit) -> Vec<Step> {
    let node = document.node(edit.node);
    let update = |node: Node<'_>, key: &str, value: &Value| {
        let members = Map::from_iter([(key.to_owned(), value.clone())]);
        Step { target: path(document, node), update: Some(Value::Object(members)) }
    };
    match &edit.change {
        Change::Add(key, value) => vec![update(node, key, value)],
        Change::Replace(value) => {
            let Some(parent) = parent(document, node) else { return Vec::new() };
            match document.entry_of(node) {
                Some(entry) => vec![update(parent, entry.key, value)],
                // Items have no names. One that is a text is told by it, as places move when items go.
                None => {
                    let list = path(document, parent);
                    let filter = format!("{list}[?@ == {}]", quoted(node.as_str().unwrap_or_default()));
                    let removed = Step { target: filter, update: None };
                    vec![removed, Step { target: list, update: Some(value.clone()) }]
                }
            }
        }
    }
}

/// The array or object that `node` stands in.
fn parent<'d>(document: &'d Document, node: Node<'_>) -> Option<Node<'d>> {
    let pointer = document.pointer(node);
    let (above, _) = pointer.rsplit_once('/')?;
    document.root().pointer(above)
}

/// The JSONPath of one node (RFC 9535).
fn path(document: &Document, node: Node<'_>) -> String {
    let mut path = "$".to_owned();
    let mut at = document.root();
    for token in document.pointer(node).split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match at.kind() {
            Kind::Array => path.push_str(&format!("[{name}]")),
            _ if is_plain => path.push_str(&format!(".{name}")),
            _ => path.push_str(&format!("[{}]", quoted(&name))),
        }
        let Some(below) = at.child(&name) else { break };
        at = below;
    }
    path
}

/// A name or text in the quotes of JSONPath.
fn quoted(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    let inner = json.get(1..json.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

/// A text of YAML in quotes that may hold anything.
fn double_quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
