//! The files of the repository as tidy reads them: paths from the root, text, and which part of it is production code.

use std::collections::BTreeMap;
use std::path::Path;

use super::mask;

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", ".git", "node_modules", "palisade-data", "artifacts", "corpus"];

/// Endings of files that are text and ours.
const TEXT: &[&str] = &["rs", "md", "toml", "txt", "yaml", "yml", "json", "sh", "lock"];

/// Every text file, by path from the root, with forward slashes.
#[derive(Debug, Default)]
pub(super) struct Repository {
    files: BTreeMap<String, File>,
    /// Every path, of files that are not text and of folders too.
    paths: Vec<String>,
}

/// One file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// The text with comments and the contents of strings blanked; line numbers stay.
    pub(super) code: String,
    /// `code` without what only tests compile.
    pub(super) production: String,
}

impl File {
    fn new(path: &str, text: String) -> Self {
        let rust = path.ends_with(".rs");
        let code = if rust { mask::code(&text) } else { text.clone() };
        let production = if rust { mask::without_tests(&code) } else { code.clone() };
        Self { path: path.to_owned(), text, code, production }
    }

    /// Whether the path alone says that only tests compile it.
    fn is_test_by_path(&self) -> bool {
        self.path.contains("/tests/") || self.path.contains("/benches/") || self.path.ends_with("/tests.rs")
    }

    /// Name of the file without `.rs`.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".rs").unwrap_or(name)
    }
}

impl Repository {
    /// Reads everything below `root`.
    pub(super) fn read(root: &Path) -> Self {
        let mut repository = Self::default();
        repository.walk(root, "");
        repository.without_test_modules()
    }

    /// A repository of the given files, for the rules' own tests.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut repository = Self::default();
        for (path, text) in files {
            repository.add(path, (*text).to_owned());
            let folders = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
            repository.paths.extend(folders);
        }
        repository.without_test_modules()
    }

    fn add(&mut self, path: &str, text: String) {
        self.paths.push(path.to_owned());
        self.files.insert(path.to_owned(), File::new(path, text));
    }

    fn walk(&mut self, folder: &Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).expect("folder is readable") {
            let entry = entry.expect("entry is readable");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type().expect("entry has a type");
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                self.paths.push(path.clone());
                self.walk(&entry.path(), &path);
            } else if kind.is_file() {
                let ending = name.rsplit_once('.').map(|(_, ending)| ending);
                if ending.is_none_or(|ending| TEXT.contains(&ending)) {
                    let bytes = std::fs::read(entry.path()).expect("file is readable");
                    self.add(&path, String::from_utf8_lossy(&bytes).into_owned());
                } else {
                    self.paths.push(path);
                }
            }
        }
    }

    /// Blanks the production part of files that a `#[cfg(test)] mod` names, and of those below them.
    fn without_test_modules(mut self) -> Self {
        let test_only = super::modules::test_only(&self);
        for file in self.files.values_mut() {
            if file.is_test_by_path() || test_only.contains(&file.path) {
                file.production.clear();
            }
        }
        self
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.values()
    }

    /// Files of Rust.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".rs"))
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// Text of a file, empty where it is absent.
    pub(super) fn text(&self, path: &str) -> String {
        self.file(path).map(|file| file.text.clone()).unwrap_or_default()
    }

    /// Whether a file or folder of this path exists.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path)
    }

    /// Whether a file or folder of this name lies directly at the root.
    pub(super) fn has_at_root(&self, name: &str) -> bool {
        self.paths.iter().any(|known| known == name || known.split('/').next() == Some(name))
    }
}

/// Lines with their numbers, the first being 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether `word` stands in `line` with no letter, digit or underscore before it.
pub(super) fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !ends_in_word(&line[..at]))
}

/// As [`names`], and with none after it either.
pub(super) fn names_whole(line: &str, word: &str) -> bool {
    let starts_in_word = |rest: &str| rest.chars().next().is_some_and(is_word);
    line.match_indices(word)
        .any(|(at, _)| !ends_in_word(&line[..at]) && !starts_in_word(&line[at + word.len()..]))
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[test]
fn a_word_is_not_found_inside_another() {
    for (line, word, expected) in [
        ("thread::sleep(d)", "sleep(", true),
        ("oversleep(d)", "sleep(", false),
        ("deny(unsafe_code)", "unsafe", true),
    ] {
        assert_eq!(names(line, word), expected, "{line}");
    }
    assert!(!names_whole("deny(unsafe_code)", "unsafe"));
    assert!(names_whole("let x = unsafe { y };", "unsafe"));
}
