//! Values as the text of YAML and JSON, in the manner of the document around them.

use serde_json::{Map, Value};

use super::Patch;
use crate::document::Document;
use crate::tree::{Kind, Node};

/// The longest mapping that is written on one line, in bytes.
const LINE_BYTES_MAX: usize = 60;

/// How a document is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Names and texts are in double quotes, as JSON asks.
    pub(super) is_json: bool,
    pub(super) newline: &'static str,
    /// Columns of one step inwards.
    pub(super) step: usize,
}

impl Style {
    /// That of a document of ours.
    pub(super) const PLAIN: Style = Style { is_json: false, newline: "\n", step: 2 };

    pub(super) fn of(document: &Document) -> Style {
        let source = document.source();
        let is_json = source.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
        let first_line = source.split_inclusive('\n').next().unwrap_or_default();
        let newline = if first_line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let inner = source.lines().skip(1).find(|line| line.starts_with([' ', '\t']));
        let step = inner.map_or(2, |line| line.len() - line.trim_start().len());
        Style { is_json, newline, step: if is_json { step.clamp(1, 8) } else { 2 } }
    }

    /// That of `object`: as its first name is written.
    pub(super) fn within(self, document: &Document, object: Node<'_>) -> Style {
        let Some(entry) = object.entries().next() else { return self };
        let is_quoted = document.source().as_bytes().get(entry.key_span.0) == Some(&b'"');
        Style { is_json: is_quoted, ..self }
    }
}

/// `value` on one line.
pub(super) fn flow(value: &Value, style: Style) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| member(key, value, style));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| flow(item, style));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text, style),
        other => other.to_string(),
    }
}

/// `key: value` on one line.
pub(super) fn member(key: &str, value: &Value, style: Style) -> String {
    format!("{}: {}", scalar(key, style), flow(value, style))
}

/// A member as lines, each after a line's end and `indent` columns.
pub(super) fn lines(key: &str, value: &Value, indent: usize, style: Style) -> String {
    let start = format!("{}{}{}:", style.newline, " ".repeat(indent), scalar(key, style));
    match value {
        Value::Object(members) if is_long(members, style) => {
            let below = members.iter().map(|(key, value)| lines(key, value, indent + style.step, style));
            start + &below.collect::<String>()
        }
        other => format!("{start} {}", flow(other, style)),
    }
}

/// `value` in braces, as lines where it is long; its first line stands behind `indent`.
pub(super) fn braces(value: &Value, indent: &str, style: Style) -> String {
    match value {
        Value::Object(members) if is_long(members, style) => {
            let inner = format!("{indent}{}", " ".repeat(style.step));
            let line = |(key, value): (&String, &Value)| {
                format!("{}{inner}{}: {}", style.newline, scalar(key, style), braces(value, &inner, style))
            };
            let lines: Vec<String> = members.iter().map(line).collect();
            format!("{{{}{}{indent}}}", lines.join(","), style.newline)
        }
        other => flow(other, style),
    }
}

fn is_long(members: &Map<String, Value>, style: Style) -> bool {
    flow(&Value::Object(members.clone()), style).len() > LINE_BYTES_MAX
        || members.values().any(|value| value.as_object().is_some_and(|inner| !inner.is_empty()))
}

/// A text or name, in quotes where it would be read as something else without them.
pub(super) fn scalar(text: &str, style: Style) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    if style.is_json || text.chars().any(char::is_control) {
        return quoted;
    }
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Whether YAML reads `text` without quotes as this text, in flow style too.
fn is_plain(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$' || c == '/');
    let safe = |c: char| c.is_ascii_alphanumeric() || "_$./+-=; ()".contains(c);
    let word = text.to_ascii_lowercase();
    // YAML 1.1, which some still read, has more words for true and false.
    let is_taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&word.as_str());
    let is_url = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) && rest.chars().all(safe)
    });
    starts_well && !text.ends_with(' ') && !is_taken && (is_url || text.chars().all(safe))
}

/// The patch that puts `value` where the scalar, or the collection on one line, `node` stands, in its quotes.
pub(super) fn replaced(document: &Document, node: Node<'_>, value: &Value) -> Option<Patch> {
    let span = node.span();
    let written = document.source().get(span.0..span.1).filter(|written| !written.is_empty())?;
    let is_flow = written.starts_with(['{', '[']);
    if matches!(node.kind(), Kind::Object | Kind::Array) && !is_flow {
        return None;
    }
    let style = Style { is_json: written.starts_with('"'), ..Style::of(document) };
    let text = match value.as_str() {
        Some(text) if written.starts_with('\'') => format!("'{}'", text.replace('\'', "''")),
        _ => flow(value, style),
    };
    Some(Patch { span, text })
}
