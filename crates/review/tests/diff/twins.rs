//! Documents that say the same in other words differ in nothing.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::corpus::{diff, each, library, library_of, lines, paths, value};
use crate::random::Random;
use crate::{twin, upgrade};

/// `twin` differs from `value` in nothing, whichever of them is the new one.
fn check(path: &Path, what: &str, one: &Value, other: &Value) {
    let (one, other) =
        (library_of("one.json", &one.to_string()), library_of("other.json", &other.to_string()));
    for (old, new) in [(&one, &other), (&other, &one)] {
        let found = diff(old, new).findings;
        assert!(
            found.is_empty(),
            "{what}: {}: {} findings: {:#?}",
            path.display(),
            found.len(),
            &lines(&found)[..found.len().min(8)]
        );
    }
}

/// The documents of a folder that are not large, so that the test is not long.
fn small(folder: &str) -> Vec<PathBuf> {
    let mut found = paths(folder);
    found.retain(|path| std::fs::metadata(path).unwrap().len() < 60_000);
    found
}

#[test]
fn every_document_is_itself() {
    let paths = paths("");
    let slowest = Mutex::new((Duration::ZERO, String::new()));
    each(&paths, |path| {
        let (old, new) = (library(path), library(path));
        let begin = Instant::now();
        let found = diff(&old, &new).findings;
        let took = begin.elapsed();
        assert!(found.is_empty(), "{}: {:#?}", path.display(), &lines(&found)[..found.len().min(8)]);
        let mut slowest = slowest.lock().unwrap();
        if took > slowest.0 {
            *slowest = (took, path.display().to_string());
        }
    });
    let (took, path) = slowest.into_inner().unwrap();
    println!("{} documents; slowest {path} in {took:?}", paths.len());
}

#[test]
fn other_words_change_nothing() {
    each(&small("real"), |path| {
        let document = value(path);
        let mut random = Random(path.as_os_str().len() as u64);
        check(path, "shuffled", &document, &twin::shuffled(&document, &mut random));
        check(path, "renamed", &document, &twin::renamed(&document));
        check(path, "inlined", &document, &twin::inlined(&document, &mut random));
        let all = twin::inlined(&twin::renamed(&twin::shuffled(&document, &mut random)), &mut random);
        check(path, "all", &document, &all);
    });
}

#[test]
fn yaml_and_json_say_the_same() {
    each(&small("real"), |path| {
        let text = std::fs::read_to_string(path).unwrap();
        // A comment makes it YAML.
        let (json, yaml) = (library_of("a.json", &text), library_of("a.yaml", &format!("# yaml\n{text}")));
        let found = diff(&json, &yaml).findings;
        assert!(found.is_empty(), "{}: {:#?}", path.display(), lines(&found));
    });
    // The two of these are of different versions, and say other things.
    let is_twin =
        |path: &PathBuf| !["tictactoe", "uber"].contains(&path.file_stem().unwrap().to_str().unwrap());
    for path in paths("examples-yaml").into_iter().filter(is_twin) {
        let twin = Path::new(path.parent().unwrap().parent().unwrap()).join("examples-json");
        let twin = twin.join(path.file_name().unwrap()).with_extension("json");
        let found = diff(&library(&path), &library(&twin)).findings;
        assert!(found.is_empty(), "{}: {:#?}", path.display(), lines(&found));
    }
}

#[test]
fn a_later_version_of_openapi_says_the_same() {
    let count = AtomicUsize::new(0);
    each(&small(""), |path| {
        let document = value(path);
        if document.get("swagger").and_then(Value::as_str) == Some("2.0") {
            let modern = upgrade::to_3_0(&document);
            check(path, "2.0 and 3.0", &document, &modern);
            check(path, "2.0 and 3.1", &document, &upgrade::to_3_1(&modern));
            count.fetch_add(1, Ordering::Relaxed);
        } else if document
            .get("openapi")
            .and_then(Value::as_str)
            .is_some_and(|version| version.starts_with("3.0"))
        {
            check(path, "3.0 and 3.1", &document, &upgrade::to_3_1(&document));
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    println!("{} documents", count.into_inner());
}
