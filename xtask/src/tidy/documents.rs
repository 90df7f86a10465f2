//! A path that a document names exists: documents that point nowhere are worse than none.

use super::Fault;
use super::source::{Repository, lines};

/// Paths in backticks, and targets of relative links, that lead nowhere.
pub(super) fn paths(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.files().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut in_block = false;
        for (number, line) in lines(&file.text) {
            in_block ^= line.trim_start().starts_with("```");
            let named = if in_block { Vec::new() } else { named(repository, line, folder) };
            for path in named.into_iter().filter(|path| !repository.has(path)) {
                let message = format!("`{path}` does not exist");
                faults.push(Fault::new("document-path", &file.path, number, message));
            }
        }
    }
    faults
}

fn named(repository: &Repository, line: &str, folder: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2).filter(|word| is_path(repository, word)).map(clean);
    let linked = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let linked = linked
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .map(|target| if folder.is_empty() { clean(target) } else { resolve(folder, target) });
    quoted.chain(linked).collect()
}

/// Whether a quoted word is meant as a path of this repository: its first part lies at the root, and it names one thing.
fn is_path(repository: &Repository, word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let first = word.split('/').next().unwrap_or_default();
    plain && word.contains('/') && !first.is_empty() && repository.has_at_root(first)
}

fn clean(word: &str) -> String {
    word.trim_end_matches('/').trim_start_matches("./").to_owned()
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn a_path_that_leads_nowhere_is_found() {
    let check = |text: &str| {
        let repository = Repository::of(&[("docs/a.md", text), ("crates/a/src/lib.rs", ""), ("LICENSE", "")]);
        paths(&repository).into_iter().map(|fault| fault.message).collect::<Vec<_>>()
    };
    assert_eq!(
        check("see `crates/a/src/lib.rs`, `crates/a/`, [licence](../LICENSE), `application/json`"),
        [""; 0]
    );
    assert_eq!(check("see `crates/a/src/old.rs`"), ["`crates/a/src/old.rs` does not exist"]);
    assert_eq!(check("[x](b.md#part)"), ["`docs/b.md` does not exist"]);
    assert_eq!(check("```\n[x](b.md) `crates/none.rs`\n```\n[y](https://a.example/b)"), [""; 0]);
    assert_eq!(check("`crates/*/src` `POST /orders`"), [""; 0]);
}
