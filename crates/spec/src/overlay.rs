//! OpenAPI Overlay 1.0: changes laid over a document in order, each node keeping the file and place it came from.

mod graft;
mod parse;
mod path;
mod select;

use std::collections::BTreeMap;

use model::{Problem, Severity};

use crate::document::Document;
use crate::tree::{Kind, Node};

pub(crate) use graft::without;
use graft::{Change, Grafted};
use path::Path;

/// Lays `overlay` over `document`.
///
/// A target that is an object or array is merged with the update: members are added or merged in turn, items are
/// appended, and anything else is replaced. `remove: true` takes the target away. An action that cannot be applied is
/// left out and a problem, which is an error even where the document could do without it: it may carry policy.
pub fn overlay(document: Document, overlay: &Document) -> (Document, Vec<Problem>) {
    let mut problems = Vec::new();
    check_form(overlay, &mut problems);
    let mut grafted = Grafted::new(document, overlay);
    for action in overlay.root().get("actions").into_iter().flat_map(Node::items) {
        if let Err(problem) = apply(&mut grafted, overlay, action, &mut problems) {
            problems.push(*problem);
        }
    }
    (grafted.into_document(), problems)
}

/// Whether it is an overlay at all.
fn check_form(overlay: &Document, problems: &mut Vec<Problem>) {
    let root = overlay.root();
    let error = |node, message: &str| overlay.problem(Severity::Error, node, message);
    match root.get("overlay") {
        None => {
            problems.push(error(root, "`overlay` is missing").help("an overlay begins with `overlay: 1.0.0`"))
        }
        Some(version) if !version.scalar().is_some_and(|text| text == "1" || text.starts_with("1.")) => {
            problems.push(error(version, "only version 1 of overlays is understood"));
        }
        Some(_) => {}
    }
    match root.get("actions") {
        None => problems.push(error(root, "`actions` is missing")),
        Some(actions) if !actions.is_array() => problems.push(error(actions, "`actions` must be a list")),
        Some(_) => {}
    }
}

/// Applies one action; what is said beside a failure goes to `problems`.
fn apply(
    grafted: &mut Grafted,
    overlay: &Document,
    action: Node<'_>,
    problems: &mut Vec<Problem>,
) -> Result<(), Box<Problem>> {
    let error = |node, message: String| Box::new(overlay.problem(Severity::Error, node, message));
    for entry in action.entries() {
        let known = matches!(entry.key, "target" | "description" | "update" | "remove");
        if !known && !entry.key.starts_with("x-") {
            let message = format!("unknown key `{}`", entry.key);
            return Err(Box::new(overlay.key_problem(Severity::Error, &entry, message)));
        }
    }
    let target = action.get("target").ok_or_else(|| error(action, "`target` is missing".to_owned()))?;
    let text = target.as_str().ok_or_else(|| error(target, "`target` must be a JSONPath".to_owned()))?;
    let path = parse::path(text).map_err(|fault| error(target, fault.to_string()))?;
    let removes = match action.get("remove") {
        None => false,
        Some(remove) => {
            remove.as_bool().ok_or_else(|| error(remove, "`remove` must be `true` or `false`".to_owned()))?
        }
    };
    let change = match action.get("update") {
        _ if removes => Change::Remove,
        Some(update) => Change::Merge(update.index()),
        None => return Err(error(action, "neither `update` nor `remove: true` says what to do".to_owned())),
    };
    let changes = changes(grafted, &path, change, overlay).map_err(|message| error(target, message))?;
    if changes.is_empty() {
        problems.push(overlay.problem(Severity::Warning, target, format!("`{text}` matches nothing")));
        return Ok(());
    }
    grafted.apply(&changes).map_err(|message| error(action, message.to_owned()))
}

/// The change of every node that `path` selects.
fn changes(
    grafted: &Grafted,
    path: &Path,
    change: Change,
    overlay: &Document,
) -> Result<BTreeMap<u32, Change>, String> {
    let root = grafted.document().root();
    let found = select::select(root, path).ok_or("the target selects too much to be applied")?;
    let mut changes = BTreeMap::new();
    for node in found {
        let update_kind = match change {
            Change::Remove if node.index() == root.index() => {
                return Err("the whole document cannot be removed".into());
            }
            Change::Remove => node.kind(),
            Change::Merge(update) => overlay.node(update).kind(),
        };
        if node.kind() == Kind::Object && update_kind != Kind::Object {
            return Err("the update of an object must be an object".into());
        }
        changes.insert(node.index(), change);
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
