//! The documents that the editor has open: their text as it is there, saved or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::position::{Encoding, Lines};
use super::protocol::ContentChange;

/// The most documents that may be open.
const DOCUMENTS_MAX: usize = 1000;

/// Bytes of all open documents.
const BYTES_MAX: usize = 256 << 20;

/// An open document.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) version: i64,
    pub(super) text: String,
    /// Where it would be saved; nothing for one that has no file.
    pub(super) path: Option<PathBuf>,
}

/// Every open document, by its URI.
#[derive(Debug, Default)]
pub(super) struct Documents {
    by_uri: BTreeMap<String, Open>,
}

/// Why a document is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

impl Documents {
    pub(super) fn get(&self, uri: &str) -> Option<&Open> {
        self.by_uri.get(uri)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Open)> {
        self.by_uri.iter().map(|(uri, open)| (uri.as_str(), open))
    }

    /// The document that would be saved at `path`, and its URI.
    pub(super) fn at(&self, path: &Path) -> Option<(&str, &Open)> {
        self.iter().find(|(_, open)| open.path.as_deref() == Some(path))
    }

    pub(super) fn open(&mut self, uri: String, version: i64, text: String) -> Result<(), TooMuch> {
        let others = self.by_uri.iter().filter(|(known, _)| **known != uri);
        let (count, bytes) =
            others.fold((0, text.len()), |(count, bytes), (_, open)| (count + 1, bytes + open.text.len()));
        if count >= DOCUMENTS_MAX || bytes > BYTES_MAX {
            return Err(TooMuch);
        }
        let path = path_of(&uri);
        self.by_uri.insert(uri, Open { version, text, path });
        Ok(())
    }

    /// Makes changes one after the other; whether there is such a document.
    pub(super) fn change(
        &mut self,
        uri: &str,
        version: Option<i64>,
        changes: Vec<ContentChange>,
        encoding: Encoding,
    ) -> Result<bool, TooMuch> {
        let bytes: usize = self.by_uri.values().map(|open| open.text.len()).sum();
        let Some(open) = self.by_uri.get_mut(uri) else { return Ok(false) };
        let others = bytes - open.text.len();
        for change in changes {
            match change.range {
                None => open.text = change.text,
                Some(range) => {
                    let lines = Lines::of(&open.text, encoding);
                    let (start, end) = (lines.offset(range.start), lines.offset(range.end));
                    open.text.replace_range(start..end.max(start), &change.text);
                }
            }
            if others + open.text.len() > BYTES_MAX {
                self.by_uri.remove(uri);
                return Err(TooMuch);
            }
        }
        open.version = version.unwrap_or(open.version);
        Ok(true)
    }

    /// Whether it was open.
    pub(super) fn close(&mut self, uri: &str) -> bool {
        self.by_uri.remove(uri).is_some()
    }
}

/// The path of a `file:` URI on this machine (RFC 8089).
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next()?;
    path.starts_with('/').then(|| spec::decoded(path).ok().map(|path| PathBuf::from(&*path)))?
}

/// The `file:` URI of a path.
pub(super) fn uri_of(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::position::{Position, Range};
    use super::*;

    #[test]
    fn parts_are_changed_one_after_the_other() {
        let mut documents = Documents::default();
        documents.open("u".to_owned(), 1, "a\u{1d11e}b\nc\n".to_owned()).unwrap();
        let at = |line, character| Position { line, character };
        let change = |start, end, text: &str| ContentChange {
            range: Some(Range { start, end }),
            text: text.to_owned(),
        };
        let changes = vec![
            change(at(0, 3), at(0, 4), "x\ny"),
            change(at(1, 1), at(9, 9), ""),
            change(at(1, 1), at(0, 0), "!"),
        ];
        assert_eq!(documents.change("u", Some(2), changes, Encoding::Utf16), Ok(true));
        assert_eq!(documents.get("u").unwrap().text, "a\u{1d11e}x\ny!");
        assert_eq!(documents.get("u").unwrap().version, 2);
        assert_eq!(documents.change("v", None, Vec::new(), Encoding::Utf8), Ok(false));
        let whole = vec![ContentChange { range: None, text: "x".repeat(BYTES_MAX + 1) }];
        assert_eq!(documents.change("u", None, whole, Encoding::Utf8), Err(TooMuch));
        assert!(!documents.close("u"), "it is not known any more");
    }

    #[test]
    fn paths_and_uris_stand_for_each_other() {
        for (uri, path) in
            [("file:///a/b%20c%C3%A9.yaml", "/a/b cé.yaml"), ("file:///x~y-z_1.json", "/x~y-z_1.json")]
        {
            assert_eq!(path_of(uri).as_deref(), Some(Path::new(path)));
            assert_eq!(uri_of(Path::new(path)), uri);
        }
        assert_eq!(path_of("file://localhost/a%3Ab").as_deref(), Some(Path::new("/a:b")));
        for uri in ["untitled:a", "https://a/b", "file://host/a", "file:///a%zz", ""] {
            assert_eq!(path_of(uri), None, "{uri}");
        }
    }
}
