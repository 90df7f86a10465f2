//! API documents: from text to nodes with positions, and from there to a compiled contract.

mod contract;
mod declared;
mod deserialize;
mod disk;
mod document;
mod edit;
mod form;
mod json;
mod multipart;
mod overlay;
mod parameter;
mod query;
mod reference;
mod router;
mod schema;
mod source;
mod tree;
mod yaml;

pub use contract::{
    Accepted, AnswerCheck, BodyKind, BodyLimits, Content, Contract, Flow, Format, KeyLocation, MediaRange,
    MediaType, NodeRef, Operation, OperationIndex, RequestBody, Requirement, Response, ResponseContent,
    ResponseHeader, SchemeKind, Security, SecurityScheme, Server, StatusRange, compile, compile_answers,
};
pub use declared::{BodyFields, Declared, Member, Schemas, body_fields};
pub use deserialize::{deserialize, deserialize_partly, nearest};
pub use disk::read_below;
pub use document::{Document, Limits};
pub use edit::{Change, Edit, OverlayAction, Patch, Uneditable, is_own_text, overlay_text, patched, patches};
pub use json::{
    Json, JsonError, JsonErrorKind, JsonLimits, JsonStream, NameBuffer, Piece, SpannedJson,
    parse as parse_json,
};
pub use multipart::{MultipartFault, MultipartLimits, Part, parse as parse_multipart};
pub use overlay::overlay;
pub use parameter::{Field, Parameter, ParameterLocation, RequestView, Style, ValueType};
pub use query::{PAIRS_MAX, Pair, Query, QueryFault, decoded, decoded_form};
pub use reference::{Library, LibraryLimits, Loader, Location, ReferenceFault};
pub use router::{Match, Refusal, Route, Router, Template, TemplateFault};
pub use schema::{Place, Validator, Violation};
pub use source::Spot;
pub use tree::{Entries, Entry, Items, Kind, Node, Tree};
