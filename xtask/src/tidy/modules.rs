//! Every file of Rust is reached by a `mod`: a forgotten file compiles into nothing and fails nothing.

use std::collections::BTreeSet;

use super::Fault;
use super::mask;
use super::source::{File, Repository};

/// Files that no target reaches.
pub(super) fn reached(repository: &Repository) -> Vec<Fault> {
    let mut reached = BTreeSet::new();
    for root in roots(repository) {
        visit(repository, root, true, &mut |file| reached.insert(file.path.clone()));
    }
    let message = "no `mod` names this file, so nothing compiles it";
    repository
        .rust()
        .filter(|file| !reached.contains(&file.path))
        .map(|file| Fault::new("unreached-file", &file.path, 0, message))
        .collect()
}

/// Files that are reached only through a `#[cfg(test)] mod`.
pub(super) fn test_only(repository: &Repository) -> BTreeSet<String> {
    let mut production = BTreeSet::new();
    let mut all = BTreeSet::new();
    for root in roots(repository) {
        visit(repository, root, false, &mut |file| production.insert(file.path.clone()));
        visit(repository, root, true, &mut |file| all.insert(file.path.clone()));
    }
    all.difference(&production).cloned().collect()
}

/// Files that cargo itself compiles.
fn roots(repository: &Repository) -> impl Iterator<Item = &File> {
    repository.rust().filter(|file| is_root(&file.path))
}

fn is_root(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let parent = folder.rsplit('/').next().unwrap_or(folder);
    name == "build.rs" && !folder.contains("/src")
        || parent == "src" && matches!(name, "lib.rs" | "main.rs")
        || matches!(parent, "bin" | "tests" | "benches" | "examples" | "fuzz_targets")
            && !folder.contains("/src/tests")
        || name == "main.rs" && folder.contains("/tests/")
}

fn visit(repository: &Repository, file: &File, with_tests: bool, seen: &mut impl FnMut(&File) -> bool) {
    if !seen(file) {
        return;
    }
    let code = if with_tests { file.code.clone() } else { mask::without_tests(&file.code) };
    for name in declared(&code) {
        let child = format!("{}/{name}.rs", children_folder(&file.path));
        if let Some(child) = repository.file(&child) {
            visit(repository, child, with_tests, seen);
        }
    }
}

/// Names in lines such as `pub(crate) mod name;`.
fn declared(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("#[cfg(test)]").unwrap_or(line).trim();
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1,
            Some(rest) => rest,
            None => line,
        };
        line.trim().strip_prefix("mod ")?.strip_suffix(';').map(str::trim)
    })
}

/// Where the modules lie that a file declares.
fn children_folder(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if is_root(path) { folder.to_owned() } else { stem.to_owned() }
}

#[test]
fn a_file_that_no_mod_names_is_found() {
    let repository = Repository::of(&[
        ("crates/a/src/lib.rs", "pub mod b;\n#[cfg(test)]\nmod twin;\n"),
        ("crates/a/src/b.rs", "pub(crate) mod c;\n// mod d;"),
        ("crates/a/src/b/c.rs", ""),
        ("crates/a/src/b/d.rs", ""),
        ("crates/a/src/twin.rs", "mod e;"),
        ("crates/a/src/twin/e.rs", ""),
        ("crates/a/tests/t.rs", "mod kit;"),
        ("crates/a/tests/kit/main.rs", ""),
    ]);
    let paths: Vec<String> = reached(&repository).into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["crates/a/src/b/d.rs"]);
    assert_eq!(
        test_only(&repository).into_iter().collect::<Vec<_>>(),
        ["crates/a/src/twin.rs", "crates/a/src/twin/e.rs"]
    );
}
