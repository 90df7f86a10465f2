//! What can go wrong with the exchange log.

use std::io;
use std::path::{Path, PathBuf};

/// Why the log could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another process writes to the directory.
    #[error("the exchange log in `{}` is in use by another process", directory.display())]
    Busy {
        /// The log's directory.
        directory: PathBuf,
    },
    /// A setting is out of its bounds.
    #[error("{problem}")]
    Settings {
        /// Which one, and what it may be.
        problem: String,
    },
    /// The disk refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The record does not fit into the segment, and the next one is not ready: the disk is slower than the traffic.
    #[error("the exchange log is full: the next segment is not ready yet")]
    NotReady,
    /// The record does not fit into the segment, and there is no next one because the disk is full or failing.
    #[error("the exchange log cannot be written: {cause}")]
    Failing {
        /// The failure, as the background threads met it.
        cause: String,
    },
    /// The record is larger than [`super::RECORD_BYTES_MAX`]; a gateway that cuts its facts to bounds never makes one.
    #[error("an exchange record is larger than {} bytes", super::RECORD_BYTES_MAX)]
    TooLarge,
}

impl LogError {
    /// For `map_err` on the result of an operation on `path`.
    pub(super) fn io<'p>(
        action: &'static str,
        path: &'p Path,
    ) -> impl FnOnce(io::Error) -> LogError + use<'p> {
        move |source| LogError::Io { action, path: path.to_owned(), source }
    }
}
