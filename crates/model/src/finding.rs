//! What a rule, a check or a detector says of an API.

use serde::{Serialize, Serializer};

use crate::{OperationKey, Position, Severity};

/// One finding: what is wrong, how much it matters, where, who says so, and what to do.
///
/// The message is lowercase without a full stop, input in backticks; neither it nor the evidence holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What found it, by an id that reads after "allow".
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, naming the thing.
    pub message: String,
    /// The control of the catalogue that is missing or weak.
    pub control: &'static str,
    /// Rows of the OWASP API Security Top 10.
    pub owasp: &'static [&'static str],
    /// Entries of the Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    /// Recommendations of NIST SP 800-228.
    pub nist: &'static [&'static str],
    /// Where.
    #[serde(flatten)]
    pub position: Position,
    /// The operation that it is about; absent where it is about the API, or about what several operations share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey<'static>>,
    /// What it stands on, by name.
    #[serde(serialize_with = "as_map")]
    pub evidence: Vec<(&'static str, String)>,
    /// The same for the same finding in another version of the document, wherever its lines have moved.
    pub fingerprint: String,
    /// What to do.
    pub fix: &'static str,
}

/// A list, since most findings have one piece of evidence, and there may be tens of thousands of them.
fn as_map<S: Serializer>(evidence: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(evidence.iter().map(|(name, value)| (name, value)))
}
