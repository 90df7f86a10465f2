//! Reads the whole repository as a test: walls between crates, rules of the house, registries, paths in documents.
#![expect(clippy::string_slice, reason = "a slice off a character's edge is a failed test and no more")]

mod documents;
mod mask;
mod modules;
mod purity;
mod ratchet;
mod registry;
mod shape;
mod source;
mod walls;
mod words;

use source::Repository;

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    /// Path from the root of the repository.
    path: String,
    /// First line is 1; 0 where the whole file is meant.
    line: usize,
    /// The rule's name, which `ratchet.txt` uses too.
    rule: &'static str,
    /// What is wrong and what to do.
    message: String,
}

impl Fault {
    fn new(rule: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into() }
    }

    fn render(&self) -> String {
        format!("{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// Every rule, in the order in which a reader would meet them.
const RULES: &[fn(&Repository) -> Vec<Fault>] = &[
    walls::edges,
    modules::reached,
    registry::leaves,
    shape::first_line,
    shape::length,
    shape::no_mod_rs,
    purity::pure_folders,
    purity::engine_named_once,
    purity::one_unsafe_file,
    words::forms,
    words::foreign,
    documents::paths,
];

fn faults(repository: &Repository) -> Vec<Fault> {
    let mut faults: Vec<Fault> = RULES.iter().flat_map(|rule| rule(repository)).collect();
    faults.sort();
    faults
}

#[test]
fn the_repository_keeps_its_rules() {
    let repository = Repository::read(crate::workspace::root());
    assert!(repository.rust().count() > 10, "tidy read almost nothing; is the root right?");
    for (path, lines) in shape::long(&repository) {
        println!("long: {path} has {lines} lines; 400 is long, 600 fails");
    }
    let allowed = ratchet::parse(&repository.text("xtask/ratchet.txt"));
    let verdict = ratchet::judge(faults(&repository), &allowed, ratchet::EXCEPTIONS_MAX);
    assert!(verdict.is_empty(), "\n{}\n", verdict.join("\n"));
}
