//! Finds and reads the files of source code, on all cores: the part of it that touches the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use ignore::WalkBuilder;

use super::{CodeFindings, FILE_BYTES_MAX, NotRead, findings, languages, named, sheet};
use crate::read::Progress;

/// Folders of what others wrote, or programs made.
const FOREIGN: &[&str] = &[
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "out",
    "bin",
    "obj",
    "venv",
    ".venv",
    "__pycache__",
    ".git",
    ".next",
    ".nuxt",
    "site-packages",
    "bower_components",
    "third_party",
    "Pods",
];

/// Names of folders and files of tests, whose routes nobody serves.
const TESTS: &[&str] =
    &["test", "tests", "__tests__", "spec", "specs", "__mocks__", "e2e", "fixtures", "testdata", "testing"];

/// The most files that are read.
const FILES_MAX: usize = 1_000_000;

/// What was passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Folders of what others wrote or programs made.
    pub folders: u64,
    /// Files of tests.
    pub tests: u64,
    /// Files that are no source code of a known language.
    pub others: u64,
}

/// How source code is read.
#[derive(Debug, Clone, Copy)]
pub struct CodeReading {
    /// Threads that read.
    pub workers: usize,
}

/// What is known of files before they are read.
#[derive(Debug, Default)]
struct Walked {
    files: Vec<(String, PathBuf)>,
    skipped: Skipped,
    not_read: Vec<NotRead>,
}

impl CodeReading {
    /// Reads all files of source code below `roots`.
    pub fn read(&self, roots: &[PathBuf], progress: &Progress) -> CodeFindings {
        let mut walked = Walked::default();
        for root in roots {
            walked.walk(root);
        }
        walked.files.sort_unstable();
        walked.files.dedup();
        // What is read twice is still at hand; which frameworks there are is known only when all has been looked at.
        let names = self.each(&walked.files, &|name, text| named(name, text));
        let frameworks = names.into_iter().flatten().fold(0, |set, more| set | more);
        let sheets = self.each(&walked.files, &|name, text| {
            let read = sheet(name, text, frameworks);
            progress.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            progress.lines.fetch_add(read.lines, Ordering::Relaxed);
            read
        });
        let (mut paths, mut good) = (Vec::new(), Vec::new());
        let (skipped, mut not_read) = (walked.skipped, walked.not_read);
        for ((file, _), sheet) in walked.files.into_iter().zip(sheets) {
            match sheet {
                Ok(sheet) => {
                    paths.push(file);
                    good.push(sheet);
                }
                Err(why) => not_read.push(NotRead { file, why }),
            }
        }
        let mut findings = findings(&paths, good);
        findings.not_read.append(&mut not_read);
        findings.not_read.sort_unstable();
        findings.skipped = skipped;
        findings
    }

    /// What `of` makes of each file, on all cores, in the order of the files.
    fn each<T: Send>(
        &self,
        files: &[(String, PathBuf)],
        of: &(dyn Fn(&str, &str) -> T + Sync),
    ) -> Vec<Result<T, String>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((name, path)) = files.get(number) else { return done };
                done.push((number, text(path).map(|text| of(name, &text))));
            }
        };
        let mut done: Vec<(usize, Result<T, String>)> = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.workers.max(1)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
        });
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, one)| one).collect()
    }
}

fn text(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map(|about| about.len()).map_err(|error| error.to_string())?;
    if length > FILE_BYTES_MAX {
        return Err(format!("it has more than {} MB", FILE_BYTES_MAX >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Walked {
    fn walk(&mut self, root: &Path) {
        let folders = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&folders);
        let mut walker = WalkBuilder::new(root);
        walker.require_git(false).filter_entry(move |entry| {
            let is_foreign = entry.depth() > 0
                && entry.file_type().is_some_and(|kind| kind.is_dir())
                && entry.file_name().to_str().is_some_and(|name| FOREIGN.contains(&name));
            counted.fetch_add(u64::from(is_foreign), Ordering::Relaxed);
            !is_foreign
        });
        for entry in walker.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    self.file(root, entry.path());
                }
                Ok(_) => {}
                Err(error) => {
                    self.not_read.push(NotRead { file: root.display().to_string(), why: error.to_string() });
                }
            }
        }
        self.skipped.folders += folders.load(Ordering::Relaxed);
    }

    fn file(&mut self, root: &Path, path: &Path) {
        let name = path.display().to_string();
        let below = path.strip_prefix(root).unwrap_or(path).display().to_string();
        if languages::of(&name).is_none() || self.files.len() >= FILES_MAX {
            self.skipped.others += 1;
        } else if is_test(&below) {
            self.skipped.tests += 1;
        } else {
            self.files.push((name.trim_start_matches("./").to_owned(), path.to_path_buf()));
        }
    }
}

/// Whether a path below the root is that of a test.
fn is_test(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    folder.split('/').any(|part| TESTS.contains(&part))
        || [".test.", ".spec.", "_test.", "_spec."].iter().any(|mark| name.contains(mark))
        || ["Test", "Tests", "IT"].iter().any(|end| stem.ends_with(end) && stem.len() > end.len())
        || stem.starts_with("test_")
        || stem == "conftest"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_paths() {
        for path in
            ["tests/a.py", "src/test/java/A.java", "a.spec.ts", "b/c_test.go", "OrdersTest.java", "test_a.py"]
        {
            assert!(is_test(path), "{path}");
        }
        for path in ["src/main/java/A.java", "latest.js", "contest/a.rb", "attestation.py", "src/Test.java"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
