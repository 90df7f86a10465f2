//! Which APIs there are, from what others wrote down about them: logs, recorded traffic, source code and configs of gateways.

mod body;
mod capture;
mod civil;
pub mod code;
mod columns;
pub mod config;
mod credential;
mod distinct;
mod elements;
mod envelope;
mod files;
pub mod gaps;
mod host;
mod host_name;
mod inflection;
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
mod overlay;
pub mod owners;
mod pattern;
mod read;
pub mod secrets;
pub mod shape;
mod survey;
mod tally;
pub mod traffic;

pub use body::Body;
pub use credential::{Credential, Credentials};
pub use envelope::unwrap;
pub use host::{Evidence, Host, HostTally};
pub use keys::KeyLog;
pub use kind::Kind;
pub use learn::{LearnLimits, Learned, Learner, Lesson};
pub use line::Line;
pub use openapi::{ANY, METHODS, kind_schema, openapi, server};
pub use overlay::{Addition, Additions, additions};
pub use pattern::{Pattern, PatternFault};
pub use read::{
    FileReport, Follower, Gathered, Listener, Looked, Marks, Progress, Read, Reading, Source, Written, marks,
    read_stream, sources,
};
pub use survey::{Findings, Survey};
pub use tally::{Confidence, Observation, Place, Position, TalliedBodies, Tally};
