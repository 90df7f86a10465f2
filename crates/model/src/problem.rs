//! What is wrong with a document or a config, and where.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// How much a [`Problem`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Note,
    /// A part of the document is not understood and so not used.
    Warning,
    /// The document cannot be used as it is.
    Error,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Position {
    /// The file as the user named it.
    pub file: Arc<str>,
    /// Byte offsets of the place, half open.
    #[serde(skip)]
    pub span: (usize, usize),
    /// One-based line.
    pub line: usize,
    /// One-based column, in Unicode scalar values.
    pub column: usize,
    /// JSON pointer (RFC 6901) of the node.
    pub pointer: String,
}

/// One thing that is wrong: what, where, why, and what to do about it.
///
/// The message is lowercase without a full stop, input in backticks; it never holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong and why.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where; absent for what has no place in a file (a missing file, a command-line argument).
    #[serde(flatten)]
    pub position: Option<Position>,
}

impl Problem {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Error, message: message.into(), help: None, position: None }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(message) }
    }

    /// The same problem, at `position`.
    #[must_use]
    pub fn at(mut self, position: Position) -> Problem {
        self.position = Some(position);
        self
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = &self.position {
            write!(f, "{}:{}:{}: ", position.file, position.line, position.column)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}
