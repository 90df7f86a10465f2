//! Which requests of an operation an exposure lets through: none, a part, or all of them.

use model::inventory::{Exposure, Paths};
use regex::{Regex, RegexBuilder};

use crate::host_name::{closeness, covers};

/// The largest program that a regular expression may become, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Values of parameters with which a template is held against a regular expression.
const SAMPLES: &[&str] = &["1", "a", "a1-b2", "00000000-0000-4000-8000-000000000000"];

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
}

/// Whether a regular expression is one that is understood here: without what needs memory or looks around.
pub(crate) fn is_regular(pattern: &str) -> bool {
    compiled(pattern).is_some()
}

/// How much of something an exposure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    None,
    /// Some: of all values of a parameter, or where a condition holds.
    Part,
    All,
}

/// An exposure that is ready to be asked.
#[derive(Debug)]
pub(super) struct Rule<'i> {
    pub(super) exposure: &'i Exposure,
    /// Absent where it is none, or one that cannot be used: then nothing is known to be let through.
    pattern: Option<Regex>,
}

impl<'i> Rule<'i> {
    pub(super) fn of(exposure: &'i Exposure) -> Rule<'i> {
        let pattern = match &exposure.paths {
            Paths::Matching(pattern) => compiled(pattern),
            Paths::Exact(_) | Paths::Below(_) | Paths::Beginning(_) | Paths::Unknown(_) => None,
        };
        Rule { exposure, pattern }
    }

    /// Whether it takes requests for this host, written with or without a port.
    pub(super) fn takes_host(&self, host: &str) -> bool {
        let hosts = &self.exposure.hosts;
        hosts.is_empty() || hosts.iter().any(|known| covers(known, host))
    }

    /// How closely it names this host.
    pub(super) fn closeness(&self, host: &str) -> (u8, usize) {
        let names = self.exposure.hosts.iter().filter(|known| covers(known, host));
        names.map(|known| closeness(known)).max().unwrap_or_default()
    }

    /// How much it takes of the requests with this method and a path of this shape, in which `{}` stands for parameters.
    pub(super) fn share(&self, method: &str, shape: &str) -> Share {
        self.methods(method).min(self.paths(&self.exposure.paths, shape))
    }

    /// The same, where the path is the one with which the request goes on.
    pub(super) fn share_behind(&self, method: &str, shape: &str) -> Share {
        let Some(replaced_by) = &self.exposure.replaced_by else { return Share::None };
        let paths = match &self.exposure.paths {
            Paths::Exact(_) => Paths::Exact(replaced_by.clone()),
            _ => Paths::Below(replaced_by.clone()),
        };
        self.methods(method).min(self.paths(&paths, shape))
    }

    fn methods(&self, method: &str) -> Share {
        let methods = &self.exposure.methods;
        match () {
            () if !methods.is_empty() && method == "*" => Share::Part,
            () if !methods.is_empty() && !methods.contains(method) => Share::None,
            () if !self.exposure.conditions.is_empty() => Share::Part,
            () => Share::All,
        }
    }

    fn paths(&self, paths: &Paths, shape: &str) -> Share {
        match paths {
            Paths::Exact(path) => segments(path, shape, End::Whole),
            Paths::Below(path) => segments(path.trim_end_matches('/'), shape, End::Segment),
            Paths::Beginning(path) => segments(path, shape, End::Text),
            Paths::Matching(_) => {
                let Some(pattern) = &self.pattern else { return Share::None };
                let is_found = |sample: &&&str| pattern.is_match(&shape.replace("{}", sample));
                let found = SAMPLES.iter().filter(is_found).count();
                match found {
                    0 => Share::None,
                    all if all == SAMPLES.len() => Share::All,
                    _ => Share::Part,
                }
            }
            Paths::Unknown(_) => Share::None,
        }
    }
}

/// Where a path of a config may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nowhere.
    Whole,
    /// With a segment.
    Segment,
    /// With any text.
    Text,
}

/// Holds a path of a config against a template, segment by segment.
fn segments(path: &str, shape: &str, end: End) -> Share {
    let mut asked = shape.split('/');
    let mut share = Share::All;
    let mut known = path.split('/').peekable();
    while let Some(segment) = known.next() {
        let Some(template) = asked.next() else { return Share::None };
        let is_open = end == End::Text && known.peek().is_none();
        let is_same = segment == template || segment == "{}" || is_open && template.starts_with(segment);
        match is_same {
            true => {}
            false if template.contains("{}") && may_be(template, segment, is_open) => share = Share::Part,
            false => return Share::None,
        }
    }
    match (end, asked.next()) {
        (End::Whole, Some(_)) => Share::None,
        _ => share,
    }
}

/// Whether a segment with a parameter may be, or begin with, `text`.
fn may_be(template: &str, text: &str, is_open: bool) -> bool {
    let (before, _) = template.split_once("{}").unwrap_or((template, ""));
    let (_, after) = template.rsplit_once("{}").unwrap_or(("", template));
    match is_open {
        true => text.starts_with(before) || before.starts_with(text),
        false => {
            let rest = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|value| !value.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use model::inventory::{At, Place};

    use super::*;

    fn exposure(paths: Paths) -> Exposure {
        let place = Place { file: "a".to_owned(), at: At::Line(1) };
        Exposure { paths, ..Exposure::any("test", place) }
    }

    fn check(paths: Paths, shape: &str, expected: Share) {
        let exposure = exposure(paths);
        assert_eq!(Rule::of(&exposure).share("GET", shape), expected, "{exposure} {shape}");
    }

    #[test]
    fn a_prefix_takes_whole_segments_and_a_beginning_takes_text() {
        let below = |path: &str| Paths::Below(path.to_owned());
        check(below("/"), "/orders/{}", Share::All);
        check(below("/orders"), "/orders", Share::All);
        check(below("/orders/"), "/orders/{}", Share::All);
        check(below("/orders"), "/orders2", Share::None);
        check(below("/orders/special"), "/orders/{}", Share::Part);
        check(below("/orders/special/items"), "/orders/{}", Share::None);
        check(below("/{}/orders"), "/v1/orders", Share::All);
        let beginning = |path: &str| Paths::Beginning(path.to_owned());
        check(beginning("/ord"), "/orders/{}", Share::All);
        check(beginning("/orders/sp"), "/orders/{}", Share::Part);
        check(beginning("/users"), "/orders/{}", Share::None);
    }

    #[test]
    fn an_exact_path_takes_itself_and_a_pattern_what_it_finds() {
        let exact = |path: &str| Paths::Exact(path.to_owned());
        check(exact("/orders"), "/orders", Share::All);
        check(exact("/orders"), "/orders/{}", Share::None);
        check(exact("/orders/me"), "/orders/{}", Share::Part);
        check(exact("/orders/{}"), "/orders/{}", Share::All);
        let matching = |pattern: &str| Paths::Matching(pattern.to_owned());
        check(matching(r"^/orders/\d+$"), "/orders/{}", Share::Part);
        check(matching("^/orders"), "/orders/{}", Share::All);
        check(matching("^/users"), "/orders/{}", Share::None);
        check(matching("(?=a)"), "/orders/{}", Share::None);
        check(Paths::Unknown("$uri".to_owned()), "/orders", Share::None);
    }

    #[test]
    fn methods_and_conditions_narrow_it() {
        let mut narrow = exposure(Paths::Below("/".to_owned()));
        narrow.methods.insert("GET".to_owned());
        assert_eq!(Rule::of(&narrow).share("GET", "/a"), Share::All);
        assert_eq!(Rule::of(&narrow).share("PUT", "/a"), Share::None);
        assert_eq!(Rule::of(&narrow).share("*", "/a"), Share::Part);
        narrow.conditions.push("header x".to_owned());
        assert_eq!(Rule::of(&narrow).share("GET", "/a"), Share::Part);
    }

    #[test]
    fn what_is_passed_on_under_another_path_is_held_against_that() {
        let mut stripped = exposure(Paths::Below("/shop".to_owned()));
        assert_eq!(Rule::of(&stripped).share_behind("GET", "/orders"), Share::None);
        stripped.replaced_by = Some("/".to_owned());
        assert_eq!(Rule::of(&stripped).share("GET", "/orders"), Share::None);
        assert_eq!(Rule::of(&stripped).share_behind("GET", "/orders"), Share::All);
    }
}
