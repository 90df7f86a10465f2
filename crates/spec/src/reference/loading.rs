//! Loads the documents that references name, one after the other, within limits.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use model::Problem;

use super::location::{Base, Location};
use super::resource::{Resource, innermost, joined};
use super::{LibraryLimits, Loader, META_SCHEMAS, ReferenceFault};
use crate::document::Document;
use crate::tree::Node;

/// What was loaded so far, and what may still be.
pub(super) struct Loading<'a> {
    pub(super) folder: &'a Path,
    pub(super) limits: &'a LibraryLimits,
    pub(super) loader: Loader<'a>,
    pub(super) bytes_left: usize,
    /// Where each document is from.
    pub(super) bases: Vec<Base>,
    pub(super) documents: Vec<Document>,
    pub(super) paths: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
}

impl Loading<'_> {
    /// The document that `file`, standing in the document `number`, names; loaded unless it is already.
    ///
    /// In a resource with an `$id` of its own it is read against that, the `address`, where that host is allowed, and
    /// else against where the document itself is from: many an `$id` is a name and no place.
    pub(super) fn file(
        &mut self,
        number: usize,
        address: &str,
        has_id: bool,
        file: &str,
    ) -> Result<u32, ReferenceFault> {
        if is_meta_schema(file) {
            return Err(ReferenceFault::MetaSchema);
        }
        let own = self.bases.get(number).ok_or(ReferenceFault::Malformed)?;
        let hosts = &self.limits.hosts;
        let by_id = (has_id || own.address() != address).then(|| own.join(&joined(address, file), hosts));
        let base = match by_id {
            Some(Ok(base)) => base,
            Some(Err(_)) | None => own.join(file, hosts)?,
        };
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

/// Whether the root document is of OpenAPI 3.1 or later, whose schemas are JSON Schema 2020-12.
pub(super) fn is_modern(root: Option<&Document>) -> bool {
    let version = root.and_then(|root| root.root().get("openapi")?.scalar());
    version.is_some_and(|version| !version.starts_with("3.0"))
}

/// Whether it is one of the schemas that describe JSON Schema 2020-12 itself.
pub(super) fn is_meta_schema(reference: &str) -> bool {
    reference.starts_with(META_SCHEMAS)
}

/// File parts of all references of a document, each once, with the resource that they are in.
pub(super) fn files_named_in(document: &Document, own: &[Resource]) -> Vec<(usize, String)> {
    let mut files = Files { own, found: Vec::new(), seen: HashSet::new() };
    let mut left = vec![document.root()];
    while let Some(node) = left.pop() {
        for entry in node.entries() {
            match (entry.key, entry.value.as_str()) {
                ("$ref" | "$dynamicRef" | "$schema", Some(reference)) => files.add(entry.value, reference),
                ("discriminator", None) => {
                    let mapping = entry.value.get("mapping").into_iter().flat_map(Node::entries);
                    for target in mapping.map(|entry| entry.value) {
                        // A bare word there is the name of a schema.
                        let reference = target.as_str().filter(|text| text.contains(['.', '/', '#']));
                        reference.into_iter().for_each(|reference| files.add(target, reference));
                    }
                    left.push(entry.value);
                }
                _ => left.push(entry.value),
            }
        }
        left.extend(node.items());
    }
    files.found
}

struct Files<'d> {
    own: &'d [Resource],
    found: Vec<(usize, String)>,
    seen: HashSet<(usize, String)>,
}

impl Files<'_> {
    /// Adds what `reference`, standing at `node`, names.
    fn add(&mut self, node: Node<'_>, reference: &str) {
        let file = reference.split_once('#').map_or(reference, |(file, _)| file);
        if !file.is_empty() && !is_meta_schema(file) {
            let named = (innermost(self.own, node.index()), file.to_owned());
            if self.seen.insert(named.clone()) {
                self.found.push(named);
            }
        }
    }
}
