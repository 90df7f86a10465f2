//! Name-value pairs of query strings and urlencoded forms, read one way wherever they are read.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use smallvec::SmallVec;

/// The most pairs that are read where no other limit is given.
pub const PAIRS_MAX: usize = 256;

/// The pairs of a query string, without the `?`, in order.
///
/// Pairs are separated by `&` only; an empty pair (`a&&b`) is skipped. `+` and `%20` are a space.
#[derive(Debug, Clone, Default)]
pub struct Query<'q> {
    pairs: SmallVec<[Pair<'q>; 8]>,
}

/// One pair.
#[derive(Debug, Clone)]
pub struct Pair<'q> {
    /// The name, decoded.
    pub name: Cow<'q, str>,
    /// The value as it came, still encoded; empty where there is no `=`.
    pub raw_value: &'q str,
}

/// Why text is not read as pairs or values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFault {
    /// More pairs than allowed.
    TooManyPairs,
    /// A `%` without two hexadecimal digits.
    BadEscape,
    /// Decoded bytes that are no UTF-8.
    NotUtf8,
}

impl<'q> Query<'q> {
    /// Reads `text`, or says why it will not.
    ///
    /// # Errors
    /// A name that cannot be decoded, or more than `pairs_max` pairs.
    pub fn parse(text: &'q str, pairs_max: usize) -> Result<Query<'q>, QueryFault> {
        let mut pairs = SmallVec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == pairs_max {
                return Err(QueryFault::TooManyPairs);
            }
            let (name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push(Pair { name: decoded_form(name)?, raw_value });
        }
        Ok(Query { pairs })
    }

    /// Every pair, in order.
    pub fn pairs(&self) -> &[Pair<'q>] {
        &self.pairs
    }

    /// The raw values of the pairs called `name`, in order.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'q str> + 's {
        self.pairs.iter().filter(move |pair| pair.name == name).map(|pair| pair.raw_value)
    }
}

impl QueryFault {
    /// In words, without anything of the text.
    pub fn as_str(self) -> &'static str {
        match self {
            QueryFault::TooManyPairs => "too many name-value pairs",
            QueryFault::BadEscape => "`%` without two hexadecimal digits",
            QueryFault::NotUtf8 => "encoded bytes that are not UTF-8",
        }
    }
}

/// Decodes `%XX` and reads `+` as a space, as forms and query strings have it.
///
/// # Errors
/// A broken escape, or bytes that are no UTF-8.
pub fn decoded_form(text: &str) -> Result<Cow<'_, str>, QueryFault> {
    if !text.contains('+') {
        return decoded(text);
    }
    let spaced = text.replace('+', " ");
    Ok(Cow::Owned(decoded(&spaced)?.into_owned()))
}

/// Decodes `%XX`.
///
/// # Errors
/// A broken escape, or bytes that are no UTF-8.
pub fn decoded(text: &str) -> Result<Cow<'_, str>, QueryFault> {
    let bytes = text.as_bytes();
    let mut escapes = memchr::memchr_iter(b'%', bytes).peekable();
    if escapes.peek().is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    if !escapes.all(|at| is_digit(at + 1) && is_digit(at + 2)) {
        return Err(QueryFault::BadEscape);
    }
    percent_decode(bytes).decode_utf8().or(Err(QueryFault::NotUtf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let query = Query::parse(text, 4).unwrap();
        let pairs: Vec<_> = query.pairs().iter().map(|pair| (&*pair.name, pair.raw_value)).collect();
        assert_eq!(pairs, expected, "{text}");
    }

    #[test]
    fn pairs_are_split_at_ampersands_and_the_first_equals_sign() {
        check("", &[]);
        check("a=1&b=2", &[("a", "1"), ("b", "2")]);
        check("&&a=1&&", &[("a", "1")]);
        check("a&b=&=c", &[("a", ""), ("b", ""), ("", "c")]);
        check("a=b=c;d=e", &[("a", "b=c;d=e")]);
    }

    #[test]
    fn names_are_decoded_and_values_are_left_raw() {
        check("a%5Bb%5D=%2C&x+y=1+2", &[("a[b]", "%2C"), ("x y", "1+2")]);
        assert_eq!(Query::parse("a=1&a=2", 4).unwrap().values("a").collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(Query::parse("a&b&c&d&e", 4).unwrap_err(), QueryFault::TooManyPairs);
        assert_eq!(Query::parse("%zz=1", 4).unwrap_err(), QueryFault::BadEscape);
        assert_eq!(Query::parse("%ff=1", 4).unwrap_err(), QueryFault::NotUtf8);
        assert_eq!(decoded("%"), Err(QueryFault::BadEscape));
        assert_eq!(decoded("%4"), Err(QueryFault::BadEscape));
        assert_eq!(decoded("%C0%AF"), Err(QueryFault::NotUtf8));
        assert_eq!(decoded_form("a+%2B%F0%9F%98%80"), Ok("a +\u{1f600}".into()));
        assert_eq!(decoded("a+b"), Ok("a+b".into()));
    }
}
