//! How a file looks from outside: its first line, its length, its name.

use super::Fault;
use super::source::Repository;

/// A longer file is split by rooms with names.
const LINES_MAX: usize = 600;
/// A longer file is named on every run.
const LINES_LONG: usize = 400;

/// Every file says in its first line what it is about.
pub(super) fn first_line(repository: &Repository) -> Vec<Fault> {
    let says = |text: &str| text.starts_with("//! ") || text.starts_with("#!");
    repository
        .rust()
        .filter(|file| !says(&file.text))
        .map(|file| Fault::new("first-line", &file.path, 1, "the first line is `//! ` and one sentence"))
        .collect()
}

/// No file is longer than [`LINES_MAX`].
pub(super) fn length(repository: &Repository) -> Vec<Fault> {
    counted(repository)
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| {
            let message = format!("{lines} lines, {LINES_MAX} at most: split it by rooms with names");
            Fault::new("long-file", path, lines, message)
        })
        .collect()
}

/// Files that come near the limit.
pub(super) fn long(repository: &Repository) -> Vec<(&str, usize)> {
    counted(repository).filter(|(_, lines)| (LINES_LONG..=LINES_MAX).contains(lines)).collect()
}

fn counted(repository: &Repository) -> impl Iterator<Item = (&str, usize)> {
    repository.rust().map(|file| (file.path.as_str(), file.text.lines().count()))
}

/// `foo.rs` beside `foo/`, so that a tab or a stack of file names says which module is meant.
pub(super) fn no_mod_rs(repository: &Repository) -> Vec<Fault> {
    repository
        .rust()
        .filter(|file| file.stem() == "mod")
        .map(|file| Fault::new("mod-rs", &file.path, 0, "name it after its folder, beside the folder"))
        .collect()
}

#[test]
fn shapes_are_judged() {
    let long = format!("//! a\n{}", "x\n".repeat(LINES_MAX));
    let repository = Repository::of(&[
        ("crates/a/src/lib.rs", "//! Says what it is.\n"),
        ("crates/a/src/b/mod.rs", "use x;\n"),
        ("crates/a/src/c.rs", &long),
    ]);
    let rules =
        |faults: Vec<Fault>| faults.into_iter().map(|fault| (fault.rule, fault.path)).collect::<Vec<_>>();
    assert_eq!(rules(first_line(&repository)), [("first-line", "crates/a/src/b/mod.rs".to_owned())]);
    assert_eq!(rules(length(&repository)), [("long-file", "crates/a/src/c.rs".to_owned())]);
    assert_eq!(rules(no_mod_rs(&repository)), [("mod-rs", "crates/a/src/b/mod.rs".to_owned())]);
}
