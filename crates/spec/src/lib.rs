//! API documents: from text to nodes with positions, and from there to a compiled contract.

pub mod contract;
mod document;
mod json;
pub mod multipart;
pub mod query;
pub mod router;
mod tree;
mod yaml;

pub use document::{Document, Limits};
pub use json::{Json, JsonError, JsonErrorKind, JsonLimits, NameBuffer, SpannedJson, parse as parse_json};
pub use tree::{Entries, Entry, Items, Kind, Node, Tree};
