//! Which APIs there are, from what others wrote down about them: logs of servers and gateways.

mod civil;
mod columns;
mod envelope;
mod json;
mod line;
pub mod logs;
mod pattern;

pub use envelope::unwrap;
pub use line::{Credential, Credentials, Line};
pub use pattern::{Pattern, PatternFault};
