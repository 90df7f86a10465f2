//! The schemas of a contract: compiled once, all together, to JSON Schema 2020-12.

mod definitions;
mod format;
mod instance;
mod pattern;
mod rewrite;
mod scope;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
mod violation;

use std::sync::{Arc, OnceLock};

pub(crate) use definitions::{Definitions, Dialect, Direction};
pub(crate) use instance::Instance;
use instance::{InstanceJson, Slot};
pub use violation::{Place, Violation};

use crate::tree::Node;

/// Checks values against one schema; a cheap handle on what all schemas of a contract share.
#[derive(Debug, Clone)]
pub struct Validator(Check);

#[derive(Debug, Clone)]
enum Check {
    Anything,
    Slot { compiled: Arc<Compiled>, name: Box<str> },
}

/// All schemas of a contract. Until they are compiled, and if they cannot be, nothing is valid.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    table: OnceLock<jsonschema::Validator<InstanceJson>>,
}

impl Validator {
    /// A validator that accepts every value.
    pub(crate) const ANYTHING: Validator = Validator(Check::Anything);

    /// Whether it accepts every value.
    pub fn accepts_anything(&self) -> bool {
        matches!(self.0, Check::Anything)
    }

    /// Checks parsed JSON.
    ///
    /// # Errors
    /// The first violation, in the order of the schema.
    pub fn check(&self, node: Node<'_>) -> Result<(), Violation> {
        self.check_instance(Instance::Node(node))
    }

    pub(crate) fn check_instance(&self, instance: Instance<'_>) -> Result<(), Violation> {
        let Check::Slot { compiled, name } = &self.0 else { return Ok(()) };
        let Some(table) = compiled.table.get() else {
            return Err(Violation::new(
                Place::Body,
                "schema",
                "cannot be checked, for its schema did not compile",
            ));
        };
        let slot = Slot { name, instance };
        if table.is_valid(Instance::Slot(&slot)) {
            return Ok(());
        }
        match table.validate(Instance::Slot(&slot)) {
            Ok(()) => Err(Violation::new(Place::Body, "schema", "must be valid")),
            Err(error) => Err(Violation::from_error(&error, instance)),
        }
    }

    pub(crate) fn is_valid(&self, instance: Instance<'_>) -> bool {
        let Check::Slot { compiled, name } = &self.0 else { return true };
        let slot = Slot { name, instance };
        compiled.table.get().is_some_and(|table| table.is_valid(Instance::Slot(&slot)))
    }
}
