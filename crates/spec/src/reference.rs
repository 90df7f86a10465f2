//! A document and the files it refers to, and where each `$ref` leads.

mod loading;
mod location;
mod resource;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use model::Problem;

use crate::document::{Document, Limits};
use crate::source::Spot;
use crate::tree::Node;

use loading::{Loading, files_named_in, is_meta_schema, is_modern};
use location::Base;
pub use location::Location;
use resource::{Resource, innermost, joined, resources};

/// References that lead to references, one after the other, before it is called a circle.
const CHAIN_MAX: usize = 64;

/// The beginning of the addresses of the schemas that describe JSON Schema 2020-12.
pub(crate) const META_SCHEMAS: &str = "https://json-schema.org/draft/2020-12/";

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
#[derive(Debug, Clone, Default)]
pub struct Library {
    documents: Vec<Document>,
    paths: Vec<PathBuf>,
    /// The schema resources of each document.
    resources: Vec<Vec<Resource>>,
    /// Document and node by the absolute URI of a resource.
    addresses: HashMap<String, (u32, u32)>,
    /// For each document, and resource and file part of a reference in it: the document it names, or why there is none.
    files: Vec<HashMap<(usize, String), Result<u32, ReferenceFault>>>,
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
    /// It is a meta-schema of JSON Schema, which needs no document.
    MetaSchema,
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
        let is_modern = is_modern(loading.documents.first());
        let mut library = Library::default();
        while let Some(document) = loading.documents.get(library.files.len()) {
            let number = library.files.len();
            let address = loading.bases.get(number).map(Base::address).unwrap_or_default();
            let own = resources(document, &address, is_modern);
            let names = files_named_in(document, &own);
            library.register(number, address, own);
            let mut files = HashMap::new();
            for (resource, name) in names {
                let base = library.address_of(number, resource);
                if !library.addresses.contains_key(&joined(base, &name)) {
                    let loaded = loading.file(number, base, resource > 0, &name);
                    files.insert((resource, name), loaded);
                }
            }
            library.files.push(files);
        }
        let Loading { documents, paths, problems, .. } = loading;
        (Library { documents, paths, ..library }, problems)
    }

    /// Puts the resources of a document in place; of two with one address the first is meant.
    fn register(&mut self, number: usize, address: String, own: Vec<Resource>) {
        let Ok(document) = u32::try_from(number) else { return };
        self.addresses.entry(address).or_insert((document, 0));
        for resource in &own {
            self.addresses.entry(resource.address.clone()).or_insert((document, resource.node));
        }
        self.resources.push(own);
    }

    fn address_of(&self, number: usize, resource: usize) -> &str {
        let found = self.resources.get(number).and_then(|own| own.get(resource));
        found.map_or("", |found| &found.address)
    }

    /// A library of one document; references to other files lead nowhere.
    pub fn of(root: Document) -> Library {
        let refused = |_: Location<'_>| Err(io::ErrorKind::Unsupported.into());
        Library::load(root, &LibraryLimits { documents_max: 1, ..LibraryLimits::default() }, &refused).0
    }

    /// The root of the root document.
    pub fn root(&self) -> Option<Spot<'_>> {
        self.document(0).map(|document| Spot { document: 0, node: document.root() })
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

    /// Where `reference`, standing in the document `number` at the node with `index`, leads: to a node of a document.
    ///
    /// # Errors
    /// Why it leads nowhere.
    pub fn resolve(
        &self,
        number: u32,
        index: u32,
        reference: &str,
    ) -> Result<(u32, Node<'_>), ReferenceFault> {
        if is_meta_schema(reference) {
            return Err(ReferenceFault::MetaSchema);
        }
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let (number, start) = self.resource(number, index, file)?;
        let document = self.document(number).ok_or(ReferenceFault::Malformed)?;
        let fragment = location::decoded(fragment).ok_or(ReferenceFault::Malformed)?;
        let start = document.node(start);
        let node = if fragment.is_empty() || fragment.starts_with('/') {
            // Many give schemas an `$id` and go on writing references as if they were not resources of their own.
            let found = start.pointer(&fragment).or_else(|| document.root().pointer(&fragment));
            found.ok_or(ReferenceFault::NoSuchNode)
        } else {
            let found = self.anchored(number, start, &fragment, &["$anchor", "$dynamicAnchor"]);
            found.ok_or(ReferenceFault::NoSuchAnchor)
        };
        node.map(|node| (number, node))
    }

    /// The resource that `file`, the part of a reference before `#`, names: its document and node.
    fn resource(&self, number: u32, index: u32, file: &str) -> Result<(u32, u32), ReferenceFault> {
        let own = self.resources.get(number as usize).map_or(&[][..], Vec::as_slice);
        let around = innermost(own, index);
        if file.is_empty() {
            return Ok((number, own.get(around).map_or(0, |resource| resource.node)));
        }
        if let Some(found) = self.addresses.get(&joined(self.address_of(number as usize, around), file)) {
            return Ok(*found);
        }
        let files = self.files.get(number as usize);
        match files.and_then(|files| files.get(&(around, file.to_owned()))) {
            Some(found) => found.clone().map(|number| (number, 0)),
            None => Err(ReferenceFault::Unreadable("it was not loaded".into())),
        }
    }

    /// The node of the resource that the node with `index` is in.
    pub(crate) fn resource_of(&self, number: u32, index: u32) -> u32 {
        let own = self.resources.get(number as usize).map_or(&[][..], Vec::as_slice);
        own.get(innermost(own, index)).map_or(0, |resource| resource.node)
    }

    /// The node of the resource beginning at `start` that one of `keys` calls `anchor`.
    fn anchored<'l>(&'l self, number: u32, start: Node<'l>, anchor: &str, keys: &[&str]) -> Option<Node<'l>> {
        let has =
            |node: Node<'_>| keys.iter().any(|key| node.get(key).and_then(Node::as_str) == Some(anchor));
        self.nodes_of(number, start).into_iter().find(|node| has(*node))
    }

    /// The dynamic anchors of the resource beginning at the node `start`, and their nodes.
    pub(crate) fn dynamic_anchors(&self, number: u32, start: u32) -> Vec<(&str, u32)> {
        let Some(document) = self.document(number) else { return Vec::new() };
        let nodes = self.nodes_of(number, document.node(start)).into_iter();
        nodes.filter_map(|node| Some((node.get("$dynamicAnchor")?.as_str()?, node.index()))).collect()
    }

    /// Every object of a resource, those of resources within it left out.
    fn nodes_of<'l>(&'l self, number: u32, start: Node<'l>) -> Vec<Node<'l>> {
        let own = self.resources.get(number as usize).map_or(&[][..], Vec::as_slice);
        let is_other = |node: Node<'_>| {
            node.index() != start.index()
                && own.binary_search_by_key(&node.index(), |resource| resource.node).is_ok()
        };
        let mut found = Vec::new();
        let mut left = vec![start];
        while let Some(node) = left.pop() {
            if node.is_object() {
                found.push(node);
            }
            left.extend(node.items().filter(|node| !is_other(*node)));
            left.extend(node.entries().map(|entry| entry.value).filter(|node| !is_other(*node)));
        }
        found.sort_by_key(|node| node.index());
        found
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
            (number, node) =
                self.resolve(number, reference.index(), text).map_err(|fault| (number, reference, fault))?;
        }
        Err((last.0, last.1, ReferenceFault::Circle))
    }
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
            ReferenceFault::MetaSchema => f.write_str("is a meta-schema, and only a schema may refer to it"),
            ReferenceFault::NoSuchNode => f.write_str("leads to nothing in its document"),
            ReferenceFault::NoSuchAnchor => f.write_str("names an anchor that its document does not have"),
            ReferenceFault::Circle => f.write_str("leads around in a circle"),
        }
    }
}

impl std::error::Error for ReferenceFault {}

#[cfg(test)]
mod tests;
