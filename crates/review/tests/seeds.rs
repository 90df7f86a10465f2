//! The seeds of the fuzz targets of allowances, rulesets and comparisons, whole and with pieces cut out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io;
use std::path::Path;

use model::Finding;
use review::{Allowance, CHANGES, Date, Ruleset};
use serde_json::json;
use spec::{Document, Library, Limits};

const FENCE: &str = "\n======\n";

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds")).join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut seeds: Vec<(String, String)> = files
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read_to_string(file.path()).unwrap()))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target}");
    seeds
}

/// A seed, and what is left of it when a piece is cut out, at every `step`.
fn cuts(text: &str, step: usize) -> impl Iterator<Item = String> {
    let pieces = (0..text.len()).step_by(step).flat_map(|at| [(at, 0), (at, 3), (at, 40)]);
    pieces.filter_map(|(at, length)| {
        Some(format!("{}{}", text.get(..at)?, text.get(at + length..).unwrap_or_default()))
    })
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn library(file: &str, text: &str) -> Library {
    Library::of(Document::parse(file, text, &Limits::default()).0)
}

fn assert_lies_in(finding: &Finding, library: &Library) {
    let at = &finding.position;
    let document = library.documents().iter().find(|document| document.file() == &*at.file).unwrap();
    let node = document.root().pointer(&at.pointer).unwrap_or_else(|| panic!("{finding:?}"));
    let span = node.span();
    let key = document.entry_of(node).map_or(span, |entry| entry.key_span);
    assert!(span.0.min(key.0) <= at.span.0 && at.span.1 <= span.1.max(key.1), "{finding:?}");
    assert!(document.source().get(at.span.0..at.span.1).is_some(), "{finding:?}");
}

#[test]
fn an_allowance_takes_out_what_it_names_and_nothing_else() {
    let found = |text: &str| {
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "a", "version": "1" },
            "paths": {
                "/a": { "x-palisade-allow": text, "post": { "responses": {} }, "get": { "responses": {} } },
                "/ab": { "post": { "responses": {} } },
            },
        });
        let library = library("a.json", &document.to_string());
        let review = review::review(&library, review::ALL, day("2026-11-27"));
        let found = review.findings.into_iter().map(|finding| (finding.rule, finding.position.pointer));
        (found.collect::<Vec<_>>(), review.judged.allowed)
    };
    let (all, _) = found("");
    let mut allowed = Vec::new();
    for (name, seed) in seeds("allowance") {
        for text in cuts(&seed, 5) {
            let mut expected = all.clone();
            if let Ok(allowance) = Allowance::parse(&text) {
                expected.retain(|(rule, pointer)| {
                    let is_below = pointer == "/paths/~1a" || pointer.starts_with("/paths/~1a/");
                    *rule != allowance.rule || allowance.until < day("2026-11-27") || !is_below
                });
            }
            let count = all.len() - expected.len();
            assert_eq!(found(&text), (expected, count), "{text}");
        }
        allowed.push((name, found(&seed).1));
    }
    let allowed: Vec<(&str, usize)> = allowed.iter().map(|(name, count)| (&**name, *count)).collect();
    assert_eq!(allowed, [("ended", 0), ("holds", 1), ("no-day", 0), ("no-rule", 0), ("spaces", 2)]);
}

#[test]
fn whatever_a_ruleset_says_its_findings_lie_in_the_document() {
    let nothing = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let mut count = 0;
    for (_, seed) in seeds("ruleset") {
        for text in cuts(&seed, 31) {
            let Some((rules, document)) = text.split_once(FENCE) else { continue };
            let (rules, _) = Document::parse("rules.yaml", rules, &Limits::default());
            let (ruleset, problems) = Ruleset::load(rules, Path::new("/"), &nothing);
            assert!(problems.iter().all(|problem| problem.position.is_some()), "{problems:?}");
            let library = library("a.yaml", document);
            let (findings, left_out) = ruleset.findings(&library);
            assert_eq!(left_out, [""; 0]);
            findings.iter().for_each(|finding| assert_lies_in(finding, &library));
            assert!(findings.iter().all(|finding| ruleset.ids().any(|id| id == finding.rule)));
            count += findings.len();
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn broken_versions_are_compared_and_none_differs_from_itself() {
    let mut count = 0;
    for (_, seed) in seeds("diff") {
        for text in cuts(&seed, 31) {
            let Some((old, new)) = text.split_once(FENCE) else { continue };
            let (old, new) = (library("old.yaml", old), library("new.yaml", new));
            for version in [&old, &new] {
                assert_eq!(review::diff(version, version, CHANGES, day("2026-01-01")).findings, [], "{text}");
            }
            let findings = review::diff(&old, &new, CHANGES, day("2026-01-01")).findings;
            for finding in &findings {
                let is_old = &*finding.position.file == "old.yaml";
                assert_lies_in(finding, if is_old { &old } else { &new });
            }
            count += findings.len();
        }
    }
    assert!(count > 100, "{count}");
}
