//! Real recordings of traffic: what is told of them, held against what others say. Skipped with a word where they are absent.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use discover::{KeyLog, LearnLimits, Progress, Reading, Written, sources};
use spec::{Document, Library, LibraryLimits, Limits};

const TRAFFIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/traffic");

fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(TRAFFIC).join(name);
    if !path.exists() {
        println!("skipped: no `{}`", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn an_archive_of_fuzzed_requests_tells_of_what_its_document_declares() {
    let (Some(archive), Some(document)) = (corpus("vampi.har.gz"), corpus("vampi-openapi.json")) else {
        return;
    };
    let (document, _) = Document::parse("vampi", std::fs::read(document).unwrap(), &Limits::default());
    let nothing = |_: spec::Location<'_>| Err(std::io::ErrorKind::Unsupported.into());
    let (library, _) = Library::load(document, &LibraryLimits::default(), &nothing);
    let (contract, _) = spec::compile(&library);
    let contracts = [contract];
    let (found, problems) = sources(&[archive]);
    assert_eq!(problems, []);
    let reading = Reading {
        written: Written::Traffic(&KeyLog::default()),
        contracts: &contracts,
        limits: LearnLimits::default(),
        workers: 1,
        counted: &[],
    };
    let read = reading.read(&found, &Progress::default());
    let file = &read.files[0];
    println!("{} entries, {:?}, {} damaged, fault {:?}", file.lines, file.formats, file.unknown, file.fault);
    let seen = contracts[0].operations.iter().zip(&read.findings.declared[0]);
    let mut operations = BTreeSet::new();
    for (operation, tally) in seen {
        if let Some(tally) = tally {
            println!(
                "{} {} {} {:?}",
                operation.method,
                operation.path,
                tally.count,
                tally.credentials.iter().collect::<Vec<_>>()
            );
            operations.insert(format!("{} {}", operation.method, operation.path));
        }
    }
    println!(
        "not declared: {:?}",
        read.findings
            .lesson
            .operations
            .iter()
            .map(|o| format!("{} {}", o.method, o.path))
            .collect::<Vec<_>>()
    );
    assert_eq!((file.unknown, file.fault.as_deref()), (0, None));
    assert_eq!(operations.len(), contracts[0].operations.len());
}
