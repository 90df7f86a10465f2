//! The policy enforcement point: every request is normalised, routed, decided, forwarded and recorded here.

mod build;
pub mod config;
pub mod denial;
mod feeds;
pub mod limiter;
pub mod normalize;
mod pipeline;
pub mod policies;
mod policy;

pub use build::{Build, Setting};
pub use feeds::Feeds;
pub use pipeline::{Admitted, Judged, Pending, Pipeline, Said, Step, Trace};
pub use policy::{Body, Caller, Context, Kind, Permit, Policy, Stage, WorkerState};
