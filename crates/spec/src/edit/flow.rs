//! Members added to an object in braces, of JSON or of YAML: behind the last one, on a line of their own where that has one.

use serde_json::{Map, Value};

use super::Patch;
use super::write::{Style, braces, flow, member, scalar};
use crate::document::Document;
use crate::tree::{Entry, Node};

/// Whether `node` is in braces.
pub(super) fn is_flow(document: &Document, node: Node<'_>) -> bool {
    document.source().as_bytes().get(node.span().0) == Some(&b'{')
}

/// The patches that add `members` to the object `node`.
pub(super) fn added(
    document: &Document,
    node: Node<'_>,
    members: &Map<String, Value>,
    style: &Style,
) -> Option<Vec<Patch>> {
    let source = document.source();
    let (start, end) = node.span();
    let inside = source.get(start + 1..end.checked_sub(1)?)?;
    let style = style.within(document, node);
    let is_own = |entry: &Entry<'_>| start < entry.key_span.0 && entry.key_span.1 <= entry.value.span().0;
    let Some(last) = node.entries().filter(is_own).last() else {
        let is_blank = node.is_empty() && inside.trim().is_empty();
        return is_blank.then(|| vec![filled(source, start, end, members, style)]);
    };
    let (value_start, value_end) = last.value.span();
    if value_end <= value_start || end <= value_end {
        return None;
    }
    let between = source.get(last.key_span.1..value_start)?;
    let colon = if between.trim_start_matches([' ', '\t']) == ":" { ":" } else { ": " };
    let line = source.get(..last.key_span.0)?.rsplit('\n').next().unwrap_or_default();
    let rest = source.get(value_end..end)?;
    let has_own_line = source.get(..last.key_span.0)?.contains('\n') && line.trim().is_empty();
    let shown = |value: &Value| if has_own_line { braces(value, line, style) } else { flow(value, style) };
    let members = members.iter().map(|(key, value)| format!("{}{colon}{}", scalar(key, style), shown(value)));
    let members: Vec<String> = members.collect();
    let after_comma = rest.trim_start().strip_prefix(',');
    let has_comma = after_comma.is_some_and(ends);
    // A member that only repeats another's name is not seen, and may stand behind the last one that is.
    let has_own_line = has_own_line && (has_comma || after_comma.is_none());
    let at = if has_comma { value_end + rest.find(',')? + 1 } else { value_end };
    let comma = if has_comma { "" } else { "," };
    match source.get(at..end)?.find('\n').filter(|_| has_own_line) {
        Some(length) => {
            let end_of_line = at + length;
            let end_of_line = end_of_line - usize::from(source.get(..end_of_line)?.ends_with('\r'));
            let separator = format!(",{}{line}", style.newline);
            let text = format!("{}{line}{}", style.newline, members.join(&separator));
            let behind = Patch { span: (end_of_line, end_of_line), text };
            let comma = Patch { span: (at, at), text: comma.to_owned() };
            Some(vec![comma, behind].into_iter().filter(|patch| !patch.text.is_empty()).collect())
        }
        None => {
            let space = if colon == ":" { "" } else { " " };
            let text = format!("{comma}{space}{}", members.join(&format!(",{space}")));
            Some(vec![Patch { span: (at, at), text }])
        }
    }
}

/// Whether nothing but space and comments stands before the closing brace.
fn ends(rest: &str) -> bool {
    let mut rest = rest.trim_start();
    while let Some(comment) = rest.strip_prefix('#') {
        rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
    }
    rest.starts_with('}')
}

/// The patch that puts `members` between the braces of an empty object.
fn filled(source: &str, start: usize, end: usize, members: &Map<String, Value>, style: Style) -> Patch {
    let members: Vec<String> = members.iter().map(|(key, value)| member(key, value, style)).collect();
    let is_minified = style.is_json && !source.contains('\n');
    let text = if is_minified { members.join(",") } else { format!(" {} ", members.join(", ")) };
    Patch { span: (start + 1, end - 1), text }
}
