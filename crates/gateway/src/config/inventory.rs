//! Where the gateway tells what it sees. It reads it with the rest and does not look at it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SecretSource, Span};

/// An inventory of APIs that is told which operations are called, by whom, and how they are answered.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inventory {
    /// Where it is.
    pub store: InventoryStore,
    /// How often it is told. Default: `60s`.
    #[serde(default = "default_interval")]
    pub interval: Span,
}

/// Where an inventory is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InventoryStore {
    /// A file of SQLite, which is made where it is not there.
    File(PathBuf),
    /// A database of PostgreSQL: where its URL is, since there may be a password in it.
    Postgres(SecretSource),
}

fn default_interval() -> Span {
    Span::secs(60)
}
