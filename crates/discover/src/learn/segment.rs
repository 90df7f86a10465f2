//! A segment of a path: a value with what stands around it, or a word.

use crate::kind::Kind;

/// Endings of files: what a value is named by stands before them.
const ENDINGS: &[&str] = &[
    ".json", ".xml", ".html", ".htm", ".txt", ".csv", ".pdf", ".rss", ".atom", ".yaml", ".yml", ".js",
    ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".php", ".zip", ".gz", ".ics", ".xlsx",
];

/// What stands around a value in its segment: `Users(` and `)`, `report.` and `.json`, nothing and `:cancel`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Around<S> {
    pub(super) before: S,
    pub(super) after: S,
}

impl Around<&str> {
    pub(super) fn to_owned(self) -> Around<Box<str>> {
        Around { before: self.before.into(), after: self.after.into() }
    }
}

impl Around<Box<str>> {
    /// Whether it is the same. Most have nothing around them, and comparing with an empty text is slow on some processors.
    pub(super) fn is(&self, other: Around<&str>) -> bool {
        let is_same = |one: &str, other: &str| one.len() == other.len() && (one.is_empty() || one == other);
        is_same(&self.before, other.before) && is_same(&self.after, other.after)
    }

    pub(super) fn as_ref(&self) -> Around<&str> {
        Around { before: &self.before, after: &self.after }
    }
}

/// A segment as a value and what stands around it, as if there were a value.
pub(super) fn split(segment: &str) -> (&str, Around<&str>) {
    if let Some(parts) = split_brackets(segment) {
        return parts;
    }
    let (value, after) = split_end(segment);
    if let Some((word, rest)) = value.split_once('.')
        && !word.is_empty()
        && !rest.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && let Some(before) = value.get(..=word.len())
    {
        return (rest, Around { before, after });
    }
    (value, Around { before: "", after })
}

/// `Users(7)`, `Users('a')` and `find(name='a')`, as OData writes keys.
fn split_brackets(segment: &str) -> Option<(&str, Around<&str>)> {
    let inner = segment.strip_suffix(')')?;
    let open = inner.find('(').filter(|at| *at > 0)? + 1;
    let assigned = inner.get(open..)?.find('=').filter(|_| !inner.contains(',')).map_or(0, |at| at + 1);
    let begin = open + assigned;
    let is_quoted = inner
        .get(begin..)
        .is_some_and(|value| value.len() > 1 && value.starts_with('\'') && value.ends_with('\''));
    let (begin, end) = (begin + usize::from(is_quoted), inner.len() - usize::from(is_quoted));
    let value = segment.get(begin..end).filter(|value| !value.is_empty())?;
    Some((value, Around { before: segment.get(..begin)?, after: segment.get(end..)? }))
}

/// A segment without its ending, or without a verb after a colon, and that.
pub(super) fn split_end(segment: &str) -> (&str, &str) {
    // Most segments have neither.
    let ending = segment.bytes().rposition(|byte| byte == b'.').and_then(|at| segment.get(at..));
    let ending = ending.filter(|ending| ENDINGS.contains(ending)).map(str::len);
    let verb = segment.bytes().rposition(|byte| byte == b':').filter(|at| {
        segment
            .get(at + 1..)
            .is_some_and(|verb| !verb.is_empty() && verb.bytes().all(|byte| byte.is_ascii_alphabetic()))
    });
    let at = ending.map(|length| segment.len() - length).or(verb).filter(|at| *at > 0);
    at.and_then(|at| segment.split_at_checked(at)).unwrap_or((segment, ""))
}

/// A segment that is a value.
pub(super) struct Value<'s> {
    pub(super) text: &'s str,
    pub(super) around: Around<&'s str>,
    pub(super) kind: Kind,
    pub(super) name: Option<&'s str>,
}

/// A segment as a value, if it shows that it is one.
pub(super) fn value(segment: &str) -> Option<Value<'_>> {
    // Nothing can stand around a value in most segments, and each of a request's is looked at.
    if segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        let value = |kind| Value { text: segment, around: Around::default(), kind, name: None };
        return Kind::of(segment).map(value);
    }
    if let Some(name) = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
        let name = name.trim_end_matches('+');
        return Some(Value { text: "", around: Around::default(), kind: Kind::Slug, name: Some(name) });
    }
    if let Some((text, around)) = split_brackets(segment) {
        return Some(Value { text, around, kind: Kind::of(text).unwrap_or(Kind::Slug), name: None });
    }
    let (text, after) = split_end(segment);
    let whole = Kind::of(text);
    let (part, around) = split(segment);
    // A word and a dot may stand before a value, or be a part of it that says nothing by itself.
    let of_part =
        Kind::of(part).filter(|_| !around.before.is_empty() && matches!(whole, None | Some(Kind::Opaque)));
    match (of_part, whole) {
        (Some(kind), _) => Some(Value { text: part, around, kind, name: None }),
        (None, Some(kind)) => Some(Value { text, around: Around { before: "", after }, kind, name: None }),
        (None, None) => None,
    }
}

/// Words after which a short number is the version of an API.
const BEFORE_VERSIONS: &[&str] = &["v", "version", "api", "rest"];

/// Whether a segment behind the one `before` is the version of an API, and no value.
pub(super) fn is_version(segment: &str, before: &str) -> bool {
    segment.len() <= 2
        && segment.bytes().all(|byte| byte.is_ascii_digit())
        && BEFORE_VERSIONS.contains(&before)
}
