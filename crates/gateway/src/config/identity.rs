//! What the user writes of opaque tokens, of proofs that belong to tokens, and of tokens that were revoked.

use std::path::PathBuf;

use model::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Span;

/// Proofs that the sender of a bound token holds its key (DPoP, RFC 9449).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Dpop {
    /// How long after it was made a proof is accepted; at most 10 min.
    pub age_max: Span,
    /// Whether a proof must hold a nonce that the gateway gave. It is known to this process alone.
    pub nonce: Nonce,
    /// Proofs remembered at once, so that none is used twice; 8 bytes each, rounded up to a power of two. Where there is
    /// no room to remember one, its request is refused with 503. Another number counts from the next start on.
    pub proofs_max: u32,
}

/// The issuer of tokens for the inside. Its keys are kept in the data folder, and published at `/jwks.json` of the admin
/// listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Internal {
    /// Its identifier, which stands in the `iss` of its tokens.
    pub issuer: String,
    /// How long its tokens live; at most 5 min, and never longer than the token they stand for.
    #[serde(default = "default_lifetime")]
    pub lifetime: Span,
    /// How long each key signs. It is published for a quarter of that, or an hour if that is less, before it does, and
    /// until the last token that it signed has expired.
    #[serde(default = "default_rotation")]
    pub rotation: Span,
}

fn default_lifetime() -> Span {
    Span::secs(120)
}

fn default_rotation() -> Span {
    Span::secs(86_400)
}

/// Whether a proof must hold a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Nonce {
    /// A proof without one is answered 401 with the nonce to use.
    Required,
    /// None is asked for.
    Off,
}

/// How an issuer is asked about its opaque tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Introspection {
    /// Where it is asked. Absent: its OIDC discovery document says.
    #[serde(default)]
    pub endpoint: IntrospectionEndpoint,
    /// The client that the gateway is to the issuer (HTTP Basic, RFC 6749 section 2.3.1).
    pub client_id: String,
    /// Its secret, by reference.
    pub client_secret: SecretSource,
    /// How long an answer is believed at most, so within which time a revocation is seen; at most 5 min.
    #[serde(default = "default_cache_max")]
    pub cache_max: Span,
    /// Take an answer without `aud` for one that is meant for us.
    #[serde(default)]
    pub aud_optional: bool,
}

/// Where an issuer is asked about tokens.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntrospectionEndpoint {
    /// `introspection_endpoint` in `{issuer}/.well-known/openid-configuration`.
    #[default]
    Discovery,
    /// This address; `http:` only on loopback.
    Url(String),
}

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// A file; white space at its end is no part of the secret. Read again when it changes.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

fn default_cache_max() -> Span {
    Span::secs(60)
}

impl Default for Dpop {
    fn default() -> Dpop {
        Dpop { age_max: Span::secs(60), nonce: Nonce::Off, proofs_max: 1 << 18 }
    }
}

/// A file of what was revoked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RevocationFile {
    /// Its entries.
    pub revoked: Vec<RevocationEntry>,
}

/// One token, or all tokens of a subject.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RevocationEntry {
    /// The `jti` of the token.
    #[serde(default)]
    pub jti: Option<String>,
    /// The `sub` of the tokens.
    #[serde(default)]
    pub sub: Option<String>,
    /// Of which issuer; of any where it is absent.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Of a subject's tokens, those issued before this.
    #[serde(default)]
    pub issued_before: Option<Timestamp>,
    /// When the entry counts no more.
    #[serde(default)]
    pub until: Option<Timestamp>,
}
