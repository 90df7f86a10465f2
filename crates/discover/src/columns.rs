//! Lines in columns that the file itself names, as the W3C's extended log file format has them.

use std::borrow::Cow;

use crate::line::{Field, Line};

/// The most columns of a file.
const COLUMNS_MAX: usize = 256;

/// Columns by what they say. Servers disagree on `time-taken`: the format counts seconds, IIS milliseconds.
const COLUMNS: &[(&str, Field)] = &[
    ("date", Field::Date),
    ("time", Field::TimeOfDay),
    ("timestamp", Field::Time),
    ("c-ip", Field::Client),
    ("c-username", Field::User),
    ("cs-username", Field::User),
    ("cs-method", Field::Method),
    ("cs-uri", Field::Target),
    ("cs-uri-stem", Field::Path),
    ("cs-uri-query", Field::Query),
    ("cs-version", Field::Protocol),
    ("cs-protocol-version", Field::Protocol),
    ("cs-host", Field::Host),
    ("cs(Host)", Field::Host),
    ("x-host-header", Field::Host),
    ("sc-status", Field::Status),
    ("sc-bytes", Field::Bytes),
    ("time-taken", Field::SecondsOrMillis),
    ("cs(User-Agent)", Field::UserAgent),
    ("cs(Referer)", Field::Referer),
    ("cs(Cookie)", Field::Cookie),
    ("cs(Authorization)", Field::Authorization),
];

/// The columns of a file.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    fields: Vec<Field>,
}

impl Columns {
    /// Columns as a line `#Fields:` names them.
    pub(crate) fn of(names: &str) -> Columns {
        let field = |name: &str| COLUMNS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut fields: Vec<Field> = names
            .split_ascii_whitespace()
            .take(COLUMNS_MAX)
            .map(|name| field(name).map_or(Field::Ignored, |(_, field)| *field))
            .collect();
        if !fields.contains(&Field::Date) {
            // A time of no day names no point.
            fields
                .iter_mut()
                .filter(|field| **field == Field::TimeOfDay)
                .for_each(|field| *field = Field::Ignored);
        }
        Columns { fields }
    }

    /// What `text` says, if it has a value for each column.
    pub(crate) fn read<'l>(&self, text: &'l str) -> Option<Line<'l>> {
        let separator = if memchr::memchr(b'\t', text.as_bytes()).is_some() { b'\t' } else { b' ' };
        let mut line = Line::default();
        let mut rest = Some(text);
        for field in &self.fields {
            let (value, after) = value(rest?, separator);
            if !line.set(*field, Cow::Borrowed(value)) {
                return None;
            }
            rest = after;
        }
        rest.is_none().then_some(line)
    }
}

/// The first value of `text`, which may stand in quotes, and what comes after its separator; none after the last.
fn value(text: &str, separator: u8) -> (&str, Option<&str>) {
    if let Some((value, after)) = text.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        match after.as_bytes().first() {
            None => return (value, None),
            Some(first) if *first == separator => return (value, after.get(1..)),
            Some(_) => {}
        }
    }
    let end = memchr::memchr(separator, text.as_bytes());
    end.map_or((text, None), |at| (text.get(..at).unwrap_or_default(), text.get(at + 1..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &str, line: &str, expected: Option<&str>) {
        assert_eq!(Columns::of(names).read(line).map(|line| line.to_string()).as_deref(), expected, "{line}");
    }

    #[test]
    fn each_column_has_one_value() {
        let names = "time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)";
        let said = "client=1.2.3.4 method=GET path=/a status=200 user_agent=x";
        check(names, "10:00:00 1.2.3.4 GET /a 200 x", Some(said));
        check(names, "10:00:00\t1.2.3.4\tGET\t/a\t200\tx", Some(said));
        check(names, "10:00:00 1.2.3.4 GET /a 200 \"x\"", Some(said));
        check(names, "10:00:00 1.2.3.4 GET /a 200", None);
        check(names, "10:00:00 1.2.3.4 GET /a 200 x y", None);
        check(names, "10:00:00 1.2.3.4 GET /a OK x", None);
        check(
            "date time cs-uri-stem",
            "2025-10-10 13:55:36 /a",
            Some("time=2025-10-10T13:55:36.000000Z path=/a"),
        );
    }
}
