//! The nouns that every other crate shares: no IO, no async, no document format.

mod control;
mod exchange;
mod finding;
pub mod inventory;
pub mod limit;
mod operation;
mod principal;
mod problem;
mod secret;
mod time;

pub use control::{CONTROLS, Control, control};
pub use exchange::{
    Client, Completion, ControlOutcome, Denied, Exchange, ExchangeId, Leak, Mode, Outcome, Record,
    RequestFacts, ResponseFacts, SCHEMA_VERSION, Timing, Verdict,
};
pub use finding::Finding;
pub use operation::OperationKey;
pub use principal::{Principal, PrincipalKind};
pub use problem::{Position, Problem, Severity};
pub use secret::{Redacted, Secret};
pub use time::Timestamp;
