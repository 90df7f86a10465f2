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
            (Style::Braces | Style::Colon, '{') => enclosed(rest, '{', '}', braces),
            (Style::Angles, '(') if rest.starts_with("(?P<") => group(rest),
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

/// A name, its type, and what stands behind.
type Taken<'t> = (String, String, &'t str);

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn colon(text: &str) -> Option<Taken<'_>> {
    let (name, mut after) = word(text.strip_prefix(':')?);
    if name.is_empty() {
        return None;
    }
    let mut kind = "";
    for (open, close) in [('(', ')'), ('{', '}'), ('<', '>')] {
        if after.starts_with(open)
            && let Some((pattern, behind)) = balanced(after, open, close)
        {
            (kind, after) = (pattern, behind);
        }
    }
    let after = after.strip_prefix(['?', '+', '*']).unwrap_or(after);
    Some((name.to_owned(), kind_of(kind).to_owned(), after))
}

fn star(text: &str) -> Taken<'_> {
    let (name, after) = word(text.trim_start_matches('*'));
    (name.to_owned(), String::new(), after)
}

fn enclosed<'t>(text: &'t str, open: char, close: char, read: fn(&str) -> (&str, &str)) -> Option<Taken<'t>> {
    let (inside, after) = balanced(text, open, close)?;
    let (name, kind) = read(inside);
    let (name, _) = word(name.trim().trim_start_matches('*'));
    Some((name.to_owned(), kind_of(kind).to_owned(), after))
}

/// A group of a regular expression that has a name.
fn group(text: &str) -> Option<Taken<'_>> {
    let (inside, after) = balanced(text, '(', ')')?;
    let (name, pattern) = inside.strip_prefix("?P<")?.split_once('>')?;
    Some((name.to_owned(), kind_of(pattern).to_owned(), after))
}

fn braces(inside: &str) -> (&str, &str) {
    inside.split_once(':').unwrap_or((inside, ""))
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
