//! What the user writes of certificates: those asked of clients.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// What is asked of clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clients {
    /// PEM file of the authorities that vouch for clients.
    pub ca: PathBuf,
    /// Whether a client without a certificate gets a connection.
    #[serde(default)]
    pub mode: AskClients,
    /// Files of revocation lists, PEM or DER. Where there is any, each authority of a client's chain must have one that
    /// has not expired; loaded again when they change, and held against open connections too.
    #[serde(default)]
    pub crls: Vec<PathBuf>,
}

/// Whether clients must show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AskClients {
    /// The handshake fails without one.
    #[default]
    Required,
    /// Operations that need one refuse whoever has none; others do not ask.
    Optional,
}
