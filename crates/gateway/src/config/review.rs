//! How specifications are reviewed. The gateway reads it with the rest and does not look at it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// How `palisade review` and `palisade diff` judge. What is said on the command line stands in its place.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Review {
    /// The least severity that fails: they end with 1. Default: `error`.
    pub fail_on: Option<Threshold>,
    /// Findings of `review` that are known, as `--update-baseline` writes them.
    pub baseline: Option<PathBuf>,
    /// Findings of `diff` that are known, in another file than those of `review`.
    pub diff_baseline: Option<PathBuf>,
    /// Severities of rules and of kinds of changes, by id, in place of their own; `off` takes one out.
    pub rules: BTreeMap<String, Level>,
    /// Other severities for some files. Of several that match, the last that names a rule holds.
    pub files: Vec<FileRules>,
}

/// Severities for some files.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileRules {
    /// A pattern of files as they are named on the command line, with `*`, `**` and `?`: `apis/internal/**`.
    #[serde(rename = "match")]
    pub pattern: String,
    /// Severities of rules and of kinds of changes, by id.
    pub rules: BTreeMap<String, Level>,
}

/// How much the findings of a rule matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It has none.
    Off,
    /// Worth knowing.
    Note,
    /// Wrong for most.
    Warning,
    /// Wrong whatever the API is for.
    Error,
}

/// The least severity that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Threshold {
    /// Everything.
    Note,
    /// Warnings and errors.
    Warning,
    /// Errors alone.
    Error,
}
