//! Who tells of operations: a specification, a log, code, a gateway.

use serde::{Deserialize, Serialize};

use super::{Account, Exposure, Fact, Place, Subject, Word};
use crate::Timestamp;

/// Names a source within its inventory.
pub type SourceId = u64;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A specification.
    Spec,
    /// Logs of servers.
    Log,
    /// Recorded traffic.
    Traffic,
    /// The gateway's own log.
    Gateway,
    /// Source code.
    Code,
    /// The config of another gateway.
    Config,
}

impl Word for SourceKind {
    const WORDS: &'static [(SourceKind, &'static str)] = &[
        (SourceKind::Spec, "spec"),
        (SourceKind::Log, "log"),
        (SourceKind::Traffic, "traffic"),
        (SourceKind::Gateway, "gateway"),
        (SourceKind::Code, "code"),
        (SourceKind::Config, "config"),
    ];
}

impl SourceKind {
    /// Whether what it told before still holds when it tells more: of requests it does, of a file that was changed it does not.
    pub fn is_additive(self) -> bool {
        matches!(self, SourceKind::Log | SourceKind::Traffic | SourceKind::Gateway)
    }
}

/// What one run took in from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
    /// What it is called: the file, or what the user named.
    pub name: String,
    /// When it was taken in, or last added to.
    pub taken_at: Timestamp,
    /// Whether it was taken back.
    pub is_withdrawn: bool,
    /// What else it tells.
    pub told: Told,
}

/// What a source tells beside its operations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The files that it was read from, so that none is counted twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileMark>,
    /// The API that it declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<DeclaredApi>,
    /// What it proposes to know of that API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// What it lets through, in the order in which that is tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<Exposure>,
    /// Up to when it was read, for what goes on to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMark {
    /// What it was called.
    pub name: String,
    /// How many bytes were read, unpacked.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub digest: String,
}

/// An API as its document declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredApi {
    /// Its name.
    pub name: String,
    /// Hosts that it is served at, in lower case.
    pub hosts: Vec<String>,
    /// Paths that it is served under, without a slash at the end.
    pub base_paths: Vec<String>,
}

/// What a source proposes to know, until a person confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What.
    pub fact: Fact,
    /// Where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What is taken in at once: a source and what it tells, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the source is.
    pub kind: SourceKind,
    /// What it is called.
    pub name: String,
    /// What it tells beside its operations.
    pub told: Told,
    /// What it tells of each.
    pub accounts: Vec<(Subject, Option<Place>, Account)>,
}
