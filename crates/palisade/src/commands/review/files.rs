//! Which files are meant: files, folders, patterns, and standard input.

use std::io;
use std::path::{Path, PathBuf};

use model::Problem;
use model::limit::read_capped;

use crate::load::read_file;

/// The most files that are read in one run.
const FILES_MAX: usize = 10_000;

/// Folders inside folders that are looked into.
const DEPTH_MAX: usize = 32;

/// Largest text on standard input, in bytes.
const STDIN_BYTES_MAX: usize = 32 << 20;

/// What standard input is called in positions.
pub(super) const STDIN: &str = "<stdin>";

/// A file that is to be reviewed.
#[derive(Debug)]
pub(in crate::commands) struct Named {
    /// As positions call it.
    pub(in crate::commands) name: String,
    /// Where it is; of standard input, nowhere.
    pub(in crate::commands) path: Option<PathBuf>,
    pub(in crate::commands) bytes: Vec<u8>,
    /// It was found in a folder, and so need not be an API document.
    pub(in crate::commands) found: bool,
}

/// The files that `specs` mean, and what is wrong with those that cannot be read.
pub(in crate::commands) fn named(specs: &[String]) -> (Vec<Named>, Vec<Problem>) {
    let (mut named, mut problems) = (Vec::new(), Vec::new());
    for spec in specs {
        if spec == "-" {
            match read_capped(io::stdin().lock(), STDIN_BYTES_MAX) {
                Ok(bytes) => named.push(Named { name: STDIN.to_owned(), path: None, bytes, found: false }),
                Err(error) => {
                    problems.push(Problem::error(format!("standard input cannot be read: {error}")))
                }
            }
            continue;
        }
        let (paths, found) = paths(Path::new(spec));
        if paths.is_empty() {
            let message = format!("`{spec}` names no file that ends in `.json`, `.yaml` or `.yml`");
            problems.push(Problem::error(message));
        }
        if paths.len() + named.len() > FILES_MAX {
            problems.push(Problem::error(format!(
                "`{spec}` names more files than the {FILES_MAX} that are read in one run"
            )));
        }
        for path in paths.into_iter().take(FILES_MAX.saturating_sub(named.len())) {
            let name = path.to_string_lossy().into_owned();
            match read_file(&path) {
                Ok(bytes) => named.push(Named { name, path: Some(path), bytes, found }),
                Err(error) => problems.push(Problem::error(format!("`{name}` cannot be read: {error}"))),
            }
        }
    }
    (named, problems)
}

/// The paths that `spec` means, and whether they were found in a folder or by a pattern.
fn paths(spec: &Path) -> (Vec<PathBuf>, bool) {
    if spec.is_dir() {
        let mut found = Vec::new();
        below(spec, &mut found, 0);
        return (found, true);
    }
    let text = spec.to_string_lossy();
    if spec.exists() || !text.contains(['*', '?']) {
        return (vec![spec.to_owned()], false);
    }
    let start: PathBuf =
        spec.components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect();
    let mut found = Vec::new();
    below(if start.as_os_str().is_empty() { Path::new(".") } else { &start }, &mut found, 0);
    let pattern = parts(spec);
    found.retain(|path| matches_parts(&pattern, &parts(path)));
    (found, true)
}

/// The documents below `folder`, sorted; hidden folders, links and those of installed packages are not looked into.
fn below(folder: &Path, found: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
        let name = name.to_string_lossy();
        if kind.is_dir() && depth < DEPTH_MAX && !name.starts_with('.') && name != "node_modules" {
            below(&entry.path(), found, depth + 1);
        } else if kind.is_file() && found.len() <= FILES_MAX && is_document(&entry.path()) {
            found.push(
                entry.path().strip_prefix("./").map_or_else(|_outside| entry.path(), Path::to_path_buf),
            );
        }
    }
}

fn is_document(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["json", "yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?'])
}

/// Whether `file`, as it was named, has the form of `pattern`.
pub(super) fn matches(pattern: &str, file: &str) -> bool {
    matches_parts(&parts(Path::new(pattern)), &parts(Path::new(file)))
}

/// The names that a path is made of, those of the current folder left out.
fn parts(path: &Path) -> Vec<String> {
    let parts = path.components().filter(|part| !matches!(part, std::path::Component::CurDir));
    parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
}

/// Whether a path has the parts of a pattern, in which `**` stands for any number of folders.
fn matches_parts(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((part, rest)), _) if part == "**" => {
            matches_parts(rest, path)
                || path.split_first().is_some_and(|(_, below)| matches_parts(pattern, below))
        }
        (Some((part, rest)), Some((name, below))) => {
            matches_name(part.as_bytes(), name.as_bytes()) && matches_parts(rest, below)
        }
        _ => false,
    }
}

/// Whether a name has the form of a pattern, in which `*` stands for any text and `?` for one byte.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at_pattern, mut at_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                star = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            Some(byte) if *byte == b'?' || Some(byte) == name.get(at_name) => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at_pattern = back + 1;
                    at_name = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at_pattern..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(matches_parts(&parts(pattern), &parts(path)), expected, "{pattern} {path}");
    }

    #[test]
    fn patterns_are_those_of_shells() {
        check("apis/*.yaml", "apis/a.yaml", true);
        check("apis/*.yaml", "apis/v1/a.yaml", false);
        check("apis/**/*.yaml", "apis/a.yaml", true);
        check("apis/**/*.yaml", "apis/v1/x/a.yaml", true);
        check("**/openapi.?aml", "a/b/openapi.yaml", true);
        check("*a*b", "xaxxbxb", true);
        check("*a*b", "xaxxbxc", false);
        check("", "", true);
    }

    #[test]
    fn folders_give_their_documents_and_no_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["b.yaml", "v1/a.json", ".git/c.yaml", "node_modules/d.json", "e.txt"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a: 1").unwrap();
        }
        let (found, is_found) = paths(folder.path());
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!((names, is_found), (vec!["b.yaml", "v1/a.json"], true));
        assert_eq!(paths(&folder.path().join("*.yaml")), (vec![folder.path().join("b.yaml")], true));
    }
}
