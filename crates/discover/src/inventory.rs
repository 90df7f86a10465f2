//! From what was told to what is known: edits of the inventory, the catalog that follows from it, its gaps and its risk.

mod catalog;
mod edit;
mod exchanges;
mod exposed;
mod merge;
mod messages;
mod report;
mod served;
mod services;
#[cfg(test)]
mod tests;
mod undo;

pub(crate) use catalog::takes_path;
pub use catalog::{catalog, shape};
pub use edit::{Refusal, Stamp, confirm, go_on, set, take_in};
pub use exchanges::Exchanges;
pub(crate) use exposed::is_regular;
pub use messages::declared_messages;
pub use report::{Observed, declared, declared_operations, observed};
pub use served::served;
pub use services::declared_services;
pub use undo::undo;
