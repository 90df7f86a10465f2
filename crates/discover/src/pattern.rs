//! A line of text as nginx's `log_format` describes it: literal text with `$variables` in it.

use std::borrow::Cow;
use std::fmt;

use crate::line::{Field, Line, field_of};

/// The most variables that a pattern has.
const VARIABLES_MAX: usize = 128;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// What a line begins with.
    start: Box<str>,
    /// Every variable and the text up to the next one.
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    field: Field,
    /// The text behind it; empty at the end of the pattern.
    end: Box<str>,
    /// Whether the value stands in quotes, where a quote may be escaped.
    is_quoted: bool,
    /// Whether the value may have spaces in it, as far as its end lets it.
    is_spacious: bool,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternFault {
    /// Two variables stand together, so that where one ends cannot be told.
    Adjacent,
    /// There are more variables than are read.
    TooMany,
    /// No variable says which path was asked.
    NoPath,
}

impl fmt::Display for PatternFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternFault::Adjacent => f.write_str(
                "has two variables with nothing between them, so that where one ends cannot be told",
            ),
            PatternFault::TooMany => write!(f, "has more than {VARIABLES_MAX} variables"),
            PatternFault::NoPath => f.write_str(
                "has neither `$request` nor `$request_uri` nor `$uri`, so that it tells of no path",
            ),
        }
    }
}

impl Pattern {
    /// Compiles a pattern: `$name` and `${name}` are variables, everything else stands for itself.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Pattern, PatternFault> {
        let mut pieces = text.split('$');
        let start: Box<str> = pieces.next().unwrap_or_default().into();
        let mut parts: Vec<Part> = Vec::new();
        let mut opened = start.ends_with('"');
        for piece in pieces {
            let (name, end) = match piece.strip_prefix('{').and_then(|piece| piece.split_once('}')) {
                Some(parts) => parts,
                None => {
                    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                    let end = piece.find(|letter| !is_name(letter)).unwrap_or(piece.len());
                    piece.split_at_checked(end).unwrap_or((piece, ""))
                }
            };
            if parts.last().is_some_and(|part| part.end.is_empty()) {
                return Err(PatternFault::Adjacent);
            }
            let field = field_of(name);
            let is_closed = end.is_empty() || end.starts_with('"');
            // What ends with the first space has none, so that nobody has to look for it.
            let has_none = !opened && end == " ";
            let is_spacious =
                (opened && is_closed) || end.starts_with(']') || has_none || field.is_spacious();
            parts.push(Part { field, end: end.into(), is_quoted: opened, is_spacious });
            opened = end.ends_with('"');
        }
        if parts.len() > VARIABLES_MAX {
            return Err(PatternFault::TooMany);
        }
        let says_path = |part: &Part| matches!(part.field, Field::Request | Field::Target | Field::Path);
        if !parts.iter().any(says_path) {
            return Err(PatternFault::NoPath);
        }
        Ok(Pattern { start, parts })
    }

    /// What `text` says, if it is as the pattern describes, from its beginning to its end.
    pub(crate) fn read<'l>(&self, text: &'l str) -> Option<Line<'l>> {
        // Most begin with a variable. Where a processor compares with masks, comparing with nothing costs as much as
        // reading all of a line: what is empty lies on no page.
        let mut rest = if self.start.is_empty() { text } else { text.strip_prefix(&*self.start)? };
        let mut line = Line::default();
        for part in &self.parts {
            let (value, after) = part.take(rest)?;
            if !line.set(part.field, Cow::Borrowed(value)) {
                return None;
            }
            rest = after;
        }
        rest.is_empty().then_some(line)
    }
}

impl Part {
    /// The value at the beginning of `text`, and what comes after it and its end.
    fn take<'l>(&self, text: &'l str) -> Option<(&'l str, &'l str)> {
        let Some((first, more)) = self.end.as_bytes().split_first() else {
            let ends = !(self.is_quoted && has(text, b'"'));
            return (ends && (self.is_spacious || !has(text, b' '))).then_some((text, ""));
        };
        let mut from = 0;
        loop {
            let at = from + memchr::memchr(*first, text.as_bytes().get(from..)?)?;
            let (value, rest) = text.split_at_checked(at)?;
            // Of most ends the first byte is all.
            let after = if more.is_empty() { rest.get(1..) } else { rest.strip_prefix(&*self.end) };
            if let Some(after) = after
                && !(self.is_quoted && is_escaped(value))
            {
                return (self.is_spacious || !has(value, b' ')).then_some((value, after));
            }
            from = at + 1;
        }
    }
}

fn has(text: &str, byte: u8) -> bool {
    memchr::memchr(byte, text.as_bytes()).is_some()
}

/// Whether what comes after `text` is escaped by a backslash.
fn is_escaped(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, line: &str, expected: Option<&str>) {
        let pattern = Pattern::parse(pattern).unwrap();
        assert_eq!(pattern.read(line).map(|line| line.to_string()).as_deref(), expected, "{line}");
    }

    #[test]
    fn a_line_is_read_to_its_end_or_not_at_all() {
        let pattern = r#"$remote_addr - $remote_user [$time_local] "$request" $status"#;
        let said = "time=2025-10-10T13:55:36.000000Z client=1.2.3.4 user=a b method=GET path=/x protocol=HTTP/1.1 status=200 shows=user";
        check(pattern, r#"1.2.3.4 - a b [10/Oct/2025:13:55:36 +0000] "GET /x HTTP/1.1" 200"#, Some(said));
        check(pattern, r#"1.2.3.4 - a b [10/Oct/2025:13:55:36 +0000] "GET /x HTTP/1.1" 200 "#, None);
        check(pattern, r#"h 1.2.3.4 - a b [10/Oct/2025:13:55:36 +0000] "GET /x HTTP/1.1" 200"#, None);
        check(pattern, r#"1.2.3.4 - a b [10/Oct/2025:13:55:36 +0000] "GET /x HTTP/1.1" OK"#, None);
        check(pattern, "", None);
    }

    #[test]
    fn quotes_may_be_escaped_and_may_stand_within() {
        check(
            r#""$request" $status"#,
            r#""GET /\"x HTTP/1.1" 200"#,
            Some(r#"method=GET path=/\"x protocol=HTTP/1.1 status=200"#),
        );
        check(
            r#""$request" $status"#,
            r#""GET /"x HTTP/1.1" 200"#,
            Some(r#"method=GET path=/"x protocol=HTTP/1.1 status=200"#),
        );
        check(r#""$request" $status"#, r#""GET /\\" 200"#, Some(r#"method=GET path=/\\ status=200"#));
    }

    #[test]
    fn braces_name_a_variable_and_unknown_names_are_passed_over() {
        check("${request_uri}|$upstream_addr|$status", "/a|x y|404", Some("path=/a status=404"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, fault) in [
            ("$status$request", PatternFault::Adjacent),
            ("$status $remote_addr", PatternFault::NoPath),
            ("", PatternFault::NoPath),
            (&"$request ".repeat(VARIABLES_MAX + 1), PatternFault::TooMany),
        ] {
            assert_eq!(Pattern::parse(text).unwrap_err(), fault);
        }
    }
}
