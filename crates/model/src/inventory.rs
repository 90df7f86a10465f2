//! The inventory: what every source told of every API, what people said of it, and what follows from both.
//!
//! Kept is what was told ([`Inventory`]): nothing that was told changes what another source told. What follows ([`Catalog`])
//! is worked out from it again and again, so that a source can be taken back, and one that comes late counts as if it had come
//! first.

mod catalog;
mod event;
mod exposure;
mod fact;
mod kept;
mod schema;
mod sighting;
mod source;
#[cfg(test)]
mod tests;
mod word;

pub use catalog::{Api, Catalog, Exposed, Known, Operation, Status};
pub use event::{Change, Edit, Event, What};
pub use exposure::{Exposure, Guard, Paths};
pub use fact::{Authentication, DataClass, Fact, FactFault, Field, Lifecycle, Text, Visibility};
pub use kept::Inventory;
pub use schema::BodySchema;
pub use sighting::{
    Account, At, Body, BodyField, Calls, Confidence, Declaration, Parameter, ParameterPlace, Place, Route,
    Side, Sighting, Subject, Whose, is_parameter_name,
};
pub use source::{DeclaredApi, FileMark, Proposal, Report, Source, SourceId, SourceKind, Told};
pub use word::Word;
