//! The Cedar policies of an API.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Policies of an API in the Cedar language. `palisade cedar-schema` prints what they can speak of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cedar {
    /// Files of policies, which all hold together, relative to this file. Loaded again when one changes.
    pub policies: Vec<PathBuf>,
    /// Claims of tokens that policies may read, as in `principal.claims.tenant`, each with its type.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimType>,
}

/// What a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Texts, of which one may stand alone.
    Strings,
}
