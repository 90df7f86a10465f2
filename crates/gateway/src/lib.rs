//! The gateway: what stands between a caller and an API, from the first byte of a request to the last of its answer.

pub mod denial;
pub mod normalize;
pub mod wire;
