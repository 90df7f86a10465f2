//! API documents: from text to nodes with positions, and from there to a compiled contract.

pub mod contract;
mod deserialize;
mod disk;
mod document;
mod json;
pub mod multipart;
pub mod query;
mod reference;
pub mod router;
mod tree;
mod yaml;

pub use deserialize::deserialize;
pub use disk::read_below;
pub use document::{Document, Limits};
pub use json::{Json, JsonError, JsonErrorKind, JsonLimits, NameBuffer, SpannedJson, parse as parse_json};
pub use reference::{Library, LibraryLimits, Loader, Location, ReferenceFault};
pub use tree::{Entries, Entry, Items, Kind, Node, Tree};
