//! Files of revisions, as git has them.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use model::limit::read_capped;

use crate::commands::review::FILE_BYTES_MAX;

/// How a file of a revision begins.
const GIT: &str = "git:";

/// Largest complaint of git that is shown, in bytes.
const COMPLAINT_BYTES_MAX: usize = 2000;

/// A file of a revision: `git:REVISION:FILE`, the file as seen from the current folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Revision<'s> {
    revision: &'s str,
    pub(super) path: &'s str,
}

impl<'s> Revision<'s> {
    pub(super) fn of(source: &'s str) -> Option<Revision<'s>> {
        let (revision, path) = source.strip_prefix(GIT)?.split_once(':')?;
        (is_revision(revision) && !path.is_empty()).then_some(Revision { revision, path })
    }

    /// What positions call the file; always with a folder, so that files beside it are called alike.
    pub(super) fn name(&self) -> String {
        let folder = if self.path.contains('/') { "" } else { "./" };
        format!("{GIT}{}:{folder}{}", self.revision, self.path)
    }

    /// The path of a file that is called as [`Revision::name`] says.
    pub(super) fn path_of<'f>(&self, file: &'f Path) -> io::Result<&'f str> {
        let prefix = format!("{GIT}{}:", self.revision);
        let path = file.to_str().and_then(|file| file.strip_prefix(&prefix));
        path.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The content of the file at `path`.
    pub(super) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        git(&["cat-file", "blob", &object(self.revision, path)])
    }
}

/// Whether `base` is a revision.
pub(super) fn verified(base: &str) -> io::Result<()> {
    if !is_revision(base) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    git(&["rev-parse", "--quiet", "--verify", &format!("{base}^{{commit}}")]).map(drop)
}

/// Whether the revision `base` has a file at `path`.
pub(super) fn has(base: &str, path: &str) -> bool {
    git(&["cat-file", "-e", &object(base, path)]).is_ok()
}

/// One that begins with a dash would be an option.
fn is_revision(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.contains(':')
}

fn object(revision: &str, path: &str) -> String {
    format!("{revision}:./{path}")
}

fn git(arguments: &[&str]) -> io::Result<Vec<u8>> {
    let mut git = Command::new("git")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("git cannot be started: {error}")))?;
    let answer = git.stdout.take().map(|stdout| read_capped(stdout, FILE_BYTES_MAX));
    let complaint = git.stderr.take().map(|stderr| read_capped(stderr, COMPLAINT_BYTES_MAX));
    if git.wait()?.success() {
        return answer.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    }
    let complaint = complaint.and_then(Result::ok).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
    Err(io::Error::other(if complaint.is_empty() { "git does not know it".to_owned() } else { complaint }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_revision_has_both_and_no_option() {
        let check = |source: &str, expected: Option<(&str, &str)>| {
            let found = Revision::of(source).map(|revision| (revision.revision, revision.path));
            assert_eq!(found, expected, "{source}");
        };
        check("git:main:apis/a.yaml", Some(("main", "apis/a.yaml")));
        check("git:HEAD~1:a.yaml", Some(("HEAD~1", "a.yaml")));
        for source in ["a.yaml", "git:main", "git::a.yaml", "git:main:", "git:--help:a.yaml"] {
            check(source, None);
        }
    }

    #[test]
    fn files_beside_it_are_found_by_their_names() {
        let revision = Revision::of("git:main:a.yaml").unwrap();
        assert_eq!(revision.name(), "git:main:./a.yaml");
        assert_eq!(revision.path_of(Path::new("git:main:./b.yaml")).unwrap(), "./b.yaml");
        assert!(revision.path_of(Path::new("b.yaml")).is_err());
    }
}
