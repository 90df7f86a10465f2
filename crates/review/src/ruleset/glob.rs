//! Names of files with wildcards as minimatch has them, which rulesets name documents with.

use std::collections::BTreeSet;

use regex::Regex;

/// Patterns that the braces of one may stand for.
const BRANCHES_MAX: usize = 100;

/// The longest pattern, in bytes.
const BYTES_MAX: usize = 1000;

/// A pattern for paths with `/` between their names.
#[derive(Debug)]
pub(super) struct Glob {
    /// Whether it is for all others: a leading `!`.
    is_turned: bool,
    /// One for each of what is in braces.
    branches: Vec<Vec<Segment>>,
}

#[derive(Debug)]
enum Segment {
    /// `**`: any number of names that do not begin with a dot.
    Names,
    Name {
        /// Only then it is for a name that does.
        begins_with_dot: bool,
        pattern: Regex,
    },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Why it is not understood.
    pub(super) fn parse(text: &str) -> Result<Glob, &'static str> {
        if text.len() > BYTES_MAX {
            return Err("too long");
        }
        if text.is_empty() {
            return Err("for no file");
        }
        let is_extended = |pair: &[u8]| matches!(pair, [b'+' | b'@' | b'!' | b'?' | b'*', b'(']);
        if text.as_bytes().windows(2).any(is_extended) {
            return Err("a pattern with `(`, which is not understood");
        }
        let positive = text.trim_start_matches('!');
        let branches: Result<_, _> = expanded(positive)?.iter().map(|branch| segments(branch)).collect();
        Ok(Glob { is_turned: (text.len() - positive.len()) % 2 == 1, branches: branches? })
    }

    /// Whether it is for `path`. A pattern without a `/` is for the last name alone.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        let last = names.get(names.len().saturating_sub(1)..).unwrap_or_default();
        let holds = |segments: &Vec<Segment>| match segments.len() {
            1 => is_for(segments, last),
            _ => is_for(segments, &names),
        };
        self.branches.iter().any(holds) != self.is_turned
    }
}

/// Walks all ways through `names` at once, so that many `**` take no longer than one.
fn is_for(segments: &[Segment], names: &[&str]) -> bool {
    let mut reached = BTreeSet::from([0]);
    for segment in segments {
        let mut next = BTreeSet::new();
        for from in reached {
            let left = names.get(from..).unwrap_or_default();
            match segment {
                Segment::Names => {
                    let passed = left.iter().take_while(|name| !name.starts_with('.')).count();
                    next.extend(from..=from + passed);
                }
                Segment::Name { begins_with_dot, pattern } => {
                    let fits =
                        |name: &&&str| (*begins_with_dot || !name.starts_with('.')) && pattern.is_match(name);
                    next.extend(left.first().filter(fits).map(|_| from + 1));
                }
            }
        }
        reached = next;
    }
    reached.contains(&names.len())
}

/// What stands in braces, written out.
fn expanded(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut left, mut found) = (vec![text.to_owned()], Vec::new());
    while let Some(text) = left.pop() {
        let Some((before, choices, after)) = braces(&text) else {
            found.push(text);
            continue;
        };
        if choices.len() == 1 {
            return Err("a pattern with a range, which is not understood");
        }
        left.extend(choices.iter().map(|choice| format!("{before}{choice}{after}")));
        if left.len() + found.len() > BRANCHES_MAX {
            return Err("one that stands for too many");
        }
    }
    Ok(found)
}

/// The first braces that hold several, or a range: what stands before, within and after.
fn braces(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        let (before, inside) = (text.get(..open)?, text.get(open + 1..)?);
        let (mut depth, mut from, mut choices) = (0_usize, 0, Vec::new());
        for (at, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' if depth == 0 => {
                    choices.push(inside.get(from..at)?);
                    from = at + 1;
                }
                '}' => {
                    choices.push(inside.get(from..at)?);
                    let is_one = choices.len() > 1 || inside.get(..at)?.contains("..");
                    return is_one.then_some((before, choices, inside.get(at + 1..)?));
                }
                _ => {}
            }
        }
        None
    })
}

fn segments(text: &str) -> Result<Vec<Segment>, &'static str> {
    let segment = |text: &str| match text {
        "**" => Ok(Segment::Names),
        _ => Ok(Segment::Name {
            begins_with_dot: text.starts_with('.'),
            pattern: Regex::new(&expression(text)).or(Err("not understood"))?,
        }),
    };
    text.split('/').map(segment).collect()
}

/// One name as a regular expression.
fn expression(text: &str) -> String {
    let mut expression = String::from("(?s)^");
    let mut left = text;
    while let Some(c) = left.chars().next() {
        let rest = left.get(c.len_utf8()..).unwrap_or_default();
        let class = rest.get(1..).and_then(|after| after.find(']')).filter(|_| c == '[');
        let class = class.and_then(|end| rest.split_at_checked(end + 1));
        left = rest;
        match (c, class) {
            ('*', _) => expression.push_str(".*"),
            ('?', _) => expression.push('.'),
            (_, Some((inside, after))) => {
                let stripped = inside.strip_prefix(['!', '^']);
                let escaped = |c: char| if c == '-' { "-".to_owned() } else { regex::escape(&c.to_string()) };
                let inside_escaped: String = stripped.unwrap_or(inside).chars().map(escaped).collect();
                expression.push_str(if stripped.is_some() { "[^" } else { "[" });
                expression.push_str(&inside_escaped);
                expression.push(']');
                left = after.get(1..).unwrap_or_default();
            }
            _ => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push('$');
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, is_for: &[&str], is_not_for: &[&str]) {
        let glob = Glob::parse(pattern).unwrap();
        for path in is_for {
            assert!(glob.matches(path), "{pattern}: {path}");
        }
        for path in is_not_for {
            assert!(!glob.matches(path), "{pattern}: {path}");
        }
    }

    #[test]
    fn patterns_are_for_the_files_that_minimatch_says() {
        check("api.yaml", &["api.yaml", "v1/api.yaml", "../api.yaml"], &["api.yml", "xapi.yaml"]);
        check("*.yaml", &["api.yaml", "v1/api.yaml"], &[".yaml", ".api.yaml", "api.yaml/x"]);
        check("v1/*.yaml", &["v1/api.yaml"], &["v1/a/api.yaml", "x/v1/api.yaml", "v1/.api.yaml"]);
        check("./api.yaml", &[], &["api.yaml"]);
        check("**/api.yaml", &["api.yaml", "a/b/api.yaml"], &["../api.yaml", ".a/api.yaml"]);
        check("**", &["api.yaml", "../a/api.yaml"], &[".api.yaml"]);
        check("../*/a?i.yaml", &["../x/api.yaml"], &["../x/ai.yaml", "x/api.yaml"]);
        check("{v1,v{2,3}}/[a-c]*.{json,yaml}", &["v1/a.json", "v3/c1.yaml"], &["v4/a.json", "v1/d.json"]);
        check("[!.a]x", &["bx"], &["ax", ".x"]);
        check("!*.json", &["a.yaml"], &["a.json"]);
        check("{id}.a+b", &["{id}.a+b"], &["id.a+b", "{id}.aab"]);
    }

    #[test]
    fn what_is_not_understood_or_too_much_is_said() {
        for (pattern, why) in [
            ("", "for no file"),
            ("+(a|b).yaml", "a pattern with `(`, which is not understood"),
            ("v{1..3}.yaml", "a pattern with a range, which is not understood"),
            (&"{a,b}".repeat(10), "one that stands for too many"),
            (&"a".repeat(1001), "too long"),
            ("[z-a]", "not understood"),
        ] {
            assert_eq!(Glob::parse(pattern).err(), Some(why), "{pattern}");
        }
    }
}
