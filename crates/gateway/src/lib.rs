//! The policy enforcement point: every request is normalised, routed, decided, forwarded and recorded here.

mod access;
mod blocks;
mod build;
mod cedar;
mod compile;
pub mod config;
mod content;
pub mod decisions;
pub mod denial;
pub mod destination;
mod engine;
pub mod explain;
mod feeds;
mod geography;
pub mod graphql;
mod grpc;
pub mod limiter;
mod metrics;
mod minted;
mod network;
pub mod normalize;
mod pipeline;
mod place;
pub mod policies;
mod policy;
mod preflight;
pub mod progress;
mod query_names;
pub mod record;
mod redaction;
mod resolution;
mod respond;
pub mod sieve;
mod snapshot;
mod third_party;
mod websocket;
pub mod wire;

pub use blocks::{Block, BlockEntry, BlockFeed, Blocked, Blocks};
pub use build::{Build, Setting};
pub use cedar::cedar_schema;
pub use compile::{Compiled, Ingredients, compile, read_config};
pub use content::Coding;
pub use engine::{
    Backends, Engine, Inherited, ListenerTls, Listening, Origin, StartError, TlsError, answer_head,
};
pub use feeds::Feeds;
pub use geography::{AutonomousSystems, Country, Geography};
pub use metrics::{Callers, DecisionCounters, Metrics, OperationCounters};
pub use network::Network;
pub use pipeline::{Admitted, Judged, Passing, Pending, Pipeline, Resolving, Said, Step, Trace, Waiting};
pub use policy::{
    Answer, AnswerField, Authorization, Body, Caller, Context, Hold, Judgement, Kind, Permit, Policy, Stage,
    WorkerState,
};
pub use query_names::QueryNames;
pub use resolution::{NamedHost, Resolved, Unresolved};
pub use respond::{PROBLEM_TYPE, respond};
pub use snapshot::{ApiPlan, Deciding, Found, ListenerKey, ListenerPlan, Plan, Snapshot};
pub use third_party::{Side, ThirdParty};
