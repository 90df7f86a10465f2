//! From what was told to what is known: edits of the inventory, the catalog that follows from it, its gaps and its risk.

mod catalog;
mod edit;
mod merge;
mod report;
#[cfg(test)]
mod tests;
mod undo;

pub use catalog::catalog;
pub(crate) use catalog::{shape, takes_path};
pub use edit::{Refusal, Stamp, confirm, set, take_in};
pub use report::{Observed, declared, observed};
pub use undo::undo;
