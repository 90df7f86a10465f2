//! API documents: from text to a contract that requests are checked against.

pub mod contract;
pub mod multipart;
pub mod query;
pub mod router;
