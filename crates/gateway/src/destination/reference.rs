//! Where a reference in an answer leads, seen from the origin that gave it.

use super::{Fault, is_of_url};
use crate::normalize::{Scheme, own_host};

/// Where a reference leads (RFC 3986 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// To wherever it is read: it names no host.
    Relative,
    /// To the origin itself; the same as a path.
    Own(String),
    /// Elsewhere, or nobody knows where.
    Foreign,
}

impl Reference {
    /// Reads `text`, which the origin of `scheme` and `authority` gave.
    ///
    /// # Errors
    /// It is no reference that all readers take for the same.
    pub fn read(text: &str, scheme: Scheme, authority: &str) -> Result<Reference, Fault> {
        if !text.bytes().all(is_of_url) || spec::decoded(text).is_err() {
            return Err(Fault::Characters);
        }
        if text.starts_with("//") {
            return Ok(Reference::Foreign);
        }
        let segment = text.split(['/', '?', '#']).next().unwrap_or_default();
        if !segment.contains(':') {
            return Ok(Reference::Relative);
        }
        let Some((named, rest)) = text.split_once("://") else { return Ok(Reference::Foreign) };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, tail) = rest.split_at_checked(end).ok_or(Fault::Host)?;
        let is_own = named.eq_ignore_ascii_case(scheme.as_str())
            && own_host(host, scheme).is_some_and(|host| host.as_str() == authority);
        // Without its host, what begins with `//` would name another.
        if !is_own || tail.starts_with("//") {
            return Ok(Reference::Foreign);
        }
        let root = if tail.starts_with('/') { "" } else { "/" };
        Ok(Reference::Own(format!("{root}{tail}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Result<Reference, Fault>) {
        assert_eq!(&Reference::read(text, Scheme::Https, "api.example"), expected, "{text}");
    }

    fn own(path: &str) -> Result<Reference, Fault> {
        Ok(Reference::Own(path.to_owned()))
    }

    #[test]
    fn what_leads_to_the_origin_becomes_a_path() {
        check("https://api.example/a?b=c#d", &own("/a?b=c#d"));
        check("HTTPS://API.example:443", &own("/"));
        check("https://api.example?@elsewhere.example/", &own("/?@elsewhere.example/"));
        check("https://api.example#a", &own("/#a"));
        check("https://api.example./a", &own("/a"));
    }

    #[test]
    fn what_names_no_host_stays() {
        for text in ["/a", "/a://b", "a/b:c", "?a", "#a", "", "../a"] {
            check(text, &Ok(Reference::Relative));
        }
    }

    #[test]
    fn everything_else_leads_elsewhere() {
        for text in [
            "//elsewhere.example/",
            "//api.example/",
            "http://api.example/",
            "https://api.example:8443/",
            "https://api.example//elsewhere.example/",
            "https://api.example@elsewhere.example/",
            "https://elsewhere.example@api.example/",
            "https://api.example.elsewhere.example/",
            "https:/api.example",
            "https:api.example",
            "javascript:alert(1)",
            "https://",
        ] {
            check(text, &Ok(Reference::Foreign));
        }
        for text in ["/\\elsewhere.example", "https://api.example/\t", "https://api.example/%zz", "\u{e9}"] {
            check(text, &Err(Fault::Characters));
        }
    }
}
