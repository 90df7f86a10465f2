//! Finds and reads the files of source code, on all cores: the part of it that touches the disk.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use ignore::WalkBuilder;
use model::limit::read_capped;

use super::documents::{self, ApiDocument, HEAD_BYTES};
use super::{CodeFindings, FILE_BYTES_MAX, NotRead, findings, languages, named, noir, sheet};
use crate::read::Progress;

/// Folders of what others wrote, or programs made.
pub(crate) const FOREIGN: &[&str] = &[
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

/// Names of folders of tests, whose routes nobody serves.
const TESTS: &[&str] =
    &["test", "tests", "__tests__", "spec", "specs", "__mocks__", "e2e", "fixtures", "testdata", "testing"];

/// Names of folders of programs that show how something is used, or how fast it is.
const EXAMPLES: &[&str] = &["examples", "example", "samples", "benches", "bench", "benchmark", "benchmarks"];

/// What stands before the packages of a program, of which `com.example` is one.
const SOURCES: &[&str] = &["src/main/java/", "src/main/kotlin/", "src/main/"];

/// What packages begin with: what `com/example` is called says nothing of it.
const PACKAGES: &[&str] = &["com", "org", "net", "io", "dev"];

/// The most files that are read.
const FILES_MAX: usize = 1_000_000;

/// The most documents that describe APIs.
const DOCUMENTS_MAX: usize = 1024;

/// How large a script is at least, and how long its lines are on average, in bytes, where it is taken for a bundle.
const BUNDLE_BYTES_MIN: usize = 4 << 10;
const BUNDLE_LINE_BYTES_MIN: usize = 400;

/// The largest result of Noir that is read, in bytes.
const NOIR_BYTES_MAX: u64 = 64 << 20;

/// What was passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Folders of what others wrote or programs made.
    pub folders: u64,
    /// Files that programs made of others, so that nobody reads them.
    pub bundles: u64,
    /// Files of tests.
    pub tests: u64,
    /// Files of examples and benchmarks.
    pub examples: u64,
    /// Files of source code and whole folders that `.gitignore` and its like name.
    pub ignored: u64,
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
    documents: Vec<ApiDocument>,
    /// Files that are beyond the most.
    too_many: u64,
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
        walked.documents.sort_unstable();
        walked.documents.dedup();
        walked.tell_too_many();
        // What is read twice is still at hand; which frameworks there are is known only when all has been looked at.
        let names =
            self.each(&walked.files, &|name, text| (!is_bundle(name, text)).then(|| named(name, text)));
        let mut is_kept =
            names.iter().map(|named| !matches!(named, Ok(None))).collect::<Vec<_>>().into_iter();
        let count = walked.files.len();
        walked.files.retain(|_| is_kept.next().unwrap_or(true));
        walked.skipped.bundles += (count - walked.files.len()) as u64;
        let frameworks = names.into_iter().flatten().flatten().fold(0, |set, more| set | more);
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
        findings.documents = walked.documents;
        for root in roots {
            add_of_noir(root, &mut findings);
        }
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
            let joined = workers.into_iter().map(|worker| worker.join());
            // Without what one of them found, the rest would be taken for that of other files.
            joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, one)| one).collect()
    }
}

/// Adds what Noir found, where its result is named by itself: a tree has many files in JSON.
fn add_of_noir(root: &Path, findings: &mut CodeFindings) {
    let name = root.display().to_string();
    if root.is_file()
        && [".json", ".jsonl"].iter().any(|end| name.ends_with(end))
        && let Ok(text) = crate::files::text(root, NOIR_BYTES_MAX)
    {
        noir::add(&name, &text, findings);
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

/// The beginning of a file, of so many bytes.
fn beginning(path: &Path, bytes: usize) -> std::io::Result<String> {
    let head = read_capped(File::open(path)?.take(bytes as u64), bytes)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

impl Walked {
    fn walk(&mut self, root: &Path) {
        let folders = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&folders);
        let mut walker = WalkBuilder::new(root);
        walker.require_git(false).filter_entry(move |entry| {
            let is_foreign = entry.depth() > 0
                && entry.file_type().is_some_and(|kind| kind.is_dir())
                && is_foreign(entry.file_name());
            counted.fetch_add(u64::from(is_foreign), Ordering::Relaxed);
            !is_foreign
        });
        // Entries of folders that are gone into, less those that come of it, are those that are ignored.
        let (mut there, mut come) = (0, 0_u64);
        for entry in walker.build() {
            match entry {
                Ok(entry) => {
                    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                    come += u64::from(entry.depth() > 0 && (is_folder || counts(entry.file_name())));
                    if is_folder {
                        there += entries(entry.path());
                    } else if entry.file_type().is_some_and(|kind| kind.is_file()) {
                        self.file(root, entry.path());
                    }
                }
                Err(error) => {
                    self.not_read.push(NotRead { file: root.display().to_string(), why: error.to_string() });
                }
            }
        }
        self.skipped.folders += folders.load(Ordering::Relaxed);
        self.skipped.ignored += there.saturating_sub(come);
    }

    fn file(&mut self, root: &Path, path: &Path) {
        let whole = path.display().to_string();
        let name = whole.trim_start_matches("./").to_owned();
        let below = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let is_code = languages::of(&name).is_some();
        let head = documents::may_be(&name);
        if !is_code && head.is_none() {
            self.skipped.others += 1;
        } else if is_test(&below) {
            self.skipped.tests += u64::from(is_code);
        } else if is_example(&below) {
            self.skipped.examples += u64::from(is_code);
        } else if self.files.len() + self.documents.len() >= FILES_MAX {
            self.too_many += 1;
        } else if is_code {
            self.files.push((name, path.to_path_buf()));
        } else {
            self.document(name, path, head == Some(true));
        }
    }

    fn document(&mut self, file: String, path: &Path, is_by_head: bool) {
        let bytes = if is_by_head { HEAD_BYTES } else { FILE_BYTES_MAX as usize };
        match beginning(path, bytes).map(|text| documents::kind(&file, &text)) {
            Ok(Some((kind, operations))) if self.documents.len() < DOCUMENTS_MAX => {
                self.documents.push(ApiDocument { file, path: path.to_path_buf(), kind, operations });
            }
            Ok(Some(_)) => self.too_many += 1,
            Ok(None) => self.skipped.others += 1,
            Err(error) => self.not_read.push(NotRead { file, why: error.to_string() }),
        }
    }

    fn tell_too_many(&mut self) {
        if self.too_many > 0 {
            let why = format!(
                "{} files are beyond the most, {FILES_MAX} files and {DOCUMENTS_MAX} documents",
                self.too_many
            );
            self.not_read.push(NotRead { file: "…".to_owned(), why });
        }
    }
}

fn is_foreign(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| FOREIGN.contains(&name))
}

/// Whether a file of this name counts among those that are ignored.
fn counts(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| languages::of(name).is_some() && !name.starts_with('.'))
}

/// Files of source code and folders that stand in a folder, but for those that are passed over anyway.
fn entries(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let is_counted = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                !is_foreign(&name) && !name.to_str().is_some_and(|name| name.starts_with('.'))
            }
            Ok(kind) => kind.is_file() && counts(&name),
            Err(_) => false,
        }
    };
    entries.flatten().filter(is_counted).count() as u64
}

/// The path within its sources: what packages are called says nothing of what is in them.
fn of_sources(path: &str) -> Option<&str> {
    SOURCES.iter().find_map(|sources| path.split_once(sources).map(|(_, rest)| rest))
}

/// Whether a script was written by a program that joins and shortens others: its lines are longer than people write them.
fn is_bundle(name: &str, text: &str) -> bool {
    let is_script = [".js", ".mjs", ".cjs"].iter().any(|end| name.ends_with(end));
    is_script
        && text.len() >= BUNDLE_BYTES_MIN
        && text.len() / (text.lines().count() + 1) >= BUNDLE_LINE_BYTES_MIN
}

/// Whether a path below the root is that of a test.
pub(crate) fn is_test(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    of_sources(path).is_none() && folder.split('/').any(|part| TESTS.contains(&part))
        || [".test.", ".spec.", "_test.", "_spec."].iter().any(|mark| name.contains(mark))
        || ["Test", "Tests", "IT"].iter().any(|end| stem.ends_with(end) && stem.len() > end.len())
        || stem.starts_with("test_")
        || stem == "conftest"
}

/// Whether a path below the root is that of an example.
fn is_example(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut before = "";
    let is_one = folder.split('/').any(|part| {
        let is_package = PACKAGES.contains(&std::mem::replace(&mut before, part));
        EXAMPLES.contains(&part) && !is_package
    });
    is_one && of_sources(path).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::DocumentKind;

    #[test]
    fn tests_are_known_by_their_paths() {
        for path in
            ["tests/a.py", "src/test/java/A.java", "a.spec.ts", "b/c_test.go", "OrdersTest.java", "test_a.py"]
        {
            assert!(is_test(path), "{path}");
        }
        for path in [
            "src/main/java/A.java",
            "src/main/java/org/test/A.java",
            "latest.js",
            "contest/a.rb",
            "attestation.py",
            "src/Test.java",
        ] {
            assert!(!is_test(path), "{path}");
        }
        for (path, expected) in [
            ("examples/a.go", true),
            ("crates/a/benches/b.rs", true),
            ("src/main/java/com/example/A.java", false),
            ("com/example/A.kt", false),
            ("src/examples.ts", false),
        ] {
            assert_eq!(is_example(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_passed_over_is_counted_and_documents_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (name, text) in [
            (".gitignore", "generated.js\nold/\n"),
            ("app.js", "const app = require('express')()\napp.get('/a', a)\n"),
            ("generated.js", ""),
            ("bundle.js", &"a.get('/b',c);".repeat(1000)),
            ("notes.txt", ""),
            ("old/a.js", ""),
            ("node_modules/express/index.js", ""),
            ("test/app.js", ""),
            ("examples/app.js", ""),
            ("api/openapi.yaml", "openapi: 3.1.0\n"),
            ("api/values.yaml", "replicas: 3\n"),
            ("api/shop.proto", "service Shop { rpc Get (A) returns (B); }\n"),
            ("test/openapi.yaml", "openapi: 3.1.0\n"),
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), text).unwrap();
        }
        let found = CodeReading { workers: 2 }.read(&[root.to_path_buf()], &Progress::default());
        let expected = Skipped { folders: 1, bundles: 1, tests: 1, examples: 1, ignored: 2, others: 2 };
        assert_eq!(found.skipped, expected);
        let documents = found.documents.iter().map(|document| (document.kind, document.operations));
        assert_eq!(
            documents.collect::<Vec<_>>(),
            [(DocumentKind::OpenApi, None), (DocumentKind::Protobuf, Some(1))]
        );
        assert_eq!((found.routes.len(), found.not_read), (1, Vec::new()));
    }
}
