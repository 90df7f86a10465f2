//! Who calls.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How much is known of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A person, proven by a token with a subject.
    User,
    /// A machine, proven by a token or certificate of its own.
    Service,
    /// A client application named by its API key alone: identified, not authenticated.
    Client,
    /// Nobody said who they are.
    Anonymous,
}

/// The caller of one exchange, as far as it is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal<'a> {
    /// How the caller is known.
    pub kind: PrincipalKind,
    /// The subject of the token, or the client's name; absent for nobody.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub id: Option<Cow<'a, str>>,
    /// Who vouches for the subject (the token's `iss`).
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<Cow<'a, str>>,
    /// The client application: the token's `client_id`/`azp`, or the owner of the API key.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub client: Option<Cow<'a, str>>,
}

impl Principal<'_> {
    /// Nobody.
    pub const ANONYMOUS: Principal<'static> =
        Principal { kind: PrincipalKind::Anonymous, id: None, issuer: None, client: None };
}
