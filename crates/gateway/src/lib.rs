//! The policy enforcement point: every request is normalised, routed, decided, forwarded and recorded here.

pub mod denial;
pub mod record;
mod respond;

pub use respond::{PROBLEM_TYPE, respond};
