//! Files of nginx, put together as they include each other.

use model::inventory::{At, Place};

use super::ConfigFindings;
use super::directives::{Directive, parse};
use super::input::Input;

/// Files that include each other; what is deeper is not followed.
const DEPTH_MAX: usize = 8;

/// Directives that all files together may come to, each as often as it is included.
const DIRECTIVES_MAX: usize = 1 << 18;

/// Files that nginx brings, which let nothing through.
const OWN: &[&str] = &[
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "uwsgi_params",
    "scgi_params",
    "proxy_params",
    "koi-win",
];

/// A directive, with what is included in the place of where it is.
#[derive(Debug)]
pub(crate) struct Tree<'i> {
    pub(crate) file: &'i str,
    pub(crate) directive: &'i Directive,
    pub(crate) block: Vec<Tree<'i>>,
}

impl Tree<'_> {
    pub(crate) fn place(&self) -> Place {
        Place { file: self.file.to_owned(), at: At::Line(self.directive.line) }
    }
}

/// A file that is read.
#[derive(Debug)]
pub(crate) struct Parsed {
    name: String,
    directives: Vec<Directive>,
}

/// Reads the files; those that are broken are told of, and used as far as they go.
pub(crate) fn parsed(inputs: &[&Input], findings: &mut ConfigFindings) -> Vec<Parsed> {
    let mut files = Vec::new();
    for input in inputs {
        let (directives, fault) = parse(&input.text);
        if let Some(fault) = fault {
            let what = format!("not understood from here on: {}", fault.what);
            findings.unclear(&input.name, fault.line, &what);
        }
        files.push(Parsed { name: input.name.clone(), directives });
    }
    files
}

/// The files that no other one includes, each with what it includes.
pub(crate) fn trees<'i>(files: &'i [Parsed], findings: &mut ConfigFindings) -> Vec<Vec<Tree<'i>>> {
    let mut build = Build { files, is_included: vec![false; files.len()], left: DIRECTIVES_MAX, findings };
    let all: Vec<Vec<Tree<'i>>> =
        files.iter().map(|file| build.of(&file.name, &file.directives, &file.name, 0)).collect();
    let is_included = build.is_included;
    all.into_iter().zip(is_included).filter(|(_, is_included)| !is_included).map(|(tree, _)| tree).collect()
}

struct Build<'b, 'i> {
    files: &'i [Parsed],
    is_included: Vec<bool>,
    left: usize,
    findings: &'b mut ConfigFindings,
}

impl<'i> Build<'_, 'i> {
    /// `main` is the file that the others are named from.
    fn of(&mut self, file: &'i str, directives: &'i [Directive], main: &str, depth: usize) -> Vec<Tree<'i>> {
        let mut trees = Vec::new();
        for directive in directives {
            let Some(left) = self.left.checked_sub(1) else {
                self.findings.unclear(file, directive.line, "there is more than is read from here on");
                return trees;
            };
            self.left = left;
            if directive.name == "include" {
                for pattern in &directive.arguments {
                    trees.append(&mut self.included((file, directive), pattern, main, depth));
                }
                continue;
            }
            let block = directive.block.as_deref().unwrap_or_default();
            let block = self.of(file, block, main, depth);
            trees.push(Tree { file, directive, block });
        }
        trees
    }

    fn included(
        &mut self,
        (file, directive): (&str, &Directive),
        pattern: &str,
        main: &str,
        depth: usize,
    ) -> Vec<Tree<'i>> {
        let mut trees = Vec::new();
        let files = self.files;
        let matching = matching(files, pattern, main, file);
        let is_own = OWN.iter().any(|own| pattern.ends_with(own)) || pattern.contains("modules-enabled");
        if matching.is_empty() && !is_own && !pattern.contains('*') {
            let what = format!("what it includes is not among the files: `{pattern}`");
            self.findings.unclear(file, directive.line, &what);
        }
        for number in matching {
            let Some(other) = files.get(number) else { continue };
            if depth >= DEPTH_MAX || other.name == file {
                self.findings.unclear(file, directive.line, "files include each other too deep");
                continue;
            }
            if let Some(is_included) = self.is_included.get_mut(number) {
                *is_included = true;
            }
            trees.append(&mut self.of(&other.name, &other.directives, main, depth + 1));
        }
        trees
    }
}

/// The files that a pattern is about. It is written as on the machine where nginx runs, so its end decides, as much of
/// it as any file has; a name alone is one beside the main file, or the one that includes it.
fn matching(files: &[Parsed], pattern: &str, main: &str, file: &str) -> Vec<usize> {
    let find = |wanted: &str| -> Vec<usize> {
        let ends = |name: &str| {
            let at = name.match_indices('/').map(|(at, _)| at + 1);
            at.chain([0]).any(|at| name.get(at..).is_some_and(|end| globs(wanted, end)))
        };
        let found = files.iter().enumerate().filter(|(_, file)| ends(&file.name));
        found.map(|(number, _)| number).collect()
    };
    let folder =
        |name: &str| name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let near = [folder(main), folder(file)];
    let mut tail = pattern.trim_start_matches("./").trim_start_matches('/');
    loop {
        // What only says how files end would be about files of other folders.
        if tail.contains('*') && !tail.contains('/') && pattern.contains('/') {
            return Vec::new();
        }
        for folder in &near {
            let whole = format!("{folder}{tail}");
            let found = files.iter().enumerate().filter(|(_, file)| globs(&whole, &file.name));
            let found: Vec<usize> = found.map(|(number, _)| number).collect();
            if !found.is_empty() {
                return found;
            }
        }
        let Some((_, rest)) = tail.split_once('/') else { return Vec::new() };
        let found = find(tail);
        if !found.is_empty() {
            return found;
        }
        tail = rest;
    }
}

/// Whether `name` is as `pattern` says, in which `*` stands for a part of one name.
fn globs(pattern: &str, name: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), name.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if globs_name(pattern, name) => {}
            _ => return false,
        }
    }
}

fn globs_name(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_the_end_of_a_pattern() {
        let names = ["etc/nginx.conf", "etc/conf.d/a.conf", "etc/conf.d/b.txt", "other/conf.d/c.conf"];
        let files: Vec<Parsed> =
            names.iter().map(|name| Parsed { name: (*name).to_owned(), directives: Vec::new() }).collect();
        let check = |pattern: &str, expected: &[usize]| {
            assert_eq!(
                matching(&files, pattern, "etc/nginx.conf", "etc/conf.d/a.conf"),
                expected,
                "{pattern}"
            );
        };
        check("conf.d/*.conf", &[1]);
        check("/etc/nginx/conf.d/*.conf", &[1]);
        check("/usr/other/conf.d/*", &[3]);
        check("b.txt", &[2]);
        check("*.conf", &[0]);
        check("missing/*.conf", &[]);
    }

    #[test]
    fn a_star_stands_for_a_part_of_a_name() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("a*b*c", "a1b2c", true),
            ("a*b", "ab", true),
            ("*", "x", true),
            ("a", "ab", false),
            ("*.conf", "d/a.conf", false),
        ] {
            assert_eq!(globs(pattern, name), expected, "{pattern} {name}");
        }
    }
}
