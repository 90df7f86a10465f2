//! Pure code does no IO, reads no clock and starts nothing; one place names the HTTP library, one file is unsafe.

use super::Fault;
use super::source::{Repository, lines, names, names_whole};

/// Folders and files whose production code is pure.
const PURE: &[&str] = &[
    "crates/model/src/",
    "crates/spec/src/",
    "crates/review/src/",
    "crates/discover/src/",
    "crates/leak/src/",
    "crates/gateway/src/cedar",
    "crates/gateway/src/policies/",
    "crates/gateway/src/policy.rs",
    "crates/gateway/src/pipeline",
    "crates/gateway/src/normalize",
    "crates/gateway/src/wire",
];

/// A pure crate's one door to the disk says so in its first line.
const LOADER: &str = "that touches the disk";

/// What pure code does not name: take the bytes, or `now`, as an argument.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::process",
    "tokio::",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "thread::spawn",
];

/// Where the HTTP library may be named in production code.
const ENGINE: &[&str] = &[
    "crates/gateway/src/engine.rs",
    "crates/gateway/src/engine/",
    "crates/identity/src/fetch",
    "crates/palisade/src/",
    "xtask/src/",
];

/// The one file that may be unsafe.
const UNSAFE: &str = "crates/gateway/src/record/mapping.rs";

/// Pure files that name IO, a clock or a task.
pub(super) fn pure_folders(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust().filter(|file| PURE.iter().any(|place| file.path.starts_with(place))) {
        let says_loader = file.text.lines().next().is_some_and(|line| line.contains(LOADER));
        for (number, line) in lines(&file.production) {
            for word in IMPURE.iter().filter(|word| names(line, word)) {
                if !(says_loader && *word == "std::fs") {
                    let message = format!("pure code names `{word}`; take what it gives as an argument");
                    faults.push(Fault::new("impure", &file.path, number, message));
                }
            }
        }
    }
    faults
}

/// Files outside the engine that name the HTTP library.
pub(super) fn engine_named_once(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust().filter(|file| !ENGINE.iter().any(|place| file.path.starts_with(place))) {
        for (number, line) in lines(&file.production) {
            if names_whole(line, "hyper") || names_whole(line, "hyper_util") {
                let message = "only the engine names `hyper`; the rest uses `http` types";
                faults.push(Fault::new("engine-named", &file.path, number, message));
            }
        }
    }
    faults
}

/// Files beside the one of [`UNSAFE`] that are unsafe.
pub(super) fn one_unsafe_file(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust().filter(|file| file.path != UNSAFE) {
        for (number, line) in lines(&file.code) {
            if names_whole(line, "unsafe") {
                let message = format!("only `{UNSAFE}` may be unsafe");
                faults.push(Fault::new("unsafe", &file.path, number, message));
            }
        }
    }
    faults
}

#[test]
fn impurity_is_found_where_it_matters() {
    let repository = Repository::of(&[
        (
            "crates/spec/src/lib.rs",
            "//! a\nmod disk;\nuse std::fs;\n// std::fs in words\n#[cfg(test)]\nmod t { use std::fs; }",
        ),
        (
            "crates/spec/src/disk.rs",
            "//! The one file that touches the disk.\nuse std::fs;\nlet t = Instant::now();\n",
        ),
        ("crates/gateway/src/engine.rs", "//! a\nuse hyper::body;\nuse std::fs;\n"),
        ("crates/gateway/src/respond.rs", "//! a\nuse hyper::body;\nlet h = hyperlink;\n"),
        ("crates/gateway/src/record/mapping.rs", "//! a\nlet x = unsafe { y };\n"),
        ("crates/gateway/src/record/frame.rs", "//! a\n#![allow(unsafe_code)]\nlet x = unsafe { y };\n"),
    ]);
    let found = |faults: Vec<Fault>| {
        faults.into_iter().map(|fault| format!("{}:{}", fault.path, fault.line)).collect::<Vec<_>>()
    };
    assert_eq!(found(pure_folders(&repository)), ["crates/spec/src/disk.rs:3", "crates/spec/src/lib.rs:3"]);
    assert_eq!(found(engine_named_once(&repository)), ["crates/gateway/src/respond.rs:2"]);
    assert_eq!(found(one_unsafe_file(&repository)), ["crates/gateway/src/record/frame.rs:3"]);
}
