//! What the user writes of third parties, whose APIs are called through the gateway.

use std::path::PathBuf;

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
    /// Redirects that are followed in an application's place, one after the other; at most 10. Each is judged as a call of
    /// its own. Absent: none, applications get them.
    pub redirects_max: u8,
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
    /// What stands before it, as in `"Bearer "`. Absent: nothing, or just that where it is a token of `oauth`.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The credential itself, by reference; at least 8 bytes.
    #[serde(default)]
    pub secret: Option<SecretSource>,
    /// Where tokens are got that are the credential, in place of `secret`.
    #[serde(default)]
    pub oauth: Option<ClientCredentials>,
}

/// How tokens are got for the gateway itself (OAuth 2.0 client credentials, RFC 6749 section 4.4): before they are needed,
/// and again before they expire. While there is none, requests are answered 503 (`credential-unavailable`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientCredentials {
    /// Where they are asked for; `http:` only on loopback. Redirects are not followed.
    pub token_url: String,
    /// The client that the gateway is there (HTTP Basic, RFC 6749 section 2.3.1).
    pub client_id: String,
    /// Its secret, by reference.
    pub client_secret: SecretSource,
    /// What the tokens are to allow. Absent: what the server gives.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// PEM file of authorities that vouch for the server, besides the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}
