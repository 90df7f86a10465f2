//! A document and its twin in the other language are reviewed alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::fmt::Write;
use std::path::Path;

use model::Severity;
use spec::{Document, Library, Limits, Node};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi");

/// Bytes of the largest document that is looked at; larger ones say the same, later.
const BYTES_MAX: u64 = 60_000;

/// What a review says, without what differs between two texts: line, column, and the name of the file.
type Said = Vec<(&'static str, Severity, String, String, String)>;

fn said(file: &str, text: &str) -> (Said, Vec<review::Score>) {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    assert_eq!(problems, [], "{text}");
    let review = review::review(&Library::of(document), review::ALL, "2026-01-01".parse().unwrap());
    let mut said: Said = review
        .findings
        .into_iter()
        .map(|one| (one.rule, one.severity, one.message, one.position.pointer, one.fingerprint))
        .collect();
    said.sort();
    (said, review.scores)
}

fn json(node: Node<'_>, text: &mut String) {
    let scalar = match node.as_str() {
        Some(string) => serde_json::to_string(string).unwrap(),
        None => node.scalar().unwrap_or("null").to_owned(),
    };
    if node.is_object() {
        text.push('{');
        for (number, entry) in node.entries().enumerate() {
            write!(
                text,
                "{}{}:",
                if number > 0 { "," } else { "" },
                serde_json::to_string(entry.key).unwrap()
            )
            .unwrap();
            json(entry.value, text);
        }
        text.push('}');
    } else if node.is_array() {
        text.push('[');
        for (number, item) in node.items().enumerate() {
            text.push_str(if number > 0 { "," } else { "" });
            json(item, text);
        }
        text.push(']');
    } else {
        text.push_str(&scalar);
    }
}

/// In block style, with every text in quotes as JSON has them, which YAML reads alike.
fn yaml(node: Node<'_>, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    if node.is_empty() || !(node.is_object() || node.is_array()) {
        json(node, text);
    } else if node.is_object() {
        for entry in node.entries() {
            write!(text, "\n{indent}{}: ", serde_json::to_string(entry.key).unwrap()).unwrap();
            yaml(entry.value, depth + 1, text);
        }
    } else {
        for item in node.items() {
            write!(text, "\n{indent}- ").unwrap();
            yaml(item, depth + 1, text);
        }
    }
}

#[test]
fn a_document_is_reviewed_as_its_twin() {
    let mut compared = 0;
    for folder in ["real", "examples-yaml"] {
        let Ok(entries) = std::fs::read_dir(Path::new(CORPUS).join(folder)) else {
            println!("skipped: no documents at {CORPUS}/{folder}");
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.metadata().unwrap().len() > BYTES_MAX || path.is_dir() {
                continue;
            }
            let (document, problems) =
                Document::parse(path.to_str().unwrap(), std::fs::read(&path).unwrap(), &Limits::default());
            if !problems.is_empty() {
                continue;
            }
            let (mut as_json, mut as_yaml) = (String::new(), String::new());
            json(document.root(), &mut as_json);
            yaml(document.root(), 0, &mut as_yaml);
            let (of_json, of_yaml) = (said("twin.json", &as_json), said("twin.yaml", &as_yaml));
            assert!(of_json == of_yaml, "{}: {of_json:#?} {of_yaml:#?}", path.display());
            compared += 1;
        }
    }
    println!("{compared} documents and their twins");
}
