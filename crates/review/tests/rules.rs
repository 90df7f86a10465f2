//! The registry, and the examples of every rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use review::{ALL, Kind, Rule, rule};
use spec::{Document, Library, Limits};

/// Line, and columns from the first to after the last, all from 1.
type Place = (usize, usize, usize);

#[test]
fn ids_are_sorted_plain_and_say_what_is_wrong() {
    assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
    for rule in ALL {
        assert!(
            rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            rule.id
        );
        assert!(!rule.id.starts_with("no-"), "{} does not read after \"allow\"", rule.id);
        let control = model::control(rule.control).unwrap_or_else(|| panic!("{} has no control", rule.id));
        assert!(!rule.owasp.is_empty() && !rule.cwe.is_empty() && !rule.nist.is_empty(), "{}", rule.id);
        assert!(rule.owasp.iter().all(|row| row.ends_with(":2023")), "{}", rule.id);
        assert!(
            rule.owasp.iter().any(|row| control.owasp.contains(row)),
            "{}: `{}` answers other rows",
            rule.id,
            control.id
        );
        for text in [rule.title, rule.fix] {
            assert!(
                text.starts_with(|c: char| !c.is_uppercase()) && !text.ends_with('.'),
                "{}: {text}",
                rule.id
            );
        }
    }
}

#[test]
fn every_file_is_a_rule_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-")).collect();
    names.sort();
    assert_eq!(names, ALL.iter().map(|rule| rule.id).collect::<Vec<_>>());
}

#[test]
fn an_unknown_id_is_told_the_nearest() {
    assert_eq!(rule("unauthenticated-write").unwrap().id, "unauthenticated-write");
    assert_eq!(rule("unauthenticated-writ").unwrap_err(), Some("unauthenticated-write"));
    assert_eq!(rule("banana").unwrap_err(), None);
}

/// The whole document of an example, and how many lines were put before it.
fn document_of(example: &str) -> (String, usize) {
    let example = example.trim_start_matches('\n');
    if ["openapi:", "swagger:", "asyncapi:"].iter().any(|start| example.starts_with(start)) {
        return (example.to_owned(), 0);
    }
    (format!("openapi: 3.1.0\ninfo: {{ title: Orders, version: '1' }}\n{example}"), 2)
}

/// Where carets stand: they mark the line above.
fn marked(text: &str) -> Vec<Place> {
    let mut marked = Vec::new();
    let mut above = 0;
    for (number, line) in text.lines().enumerate() {
        let is_mark = line.starts_with('#') && line.contains('^');
        if !is_mark {
            above = number + 1;
            continue;
        }
        let (start, end) = (line.find('^').unwrap(), line.rfind('^').unwrap());
        marked.push((above, start + 1, end + 2));
    }
    marked
}

fn found(rule: &Rule, text: &str) -> Vec<Place> {
    let (document, problems) = Document::parse("example.yaml", text, &Limits::default());
    assert_eq!(problems, [], "{}: {text}", rule.id);
    let review = review::review(&Library::of(document), &[rule], "2026-01-01".parse().unwrap());
    assert_eq!(review.not_judged, [], "{}", rule.id);
    let places = review.findings.iter().map(|finding| {
        let (start, end) = finding.position.span;
        let length = text[start..end].lines().next().unwrap().trim_end().chars().count();
        assert!(
            finding.message.len() < 160 && !finding.message.ends_with('.'),
            "{}: {}",
            rule.id,
            finding.message
        );
        (finding.position.line, finding.position.column, finding.position.column + length)
    });
    places.collect()
}

#[test]
fn every_rule_proves_its_examples() {
    for rule in ALL {
        let kinds: Vec<Kind> = rule.kinds().collect();
        assert!(kinds.is_sorted_by(|a, b| a < b), "{}: one bad example of each kind", rule.id);
        for bad in rule.bad.split("\n---\n") {
            let (bad, _) = document_of(bad);
            let marks = marked(&bad);
            assert!(!marks.is_empty(), "{} has no marked place", rule.id);
            assert_eq!(
                found(rule, &bad),
                marks,
                "{}: line, first column, column after the last\n{bad}",
                rule.id
            );
        }
        for good in rule.good.split("\n---\n") {
            let (good, _) = document_of(good);
            assert_eq!(marked(&good), [], "{}", rule.id);
            assert_eq!(found(rule, &good), [], "{}\n{good}", rule.id);
        }
    }
}
