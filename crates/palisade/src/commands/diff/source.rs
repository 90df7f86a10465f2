//! A version of a document: a file, standard input, or a file of a revision of git.

mod git;

use std::io;
use std::path::{Path, PathBuf};

use model::limit::read_capped;
use model::{Problem, Severity};
use spec::{Document, Library, LibraryLimits, Limits, Location};

use crate::commands::review::files::{self, Named};
use crate::commands::review::{FILE_BYTES_MAX, is_document, library};
use crate::load::read_file;
use git::Revision;

/// Two versions of a document.
#[derive(Debug)]
pub(super) struct Versions {
    /// The new one, as it was named.
    pub(super) file: String,
    pub(super) old: Library,
    pub(super) new: Library,
}

/// The versions that `old` and `new` name.
pub(super) fn two(old: &str, new: &str, problems: &mut Vec<Problem>) -> Option<Versions> {
    let (old, new) = (read(old, problems), read(new, problems));
    let ((_, old), (file, new)) = (old?, new?);
    Some(Versions { file, old, new })
}

/// Each document that `specs` name, with what it was at the revision `base`.
pub(super) fn since(base: &str, specs: &[String], problems: &mut Vec<Problem>) -> Vec<Versions> {
    if let Err(error) = git::verified(base) {
        problems.push(Problem::error(format!("`{base}` is no revision: {error}")));
        return Vec::new();
    }
    let (named, found) = files::named(specs);
    problems.extend(found);
    named.into_iter().filter_map(|named| with_base(base, named, problems)).collect()
}

fn with_base(base: &str, named: Named, problems: &mut Vec<Problem>) -> Option<Versions> {
    let Named { name, path, bytes, found } = named;
    let (document, faults) = Document::parse(&name, bytes, &Limits::default());
    if found && !is_document(&document) {
        return None;
    }
    if !git::has(base, &name) {
        let message = format!("`{name}` is not in `{base}`, so there is nothing to compare it with");
        problems.push(Problem { severity: Severity::Note, ..Problem::error(message) });
        return None;
    }
    problems.extend(faults);
    let (_, old) = read(&format!("git:{base}:{name}"), problems)?;
    let (new, faults) = library(document, path);
    problems.extend(faults);
    Some(Versions { file: name, old, new })
}

/// The document that `source` names, under the name that positions give it, with the files that it refers to.
fn read(source: &str, problems: &mut Vec<Problem>) -> Option<(String, Library)> {
    let revision = Revision::of(source);
    let (name, bytes) = match (&revision, source) {
        (Some(revision), _) => (revision.name(), revision.read(revision.path)),
        (None, "-") => ("<stdin>".to_owned(), read_capped(io::stdin().lock(), FILE_BYTES_MAX)),
        (None, file) => (file.to_owned(), read_file(Path::new(file))),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(Problem::error(format!("`{source}` cannot be read: {error}")));
            return None;
        }
    };
    let (document, found) = Document::parse(&name, bytes, &Limits::default());
    problems.extend(found);
    let (library, found) = match revision {
        Some(revision) => {
            let loader = |location: Location<'_>| match location {
                Location::File(file) => revision.read(revision.path_of(file)?),
                Location::Url(_) => Err(io::ErrorKind::Unsupported.into()),
            };
            Library::load(document, &LibraryLimits::default(), &loader)
        }
        None => library(document, (source != "-").then(|| PathBuf::from(source))),
    };
    problems.extend(found);
    Some((name, library))
}
