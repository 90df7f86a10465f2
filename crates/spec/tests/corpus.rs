//! Real, exemplary and broken API documents: each compiles, or says where and why not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use model::{Problem, Severity};
use spec::{Contract, Document, Library, LibraryLimits, Limits, Location, compile, read_below};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi");

struct Outcome {
    file: String,
    contract: Contract,
    problems: Vec<Problem>,
    took: Duration,
}

impl Outcome {
    fn is_whole(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity < Severity::Error)
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|known| extension == *known))
        {
            found.push(path);
        }
    }
}

fn outcome(path: &Path) -> Outcome {
    let bytes = fs::read(path).unwrap();
    let begin = Instant::now();
    let (document, mut problems) = Document::parse(path.to_str().unwrap(), bytes, &Limits::default());
    let folder = path.parent().unwrap().to_owned();
    let loader = |location: Location<'_>| match location {
        Location::File(file) => read_below(&folder, file, 1 << 24),
        Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    let (library, loading) = Library::load(document, &LibraryLimits::default(), &loader);
    problems.extend(loading);
    let (contract, compiling) = compile(&library);
    problems.extend(compiling);
    let took = begin.elapsed();
    Outcome {
        file: path.strip_prefix(CORPUS).unwrap().to_str().unwrap().to_owned(),
        contract,
        problems,
        took,
    }
}

/// The outcomes of every document below `folder`, found on all cores.
fn outcomes(folder: &str) -> Option<Vec<Outcome>> {
    let folder = Path::new(CORPUS).join(folder);
    if !folder.is_dir() {
        println!("skipped: no documents at {}", folder.display());
        return None;
    }
    let mut paths = Vec::new();
    files_below(&folder, &mut paths);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = outcome(path);
                    done.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by(|a, b| a.file.cmp(&b.file));
    Some(done)
}

fn print_errors(outcomes: &[Outcome]) {
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_whole()) {
        let errors = outcome.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let count = errors.clone().count();
        println!("{} ({count} errors):", outcome.file);
        for problem in errors.take(3) {
            println!("    {problem}");
        }
    }
}

#[test]
fn real_documents_compile_with_every_operation() {
    let Some(outcomes) = outcomes("real") else { return };
    let index: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(Path::new(CORPUS).join("index.json")).unwrap()).unwrap();
    let expected: BTreeMap<&str, u64> = index
        .iter()
        .map(|entry| (entry["file"].as_str().unwrap(), entry["operations"].as_u64().unwrap()))
        .collect();
    for outcome in &outcomes {
        let operations = outcome.contract.operations.len() as u64;
        assert_eq!(expected.get(outcome.file.as_str()), Some(&operations), "{}", outcome.file);
    }
    print_errors(&outcomes);
    let mut by_time: Vec<_> = outcomes.iter().collect();
    by_time.sort_by_key(|outcome| std::cmp::Reverse(outcome.took));
    for outcome in by_time.iter().take(8) {
        println!("{:>6} ms  {}", outcome.took.as_millis(), outcome.file);
    }
    let whole = outcomes.iter().filter(|outcome| outcome.is_whole()).count();
    let warnings: usize = outcomes.iter().map(|outcome| outcome.problems.len()).sum();
    println!("{whole} of {} compile whole, {warnings} problems in all", outcomes.len());
    // The others have paths that cannot be told from another, or that no path can match.
    assert_eq!((whole, outcomes.len()), (192, 199));
}

#[test]
fn broken_documents_say_where_and_why() {
    let Some(outcomes) = outcomes("torture") else { return };
    let whole = outcomes.iter().filter(|outcome| outcome.is_whole()).count();
    println!("{whole} of {} compile whole", outcomes.len());
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_whole()) {
        let placed = outcome.problems.iter().all(|problem| problem.position.is_some());
        assert!(placed, "{}: a problem without a place", outcome.file);
    }
    assert_eq!((whole, outcomes.len()), (424, 809));
}

#[test]
fn examples_compile() {
    for folder in ["examples-json", "examples-yaml"] {
        let Some(outcomes) = outcomes(folder) else { return };
        // The others are fragments that those refer to.
        let whole = outcomes.iter().filter(|outcome| outcome.is_whole()).count();
        println!("{folder}: {whole} of {} compile whole", outcomes.len());
        assert_eq!((whole, outcomes.len()), (15, 19));
    }
}
