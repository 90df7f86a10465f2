//! The registry of kinds of changes, and the examples of each.

use std::path::Path;

use review::{CHANGES, Change, change};
use spec::{Document, Library, Limits};

/// File, line, and columns from the first to after the last, all from 1.
type Place = (String, usize, usize, usize);

#[test]
fn ids_are_sorted_plain_and_no_rule_has_them() {
    assert!(CHANGES.is_sorted_by(|a, b| a.id < b.id));
    for change in CHANGES {
        let id = change.id;
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
        assert!(review::rule(id).is_err(), "a rule is called `{id}` too");
        let control = model::control(change.control).unwrap_or_else(|| panic!("{id} has no control"));
        assert!(!change.owasp.is_empty() && !change.cwe.is_empty() && !change.nist.is_empty(), "{id}");
        assert!(change.owasp.iter().all(|row| row.ends_with(":2023")), "{id}");
        assert!(
            change.owasp.iter().any(|row| control.owasp.contains(row)),
            "{id}: `{}` answers other rows",
            control.id
        );
        for text in [change.title, change.fix] {
            assert!(text.starts_with(|c: char| !c.is_uppercase()) && !text.ends_with('.'), "{id}: {text}");
        }
    }
}

#[test]
fn every_file_is_a_kind_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diff/kinds");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-")).collect();
    names.sort();
    assert_eq!(names, CHANGES.iter().map(|change| change.id).collect::<Vec<_>>());
}

#[test]
fn an_unknown_id_is_told_the_nearest() {
    assert_eq!(change("opened-operation").unwrap().id, "opened-operation");
    assert_eq!(change("opened-operations").unwrap_err(), Some("opened-operation"));
    assert_eq!(change("banana").unwrap_err(), None);
}

/// The whole document of an example.
fn document_of(example: &str) -> String {
    let example = example.trim_start_matches('\n');
    if ["openapi:", "swagger:", "asyncapi:"].iter().any(|start| example.starts_with(start)) {
        return example.to_owned();
    }
    format!("openapi: 3.1.0\ninfo: {{ title: Orders, version: '1' }}\n{example}")
}

/// Where carets stand: they mark the line above that is none of them.
fn marked(file: &str, text: &str) -> Vec<Place> {
    let mut marked = Vec::new();
    let mut above = 0;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('#') && line.contains('^') {
            let (start, end) = (line.find('^').unwrap(), line.rfind('^').unwrap());
            marked.push((file.to_owned(), above, start + 1, end + 2));
        } else {
            above = number + 1;
        }
    }
    marked
}

fn library(file: &str, text: &str) -> Library {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    assert_eq!(problems, [], "{text}");
    Library::of(document)
}

fn found(change: &Change, old: &str, new: &str) -> Vec<Place> {
    let (one, other) = (library("old.yaml", old), library("new.yaml", new));
    let review = review::diff(&one, &other, &[change], "2026-01-01".parse().unwrap());
    // A document of messages need not name a server to be an example.
    let is_gap = |problem: &&model::Problem| !problem.message.starts_with("the document names no server");
    assert_eq!(review.not_judged.iter().filter(is_gap).count(), 0, "{}: {:?}", change.id, review.not_judged);
    let mut places: Vec<Place> = Vec::new();
    for finding in &review.findings {
        let at = &finding.position;
        let text = if &*at.file == "old.yaml" { old } else { new };
        let length = text[at.span.0..at.span.1].lines().next().unwrap().trim_end().chars().count();
        let message = &finding.message;
        assert!(message.len() < 160 && !message.ends_with('.'), "{}: {message}", change.id);
        places.push((at.file.to_string(), at.line, at.column, at.column + length));
    }
    places.sort();
    places
}

#[test]
fn every_kind_proves_its_examples() {
    let mut wrong = Vec::new();
    let mut check = |change: &Change, old: &str, new: &str, marks: &[Place]| {
        let found = found(change, old, new);
        if found != marks {
            wrong.push(format!("{}: found {found:?}, marked {marks:?}, from\n{old}\nto\n{new}", change.id));
        }
    };
    for change in CHANGES {
        let examples = |text: &'static str| text.split("\n---\n");
        let count = examples(change.old).count();
        assert!(
            [change.bad, change.good].iter().all(|text| examples(text).count() == count),
            "{}",
            change.id
        );
        for ((old, bad), good) in examples(change.old).zip(examples(change.bad)).zip(examples(change.good)) {
            let [old, bad, good] = [old, bad, good].map(document_of);
            let mut marks = [marked("old.yaml", &old), marked("new.yaml", &bad)].concat();
            marks.sort();
            assert!(!marks.is_empty(), "{} has no marked place", change.id);
            check(change, &old, &bad, &marks);
            check(change, &old, &good, &[]);
            for text in [&old, &bad, &good] {
                check(change, text, text, &[]);
            }
        }
    }
    assert!(wrong.is_empty(), "line, first column, column after the last\n{}", wrong.join("\n"));
}
