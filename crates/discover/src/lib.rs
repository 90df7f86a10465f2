//! Which APIs there are, from what others wrote down about them: logs of servers and gateways, and recorded traffic.

mod capture;
mod civil;
mod columns;
mod credential;
mod distinct;
mod elements;
mod envelope;
mod host;
pub mod inventory;
mod json;
mod keys;
mod kind;
mod learn;
mod line;
pub mod logs;
mod markup;
mod message;
mod openapi;
mod pattern;
mod read;
pub mod shape;
mod survey;
mod tally;
pub mod traffic;

pub use credential::{Credential, Credentials};
pub use envelope::unwrap;
pub use host::{Evidence, Host, HostTally};
pub use keys::KeyLog;
pub use kind::Kind;
pub use learn::{LearnLimits, Learned, Learner, Lesson};
pub use line::Line;
pub use openapi::openapi;
pub use pattern::{Pattern, PatternFault};
pub use read::{FileReport, Marks, Progress, Read, Reading, Source, Written, marks, sources};
pub use survey::{Findings, Survey};
pub use tally::{Confidence, Observation, Place, Position, Tally};
