//! Members added to a YAML mapping in block style: lines of its own, behind those that are there.

use serde_json::{Map, Value};

use super::Patch;
use super::write::{Style, lines};
use crate::document::Document;
use crate::tree::Node;

/// The patch that adds `members` to the mapping `node`.
pub(super) fn added(
    document: &Document,
    node: Node<'_>,
    members: &Map<String, Value>,
    style: &Style,
) -> Option<Patch> {
    let source = document.source();
    let (start, end) = node.span();
    let own = |at: usize| start <= at && at < end;
    let first = node.entries().find(|entry| own(entry.key_span.0))?;
    let indent = column(source, first.key_span.0)?;
    let end = source.get(start..end)?.trim_end().len() + start;
    let line_end = source.get(end..)?.find('\n').map_or(source.len(), |length| end + length);
    let line_end = if source.get(..line_end)?.ends_with('\r') { line_end - 1 } else { line_end };
    let style = style.within(document, node);
    let text = members.iter().map(|(key, value)| lines(key, value, indent, style)).collect();
    Some(Patch { span: (line_end, line_end), text })
}

/// Columns before `offset` in its line.
fn column(source: &str, offset: usize) -> Option<usize> {
    let before = source.get(..offset)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some(line.trim_start_matches('\u{feff}').chars().count())
}
