//! Real, exemplary and broken documents: none stops the review, each finding lies in what it is about, and how many there
//! are of each rule is kept, so that a noisy rule shows up as a difference.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use model::Finding;
use spec::{Document, Library, LibraryLimits, Limits, Location, read_below};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

/// Folders of documents within it.
const FOLDERS: &[&str] = &["openapi", "asyncapi"];

/// How many findings each rule has in each folder.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents.txt");

struct Reviewed {
    file: String,
    findings: Vec<Finding>,
    took: Duration,
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["json", "yaml", "yml"].iter().any(|known| end == *known))
        {
            found.push(path);
        }
    }
}

fn reviewed(path: &Path) -> Reviewed {
    let bytes = std::fs::read(path).unwrap();
    let (document, _) = Document::parse(path.to_str().unwrap(), bytes, &Limits::default());
    let folder = path.parent().unwrap().to_owned();
    let loader = |location: Location<'_>| match location {
        Location::File(file) => read_below(&folder, file, 1 << 24),
        Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    let (library, _) = Library::load(document, &LibraryLimits::default(), &loader);
    let begin = Instant::now();
    let review = review::review(&library, review::ALL, "2026-01-01".parse().unwrap());
    let took = begin.elapsed();
    for finding in &review.findings {
        lies_in_its_node(finding, &library);
    }
    let file = path.strip_prefix(CORPUS).unwrap().to_str().unwrap();
    let file = file.strip_prefix("openapi/").unwrap_or(file).to_owned();
    Reviewed { file, findings: review.findings, took }
}

/// The place of a finding is inside the member or item that its pointer names.
fn lies_in_its_node(finding: &Finding, library: &Library) {
    let at = &finding.position;
    let document = library.documents().iter().find(|document| document.file() == &*at.file).unwrap();
    let node = document.root().pointer(&at.pointer).unwrap_or_else(|| panic!("{finding:?}"));
    let (start, end) = node.span();
    let start = document.entry_of(node).map_or(start, |entry| entry.key_span.0);
    assert!(
        start <= at.span.0 && at.span.1 <= end.max(at.span.0) && at.span.0 < at.span.1.max(at.span.0 + 1),
        "{finding:?}"
    );
}

fn all() -> Option<Vec<Reviewed>> {
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: no documents at {CORPUS}");
        return None;
    }
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| files_below(&Path::new(CORPUS).join(folder), &mut paths));
    paths.retain(|path| path.file_name().unwrap() != "index.json");
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let reviewed = reviewed(path);
                    done.lock().unwrap().push(reviewed);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by(|a, b| a.file.cmp(&b.file));
    Some(done)
}

/// Whatever is cut out of a document, the review ends, and each finding lies in what it is about.
#[test]
fn broken_documents_are_reviewed_too() {
    let mut seeds = Vec::new();
    files_below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/review")), &mut seeds);
    assert_eq!(seeds.len(), 3);
    let mut found = 0;
    for seed in seeds {
        let text = std::fs::read_to_string(seed).unwrap();
        for (at, length) in (0..text.len()).step_by(7).flat_map(|at| [(at, 3), (at, 40), (at, text.len())]) {
            let (before, after) = (&text[..at], text.get(at + length..).unwrap_or_default());
            let (document, _) = Document::parse("a.yaml", format!("{before}{after}"), &Limits::default());
            let library = Library::of(document);
            let review = review::review(&library, review::ALL, "2026-01-01".parse().unwrap());
            review.findings.iter().for_each(|finding| lies_in_its_node(finding, &library));
            found += review.findings.len();
        }
    }
    assert!(found > 1000, "{found}");
}

#[test]
fn findings_are_as_many_as_were_kept() {
    let Some(all) = all() else { return };
    let slowest = all.iter().max_by_key(|reviewed| reviewed.took).unwrap();
    println!("{} documents; slowest {} in {:?}", all.len(), slowest.file, slowest.took);
    // Rule and folder: findings, documents that have any.
    let mut counts: BTreeMap<(&str, &str), (usize, BTreeSet<&str>)> = BTreeMap::new();
    for Reviewed { file, findings, .. } in &all {
        for finding in findings {
            let folder = file.split('/').next().unwrap();
            let (count, files) = counts.entry((finding.rule, folder)).or_default();
            *count += 1;
            files.insert(file);
        }
    }
    let mut text = String::new();
    for ((rule, folder), (count, files)) in counts {
        writeln!(text, "{rule} {folder} {count} in {}", files.len()).unwrap();
    }
    if std::env::var_os("PALISADE_KEEP").is_some() {
        std::fs::write(KEPT, &text).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    let differing: Vec<&str> = text.lines().filter(|line| !kept.contains(line)).collect();
    assert!(text == kept, "set PALISADE_KEEP to keep them, and read the difference: {differing:#?}");
}
