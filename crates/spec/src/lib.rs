//! API documents: from text to nodes with positions, and from there to a compiled contract.

mod document;
mod json;
mod tree;
mod yaml;

pub use document::{Document, Limits};
pub use json::{Json, JsonError, JsonErrorKind, JsonLimits, NameBuffer, SpannedJson, parse as parse_json};
pub use tree::{Entries, Entry, Items, Kind, Node, Tree};
