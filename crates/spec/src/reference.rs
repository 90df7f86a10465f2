//! A document and the files it refers to, and where each `$ref` leads.

mod location;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use model::Problem;

use crate::document::{Document, Limits};
use crate::tree::Node;

use location::Base;
pub use location::Location;

/// References that lead to references, one after the other, before it is called a circle.
const CHAIN_MAX: usize = 64;

/// What may be loaded for one root document.
#[derive(Debug, Clone)]
pub struct LibraryLimits {
    /// Files, the root document included.
    pub documents_max: usize,
    /// Bytes of all files beside the root document.
    pub bytes_max: usize,
    /// Hosts (`host` or `host:port`) from which documents may be fetched; from any other they are refused.
    pub hosts: Vec<String>,
    /// Of each file.
    pub document: Limits,
}

impl Default for LibraryLimits {
    fn default() -> Self {
        LibraryLimits {
            documents_max: 1000,
            bytes_max: 64 << 20,
            hosts: Vec::new(),
            document: Limits::default(),
        }
    }
}

/// Gives the content of a file or URL that was found allowed. Symbolic links are its to judge.
pub type Loader<'a> = &'a dyn Fn(Location<'_>) -> io::Result<Vec<u8>>;

/// A root document and everything it refers to, loaded; references themselves are followed one by one on demand.
#[derive(Debug, Clone)]
pub struct Library {
    documents: Vec<Document>,
    paths: Vec<PathBuf>,
    /// For each document and file part of a reference in it: the document it names, or why there is none.
    files: Vec<HashMap<String, Result<u32, ReferenceFault>>>,
}

/// Why a reference leads nowhere. As text, it continues a sentence that begins with the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceFault {
    /// It is no URI reference, or of a scheme that is not read.
    Malformed,
    /// It is on a host that the config does not allow.
    Host(String),
    /// It is outside the folder of the root document.
    Outside,
    /// The file cannot be had, for this reason.
    Unreadable(Box<str>),
    /// There are too many files, or they are too large.
    TooMuch,
    /// The document has no such node.
    NoSuchNode,
    /// It names an anchor, and no node has it.
    NoSuchAnchor,
    /// It leads through others back to itself.
    Circle,
}

impl Library {
    /// Loads everything that `root`, overlays applied, refers to. A problem here is one of a loaded file; a reference
    /// that cannot be followed is a problem for whoever follows it.
    pub fn load(root: Document, limits: &LibraryLimits, loader: Loader<'_>) -> (Library, Vec<Problem>) {
        let path = PathBuf::from(root.file());
        let mut loading = Loading {
            folder: path.parent().unwrap_or(Path::new("")),
            limits,
            loader,
            bytes_left: limits.bytes_max,
            bases: vec![Base::of_root(&path)],
            paths: vec![path.clone()],
            documents: vec![root],
            problems: Vec::new(),
        };
        let mut files = Vec::new();
        while let Some(document) = loading.documents.get(files.len()) {
            let names = files_named_in(document);
            let number = files.len();
            files.push(names.into_iter().map(|name| (name.clone(), loading.file(number, &name))).collect());
        }
        (Library { documents: loading.documents, paths: loading.paths, files }, loading.problems)
    }

    /// A library of one document; references to other files lead nowhere.
    pub fn of(root: Document) -> Library {
        let refused = |_: Location<'_>| Err(io::ErrorKind::Unsupported.into());
        Library::load(root, &LibraryLimits { documents_max: 1, ..LibraryLimits::default() }, &refused).0
    }

    /// The root document first, then the others in the order in which they are referred to.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Every file that was read or should have been; what is on a host is none.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The document with this number.
    pub fn document(&self, number: u32) -> Option<&Document> {
        self.documents.get(number as usize)
    }

    /// Where `reference`, standing in the document `number`, leads: to a node of a document.
    ///
    /// # Errors
    /// Why it leads nowhere.
    pub fn resolve(&self, number: u32, reference: &str) -> Result<(u32, Node<'_>), ReferenceFault> {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let number = if file.is_empty() { number } else { self.file(number, file)? };
        let document = self.document(number).ok_or(ReferenceFault::Malformed)?;
        let fragment = location::decoded(fragment).ok_or(ReferenceFault::Malformed)?;
        let node = if fragment.is_empty() || fragment.starts_with('/') {
            document.root().pointer(&fragment).ok_or(ReferenceFault::NoSuchNode)
        } else {
            anchored(document.root(), &fragment).ok_or(ReferenceFault::NoSuchAnchor)
        };
        node.map(|node| (number, node))
    }

    /// What `node` of the document `number` stands for: itself, or what its chain of `$ref`s leads to.
    ///
    /// # Errors
    /// The last reference of the chain, as the document and node of its text, and why it leads nowhere.
    pub fn follow<'l>(
        &'l self,
        number: u32,
        node: Node<'l>,
    ) -> Result<(u32, Node<'l>), (u32, Node<'l>, ReferenceFault)> {
        let (mut number, mut node) = (number, node);
        let mut last = (number, node);
        for _ in 0..CHAIN_MAX {
            let Some((reference, text)) = node.get("$ref").and_then(|text| Some((text, text.as_str()?)))
            else {
                return Ok((number, node));
            };
            last = (number, reference);
            (number, node) = self.resolve(number, text).map_err(|fault| (number, reference, fault))?;
        }
        Err((last.0, last.1, ReferenceFault::Circle))
    }

    fn file(&self, number: u32, file: &str) -> Result<u32, ReferenceFault> {
        match self.files.get(number as usize).and_then(|files| files.get(file)) {
            Some(found) => found.clone(),
            None => Err(ReferenceFault::Unreadable("it was not loaded".into())),
        }
    }
}

struct Loading<'a> {
    folder: &'a Path,
    limits: &'a LibraryLimits,
    loader: Loader<'a>,
    bytes_left: usize,
    /// Where each document is from.
    bases: Vec<Base>,
    documents: Vec<Document>,
    paths: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Loading<'_> {
    /// The document that `file`, standing in the document `number`, names; loaded unless it is already.
    fn file(&mut self, number: usize, file: &str) -> Result<u32, ReferenceFault> {
        let base = self.bases.get(number).ok_or(ReferenceFault::Malformed)?.join(file, &self.limits.hosts)?;
        if let Some(known) = self.bases.iter().position(|known| *known == base) {
            return u32::try_from(known).map_err(|_too_many| ReferenceFault::TooMuch);
        }
        let number = u32::try_from(self.documents.len()).map_err(|_too_many| ReferenceFault::TooMuch)?;
        if self.documents.len() >= self.limits.documents_max {
            return Err(ReferenceFault::TooMuch);
        }
        let (bytes, name, path) = base.with_location(self.folder, |location| {
            let path = match location {
                Location::File(path) => Some(path.to_owned()),
                Location::Url(_) => None,
            };
            ((self.loader)(location), location.to_string(), path)
        });
        // What could not be read is named too: once it is there, the reference leads somewhere.
        self.paths.extend(path);
        let bytes = bytes.map_err(|error| ReferenceFault::Unreadable(error.to_string().into()))?;
        self.bytes_left = self.bytes_left.checked_sub(bytes.len()).ok_or(ReferenceFault::TooMuch)?;
        let (document, problems) = Document::parse(&name, bytes, &self.limits.document);
        self.problems.extend(problems);
        self.documents.push(document);
        self.bases.push(base);
        Ok(number)
    }
}

/// File parts of all references of a document, each once.
fn files_named_in(document: &Document) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let mut left = vec![document.root()];
    while let Some(node) = left.pop() {
        for entry in node.entries() {
            match (entry.key, entry.value.as_str()) {
                ("$ref" | "$dynamicRef", Some(reference)) => add_file(&mut files, &mut seen, reference),
                ("discriminator", None) => {
                    let mapping = entry.value.get("mapping").into_iter().flat_map(Node::entries);
                    mapping.filter_map(|entry| entry.value.as_str()).for_each(|reference| {
                        // A bare word there is the name of a schema.
                        if reference.contains(['.', '/', '#']) {
                            add_file(&mut files, &mut seen, reference);
                        }
                    });
                    left.push(entry.value);
                }
                _ => left.push(entry.value),
            }
        }
        left.extend(node.items());
    }
    files
}

fn add_file(files: &mut Vec<String>, seen: &mut HashSet<String>, reference: &str) {
    let file = reference.split_once('#').map_or(reference, |(file, _)| file);
    if !file.is_empty() && seen.insert(file.to_owned()) {
        files.push(file.to_owned());
    }
}

/// The node with this `$anchor` (JSON Schema 2020-12).
fn anchored<'t>(root: Node<'t>, anchor: &str) -> Option<Node<'t>> {
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        let has = |key| node.get(key).and_then(Node::as_str) == Some(anchor);
        if has("$anchor") || has("$dynamicAnchor") {
            return Some(node);
        }
        left.extend(node.items());
        left.extend(node.entries().map(|entry| entry.value));
    }
    None
}

impl ReferenceFault {
    /// What the user can do about it, where that is not plain.
    pub fn help(&self) -> Option<String> {
        match self {
            ReferenceFault::Host(host) => Some(format!(
                "copy the document into the folder of the root document, or list `{host}` under `reference-hosts` of the api"
            )),
            ReferenceFault::Outside => Some("copy the file to or below that folder".to_owned()),
            _ => None,
        }
    }
}

impl fmt::Display for ReferenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReferenceFault::Malformed => f.write_str("is not a reference that can be followed"),
            ReferenceFault::Host(host) => write!(f, "is on `{host}`, from which nothing may be fetched"),
            ReferenceFault::Outside => f.write_str("is outside the folder of the root document"),
            ReferenceFault::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            ReferenceFault::TooMuch => f.write_str("is not loaded: too many or too large files"),
            ReferenceFault::NoSuchNode => f.write_str("leads to nothing in its document"),
            ReferenceFault::NoSuchAnchor => f.write_str("names an anchor that its document does not have"),
            ReferenceFault::Circle => f.write_str("leads around in a circle"),
        }
    }
}

impl std::error::Error for ReferenceFault {}

#[cfg(test)]
mod tests;
