//! The exchange log: one framed, checksummed record a request, standing where `kill -9` cannot take it.
//!
//! Each worker thread writes a segment file of its own through a shared mapping, so that an append takes no lock and
//! makes no system call. Two background threads do what needs the disk: one has the next segment of every worker ready
//! before it is wanted, the other syncs what was written, seals full segments and deletes old ones. A reader merges
//! the segments of all workers in time order, while they are written or after their writer died.

mod chain;
mod encode;
mod error;
mod frame;
mod header;
mod keeper;
mod log;
mod mapping;
mod reader;
mod repair;
mod segment;
mod settings;
mod station;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub use error::LogError;
pub use frame::RECORD_BYTES_MAX;
pub use log::{Health, Log, Opened};
pub use reader::{Entry, Reader};
pub use repair::{Inspection, Repair, inspect};
pub use settings::Settings;
pub use writer::Writer;
