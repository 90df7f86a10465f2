//! What the user writes of third parties, whose APIs are called through the gateway.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretSource;

/// An API of a third party, which applications call through listeners with `egress` and never through others. What its
/// document says of `security` is between it and the gateway: who may call is said by the control `egress`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Egress {
    /// What the third party is shown, whoever calls. Absent: nothing. What applications show to the gateway never goes on.
    pub credential: Option<Credential>,
    /// Let it be in a network of one's own: at addresses that are not public, and in the clear.
    pub private: bool,
}

/// A credential that no application holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credential {
    /// The header field that carries it. Absent: `Authorization`, unless `query` is said.
    #[serde(default)]
    pub header: Option<String>,
    /// The query parameter that carries it, in place of a header field.
    #[serde(default)]
    pub query: Option<String>,
    /// What stands before it, as in `"Bearer "`.
    #[serde(default)]
    pub prefix: String,
    /// The credential itself, by reference; at least 8 bytes.
    pub secret: SecretSource,
}
