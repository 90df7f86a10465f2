//! Which APIs there are, from what others wrote down about them: logs of servers and gateways.

mod civil;
mod columns;
mod distinct;
mod envelope;
mod json;
mod kind;
mod learn;
mod line;
pub mod logs;
mod openapi;
mod pattern;
mod read;
mod survey;
mod tally;

pub use envelope::unwrap;
pub use kind::Kind;
pub use learn::{LearnLimits, Learned, Learner, Lesson};
pub use line::{Credential, Credentials, Line};
pub use openapi::openapi;
pub use pattern::{Pattern, PatternFault};
pub use read::{FileReport, Progress, Read, Reading, Source, sources};
pub use survey::{Findings, Survey};
pub use tally::{Confidence, Observation, Place, Tally};
