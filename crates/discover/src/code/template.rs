//! Path templates in the ways that frameworks write them, as `{name}`.

/// How a framework writes what a path may hold at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `:name`, `:name(\\d+)`, `:name?`, `*name`, `*`.
    Colon,
    /// `{name}`, `{name:int}`, `{name?}`, `{*name}`, `{name...}`.
    Braces,
    /// `<name>`, `<int:name>`, `<name..>`.
    Angles,
}

/// The template of a path, with the names in it and their types where it says them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) path: String,
    pub(crate) parameters: Vec<(String, String)>,
}

/// The template of `path`, which is written in `style`. Text that is none of a path stays as it is.
pub(crate) fn template(path: &str, style: Style) -> Template {
    let mut template = Template::default();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        // `{?page}` of URI templates says what may be in the query.
        if rest.starts_with("{?") || rest.starts_with("{&") {
            rest = balanced(rest, '{', '}').map_or("", |(_, after)| after);
            continue;
        }
        let taken = match (style, first) {
            (Style::Colon, ':') => colon(rest),
            (_, '*') => Some(star(rest)),
            (Style::Colon, '+') if template.path.ends_with('/') => Some(star(rest)),
            (Style::Braces | Style::Colon, '{') => enclosed(rest, '{', '}', braces),
            (Style::Angles, '(') => group(rest),
            (Style::Angles, '\\') => {
                rest = rest.strip_prefix('\\').unwrap_or_default();
                continue;
            }
            (Style::Angles, '<') => enclosed(rest, '<', '>', angles),
            _ => None,
        };
        match taken {
            Some((name, kind, after)) => {
                let name = if name.is_empty() { "path".to_owned() } else { name };
                template.path.push_str(&format!("{{{name}}}"));
                template.parameters.push((name, kind));
                rest = after;
            }
            None => {
                template.path.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
    }
    template
}

/// The most parts of one path that may be left out.
const OPTIONALS_MAX: usize = 3;

/// The paths that one stands for, of which parts may be left out: `/a/:id?`, `/a/{id?}`, `/a(/:id)`, `/a/?$`.
pub(crate) fn written_out(path: &str, style: Style) -> Vec<String> {
    let mut whole = vec![path.to_owned()];
    for _ in 0..OPTIONALS_MAX {
        let mut next = Vec::new();
        for path in &whole {
            match optional(path, style) {
                Some(found) => next.extend(found),
                None => next.push(path.clone()),
            }
        }
        if next == whole {
            break;
        }
        whole = next;
    }
    whole.sort_unstable();
    whole.dedup();
    whole
}

/// A path without the first part of it that may be left out, and with it.
fn optional(path: &str, style: Style) -> Option<Vec<String>> {
    let both = |before: &str, inside: &str, after: &str| {
        let is_last = after.is_empty() || after.starts_with('/');
        let without = before.strip_suffix('/').filter(|_| is_last).unwrap_or(before);
        vec![format!("{without}{after}"), format!("{before}{inside}{after}")]
    };
    for (at, first) in path.char_indices() {
        let (before, rest) = path.split_at_checked(at)?;
        match (style, first) {
            (Style::Colon, ':') => {
                let (name, _, after) = colon_parts(rest)?;
                let Some(after) = after.strip_prefix('?') else { continue };
                return Some(both(before, &format!(":{name}"), after));
            }
            (Style::Colon, '(')
                if rest.starts_with("(/")
                    || rest.starts_with("(.")
                    || !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') =>
            {
                let (inside, after) = balanced(rest, '(', ')')?;
                let after = after.strip_prefix('?').unwrap_or(after);
                return Some(match inside.starts_with(".:") {
                    // What form the answer has makes no path of its own.
                    true => vec![format!("{before}{after}")],
                    false => both(before, inside, after),
                });
            }
            (Style::Colon, '/') if rest.starts_with("/?") => {
                let after = rest.strip_prefix("/?")?;
                return Some(vec![format!("{before}/{after}")]);
            }
            (Style::Colon | Style::Braces, '{') if rest.starts_with("{/") => {
                let (inside, after) = balanced(rest, '{', '}')?;
                let inside = match style {
                    Style::Braces => format!("/{{{}}}", inside.trim_start_matches('/')),
                    _ => inside.to_owned(),
                };
                return Some(both(before, &inside, after));
            }
            (Style::Braces, '[') if rest.starts_with("[/") => {
                let (inside, after) = balanced(rest, '[', ']')?;
                return Some(both(before, inside, after));
            }
            (Style::Braces, '{') if !rest.starts_with("{?") => {
                let (inside, after) = balanced(rest, '{', '}')?;
                let (name, ending) =
                    inside.split_once('?').or(inside.split_once('=')).unwrap_or((inside, "-"));
                let is_pattern = name.contains([':', '<']) && !ending.is_empty() && !name.ends_with('>');
                if ending == "-" || is_pattern {
                    continue;
                }
                return Some(both(before, &format!("{{{name}}}"), after));
            }
            (Style::Angles, '/') if rest.starts_with("/?") => {
                // Whether it ends in a slash is no matter: it is the path without.
                let after = rest.strip_prefix("/?")?;
                return Some(vec![format!(
                    "{before}{}{after}",
                    if after.trim_start_matches('$').is_empty() { "" } else { "/" }
                )]);
            }
            (Style::Angles, '(') if rest.starts_with("(?:") => {
                let (inside, after) = balanced(rest, '(', ')')?;
                let inside = inside.strip_prefix("?:")?;
                return Some(match after.strip_prefix('?') {
                    Some(after) => both(before, inside, after),
                    None => vec![format!("{before}{inside}{after}")],
                });
            }
            _ => {}
        }
    }
    None
}

/// A name, its type, and what stands behind.
type Taken<'t> = (String, String, &'t str);

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn colon(text: &str) -> Option<Taken<'_>> {
    let (name, kind, after) = colon_parts(text)?;
    let after = after.strip_prefix(['?', '+', '*']).unwrap_or(after);
    (!name.is_empty()).then(|| (name.to_owned(), kind_of(kind).to_owned(), after))
}

/// The name and the pattern of `:name(pattern)`, and what stands behind.
fn colon_parts(text: &str) -> Option<(&str, &str, &str)> {
    let (name, mut after) = word(text.strip_prefix(':')?);
    let mut kind = "";
    for (open, close) in [('(', ')'), ('{', '}'), ('<', '>')] {
        // `(/:year)` is no pattern, but a part that may be left out.
        if after.starts_with(open)
            && let Some((pattern, behind)) = balanced(after, open, close)
            && !pattern.starts_with(['/', '.'])
        {
            (kind, after) = (pattern, behind);
        }
    }
    Some((name, kind, after))
}

fn star(text: &str) -> Taken<'_> {
    let (name, after) = word(text.trim_start_matches(['*', '+']));
    (name.to_owned(), String::new(), after)
}

fn enclosed<'t>(text: &'t str, open: char, close: char, read: fn(&str) -> (&str, &str)) -> Option<Taken<'t>> {
    let (inside, after) = balanced(text, open, close)?;
    let (name, kind) = read(inside);
    let (name, _) = word(name.trim().trim_start_matches(['*', '+', '&']));
    Some((name.to_owned(), kind_of(kind).to_owned(), after))
}

/// A group of a regular expression, which may have a name.
fn group(text: &str) -> Option<Taken<'_>> {
    let (inside, after) = balanced(text, '(', ')')?;
    let named =
        inside.strip_prefix("?P<").or(inside.strip_prefix("?<")).and_then(|rest| rest.split_once('>'));
    let (name, pattern) = named.unwrap_or(("value", inside));
    Some((name.to_owned(), kind_of(pattern).to_owned(), after))
}

fn braces(inside: &str) -> (&str, &str) {
    let (name, kind) = inside.split_once([':', '<']).unwrap_or((inside, ""));
    (name, kind.trim_end_matches('>'))
}

fn angles(inside: &str) -> (&str, &str) {
    let (kind, name) = inside.split_once(':').unwrap_or(("", inside));
    (name, kind)
}

/// What stands between `open`, which `text` begins with, and its `close`; and what stands behind.
fn balanced(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                let inside = text.get(open.len_utf8()..at)?;
                return Some((inside, text.get(at + close.len_utf8()..)?));
            }
        }
    }
    None
}

/// The type that a converter, a constraint or a pattern stands for.
fn kind_of(written: &str) -> &'static str {
    match written.trim().trim_matches(['^', '$', '(', ')', '+']) {
        "int" | "long" | "Int" | "integer" | "\\d" | "[0-9]" | "\\\\d" => "integer",
        "float" | "double" | "decimal" => "number",
        "uuid" | "guid" => "uuid",
        "bool" => "boolean",
        _ => "",
    }
}

/// One path behind another, with one slash between them and none at the end.
pub(crate) fn joined(prefix: &str, path: &str) -> String {
    let (prefix, path) = (prefix.trim_end_matches('/'), path.trim_start_matches('/'));
    if path.is_empty() { prefix.to_owned() } else { format!("{prefix}/{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_is_written_with_braces() {
        let check = |style, path: &str, expected: &str, kinds: &[&str]| {
            let template = template(path, style);
            assert_eq!(template.path, expected, "{path}");
            assert_eq!(
                template.parameters.iter().map(|(_, kind)| &**kind).collect::<Vec<_>>(),
                kinds,
                "{path}"
            );
        };
        check(Style::Colon, "/orders/:id/items/:item_id", "/orders/{id}/items/{item_id}", &["", ""]);
        check(Style::Colon, "/o/:id(\\d+)/:rest*", "/o/{id}/{rest}", &["integer", ""]);
        check(Style::Colon, "/files/*path", "/files/{path}", &[""]);
        check(Style::Colon, "/files/*", "/files/{path}", &[""]);
        check(Style::Colon, "/flights/:from-:to", "/flights/{from}-{to}", &["", ""]);
        check(Style::Braces, "/a/{id:int}/{*rest}", "/a/{id}/{rest}", &["integer", ""]);
        check(Style::Braces, "/a/{id:[0-9]{2,4}}/{rest...}", "/a/{id}/{rest}", &["", ""]);
        check(Style::Braces, "/a/{id?}:cancel", "/a/{id}:cancel", &[""]);
        check(Style::Angles, "/a/<int:id>/<path:rest>", "/a/{id}/{rest}", &["integer", ""]);
        check(Style::Angles, "a/(?P<id>\\d+)/(?P<year>[0-9]{4})/", "a/{id}/{year}/", &["integer", ""]);
        check(Style::Angles, "/a/<rest..>", "/a/{rest}", &[""]);
        check(Style::Braces, "/a/{unclosed", "/a/{unclosed", &[]);
    }

    #[test]
    fn parts_that_may_be_left_out_are_written_out() {
        let check = |style, path: &str, expected: &[&str]| {
            assert_eq!(written_out(path, style), expected, "{path}");
        };
        check(Style::Colon, "/a/:id?", &["/a", "/a/:id"]);
        check(Style::Colon, "/a/:id(\\d+)?/b", &["/a/:id/b", "/a/b"]);
        check(Style::Colon, "/a/:id(/:year)(.:format)", &["/a/:id", "/a/:id/:year"]);
        check(Style::Colon, "(/:locale)/a", &["/:locale/a", "/a"]);
        check(Style::Colon, "/a/:year/?:month?", &["/a/:year", "/a/:year/:month"]);
        check(Style::Colon, "/a{/:id}", &["/a", "/a/:id"]);
        check(Style::Colon, "/a/:id(\\d+)", &["/a/:id(\\d+)"]);
        check(Style::Braces, "/a/{id?}", &["/a", "/a/{id}"]);
        check(Style::Braces, "/a/{id:int?}/{b=1}", &["/a", "/a/{b}", "/a/{id:int}", "/a/{id:int}/{b}"]);
        check(Style::Braces, "/a/{id<\\d+>?1}", &["/a", "/a/{id<\\d+>}"]);
        check(Style::Braces, "/a/{id:[0-9]+?x}{?page}", &["/a/{id:[0-9]+?x}{?page}"]);
        check(Style::Braces, "/a{/id}", &["/a", "/a/{id}"]);
        check(Style::Braces, "/a[/{id}]", &["/a", "/a/{id}"]);
        check(Style::Angles, "a/?$", &["a$"]);
        check(Style::Angles, "a(?:/(?P<id>\\d+))?/$", &["a/$", "a/(?P<id>\\d+)/$"]);
        check(Style::Angles, "a/?b?c?d?", &["a/b?c?d?"]);
    }

    #[test]
    fn paths_are_joined_by_one_slash() {
        for (prefix, path, expected) in [
            ("", "/a", "/a"),
            ("/v1/", "/a/", "/v1/a/"),
            ("/v1", "", "/v1"),
            ("/v1", "a", "/v1/a"),
            ("", "", ""),
        ] {
            assert_eq!(joined(prefix, path), expected);
        }
    }
}
