//! Media types of bodies and the ranges that documents declare for them (RFC 9110, sections 8.3 and 12.5.1).

use std::borrow::Cow;

/// The parts of a `Content-Type` that decide how a body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType<'t> {
    /// `type/subtype` in lower case.
    pub essence: Cow<'t, str>,
    /// `charset`, as it came.
    pub charset: Option<Cow<'t, str>>,
    /// `boundary`, as it came.
    pub boundary: Option<Cow<'t, str>>,
}

/// A media type or range that a document declares, in lower case and without parameters: `image/*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaRange(String);

impl<'t> MediaType<'t> {
    /// Reads a `Content-Type` value; nothing where it is not one.
    pub fn parse(text: &'t str) -> Option<MediaType<'t>> {
        // Nearly every body says this and nothing else, and several controls ask.
        if text == "application/json" {
            return Some(MediaType { essence: Cow::Borrowed(text), charset: None, boundary: None });
        }
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim_matches([' ', '\t']);
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let essence = match essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(essence.to_ascii_lowercase()),
            false => Cow::Borrowed(essence),
        };
        let mut media = MediaType { essence, charset: None, boundary: None };
        let mut rest = parameters.trim_matches([' ', '\t']);
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value_of(after)?;
            let known = match name.trim_matches([' ', '\t']) {
                name if name.eq_ignore_ascii_case("charset") => Some(&mut media.charset),
                name if name.eq_ignore_ascii_case("boundary") => Some(&mut media.boundary),
                _ => None,
            };
            // Of a parameter that comes twice readers take one or the other.
            if known.is_some_and(|known| known.replace(value).is_some()) {
                return None;
            }
            let after = after.trim_start_matches([' ', '\t']);
            rest = match after.strip_prefix(';') {
                Some(more) => more.trim_start_matches([' ', '\t']),
                None if after.is_empty() => after,
                None => return None,
            };
        }
        Some(media)
    }

    /// Whether the body is JSON: `application/json`, or anything with the suffix `+json`.
    pub fn is_json(&self) -> bool {
        matches!(&*self.essence, "application/json" | "text/json") || self.essence.ends_with("+json")
    }
}

impl MediaRange {
    /// The range that a document spells `text`; nothing where that is none.
    pub fn parse(text: &str) -> Option<MediaRange> {
        MediaType::parse(text).map(|media| MediaRange(media.essence.into_owned()))
    }

    /// The range as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How closely it covers `essence`, if at all: more is closer.
    pub fn closeness(&self, essence: &str) -> Option<u8> {
        if self.0 == essence {
            return Some(2);
        }
        if self.0 == "*/*" || self.0 == "*" {
            return Some(0);
        }
        let kind = self.0.strip_suffix("/*")?;
        essence.split_once('/').filter(|(found, _)| *found == kind).map(|_| 1)
    }
}

/// A token or quoted string, and what follows.
fn value_of(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end)?;
        return is_token(token).then_some((Cow::Borrowed(token), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((Cow::Owned(value), characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_read_whole_or_not_at_all() {
        let media = MediaType::parse("Application/JSON; charset=\"utf-8\"; v=1").unwrap();
        assert_eq!(
            (&*media.essence, media.charset.as_deref(), media.boundary),
            ("application/json", Some("utf-8"), None)
        );
        let media = MediaType::parse("multipart/form-data;boundary=a-b").unwrap();
        assert_eq!(media.boundary.as_deref(), Some("a-b"));
        for text in
            ["", "json", "a/", "/b", "a/b c", "a/b; x", "a/b; x=\"1", "a/b; charset=a; charset=b", "a/b,c/d"]
        {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_closest_range_is_the_exact_one() {
        let closeness = |range: &str| MediaRange::parse(range).unwrap().closeness("image/png");
        assert_eq!(closeness("image/png"), Some(2));
        assert_eq!(closeness("image/*"), Some(1));
        assert_eq!(closeness("*/*"), Some(0));
        assert_eq!(closeness("image/jpeg"), None);
        assert_eq!(closeness("text/*"), None);
    }
}
