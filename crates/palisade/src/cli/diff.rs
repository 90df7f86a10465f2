//! What `palisade diff` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::FailOn;
use crate::output::findings::FindingsFormat;

/// `palisade diff`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade diff git:main:openapi.yaml openapi.yaml
  palisade diff --base origin/main apis/ --format github
  palisade diff v1.yaml v2.yaml --matter security --fail-on warning
  palisade diff old.json new.yaml --format sarif > diff.sarif
  palisade diff --explain opened-operation

Documents are compared by what they mean: references followed, schemas composed, `security` inherited, paths
without the names of their parameters, 2.0 as 3.x. What the new version has no more is shown in the old one.
`# palisade-allow: CHANGE until 2027-01-31, reason` in the new version allows a change at or below its place.
Ends with 2 where a document cannot be read or compared, else with 1 where a finding that the baseline does
not know is at or above --fail-on.")]
pub(crate) struct Diff {
    /// The old version and the new one: OpenAPI documents (2.0 to 3.2, JSON or YAML), `git:REVISION:FILE`, or `-` for standard
    /// input. With --base, documents, folders and patterns to compare with what they were
    #[arg(value_name = "OLD NEW|SPEC", required_unless_present_any = ["list", "explain"])]
    pub(crate) versions: Vec<String>,
    /// Compare each SPEC with what it was at this revision of git; one that is new is passed over
    #[arg(long, value_name = "REVISION")]
    pub(crate) base: Option<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: FindingsFormat,
    /// End with 1 if a finding is at least this severe, in place of what the config says (error)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// The config, for its section `review`: kinds that are off, severities. Without it, `palisade.yaml` of this folder, else
    /// of that of NEW
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look for what harms security alone, or callers alone
    #[arg(long, value_enum, value_name = "MATTER")]
    pub(crate) matter: Option<Matter>,
    /// Look for this kind of change alone; may be repeated
    #[arg(long = "rule", value_name = "CHANGE", conflicts_with = "matter")]
    pub(crate) rules: Vec<String>,
    /// Do not look for this kind of change; may be repeated
    #[arg(long, value_name = "CHANGE")]
    pub(crate) skip: Vec<String>,
    /// Findings that are known: they are counted, and neither shown nor failed on
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to the baseline in place of showing it
    #[arg(long)]
    pub(crate) update_baseline: bool,
    /// As text, draw every place of every kind, and not the first few alone
    #[arg(long)]
    pub(crate) all: bool,
    /// Print every kind of change in one line each
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    /// Print the page of a kind of change
    #[arg(long, value_name = "CHANGE", exclusive = true)]
    pub(crate) explain: Option<String>,
}

/// Whom a change harms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Matter {
    /// Whoever runs the API, or is in it.
    Security,
    /// Whoever calls it.
    Breaking,
}
