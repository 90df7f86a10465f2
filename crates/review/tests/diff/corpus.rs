//! Real, exemplary and broken documents.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::Finding;
use review::Review;
use serde_json::Value;
use spec::{Document, Library, LibraryLimits, Limits, Location, read_below};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

/// The documents at or below a folder of those of OpenAPI, sorted; none where it is absent, which is said.
pub(crate) fn paths(folder: &str) -> Vec<PathBuf> {
    documents(&format!("openapi/{folder}"))
}

/// The documents of AsyncAPI, without those that only hold parts of one.
pub(crate) fn of_messages() -> Vec<PathBuf> {
    let mut found = documents("asyncapi");
    found.retain(|path| value(path).get("asyncapi").is_some());
    found
}

fn documents(folder: &str) -> Vec<PathBuf> {
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: no documents at {CORPUS}");
        return Vec::new();
    }
    let mut found = Vec::new();
    below(&Path::new(CORPUS).join(folder), &mut found);
    found.retain(|path| path.file_name().unwrap() != "index.json");
    found
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            below(&path, found);
        } else if ["json", "yaml", "yml"].contains(&ending) {
            found.push(path);
        }
    }
}

/// The document at `path` with the files that it refers to.
pub(crate) fn library(path: &Path) -> Library {
    let bytes = std::fs::read(path).unwrap();
    let (document, _) = Document::parse(path.to_str().unwrap(), bytes, &Limits::default());
    let folder = path.parent().unwrap().to_owned();
    let loader = |location: Location<'_>| match location {
        Location::File(file) => read_below(&folder, file, 1 << 24),
        Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    Library::load(document, &LibraryLimits::default(), &loader).0
}

/// The document at `path` as a value, if it is JSON or YAML of one file.
pub(crate) fn value(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap();
    let (document, _) = Document::parse(path.to_str().unwrap(), bytes, &Limits::default());
    document.root().to_value()
}

/// A document of one file.
pub(crate) fn library_of(file: &str, text: &str) -> Library {
    Library::of(Document::parse(file, text, &Limits::default()).0)
}

/// Everything that became worse.
pub(crate) fn diff(old: &Library, new: &Library) -> Review {
    review::diff(old, new, review::CHANGES, "2026-01-01".parse().unwrap())
}

/// Findings in one line each.
pub(crate) fn lines(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.position.pointer, finding.rule, finding.message))
        .collect()
}

/// Does `work` with each of `paths`, on all cores.
pub(crate) fn each(paths: &[PathBuf], work: impl Fn(&Path) + Sync) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(path)));
                    if done.is_err() {
                        failed.lock().unwrap().push(path.clone());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} failed, first {:?}", failed.len(), &failed[..failed.len().min(10)]);
}
