//! How a caller is asked to authenticate: the challenges of `WWW-Authenticate`.

use std::fmt;

use http::HeaderName;
use identity::Algorithm;

/// The protection space of every challenge (RFC 9110 11.5).
const REALM: &str = "palisade";

/// One way to authenticate (RFC 9110 11.6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// By a token (RFC 6750 3).
    Bearer {
        /// What was wrong with the credential; absent where none was sent (RFC 6750 3.1).
        error: Option<BearerError>,
        /// The scopes that would be enough; empty where scope is not the matter.
        scopes: Vec<String>,
    },
    /// By a token of a caller who has authenticated anew (RFC 9470 3).
    StepUp {
        /// The ways that would do; empty where that is not the matter.
        acr: Vec<String>,
        /// How many seconds ago it may have been; absent where that is not the matter.
        max_age_secs: Option<u64>,
    },
    /// By a token and a proof that the sender holds the key it is bound to (RFC 9449 7.1).
    Dpop {
        /// What was wrong; absent where none was sent.
        error: Option<DpopError>,
    },
    /// By a key in the header field of this name.
    ///
    /// A 401 must carry a challenge, and no registered scheme means a key. `ApiKey` is a name of our own: a client that
    /// does not know it passes over it, while `Basic` would make a browser ask its user for a password, and `Bearer`
    /// would invite the client to send the key as a token.
    ApiKey(HeaderName),
}

/// The `error` codes of a `Bearer` challenge (RFC 6750 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BearerError {
    /// The request repeats or mixes ways to send a token.
    InvalidRequest,
    /// The token is expired, revoked, malformed or otherwise invalid.
    InvalidToken,
    /// The token is good and does not carry the scope.
    InsufficientScope,
}

/// The `error` codes of a `DPoP` challenge (RFC 9449 7.1, 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DpopError {
    /// The token is expired, revoked, malformed, bound to nothing, or sent without its proof.
    InvalidToken,
    /// The proof is absent, repeated or invalid.
    InvalidProof,
    /// The proof lacks a nonce, which `DPoP-Nonce` of the same answer gives.
    UseNonce,
}

impl Challenge {
    /// The challenge to send a token, whichever.
    pub const TOKEN: Challenge = Challenge::Bearer { error: None, scopes: Vec::new() };

    /// The challenge to send a token in place of one that `error` is wrong with.
    pub fn bearer(error: BearerError) -> Challenge {
        Challenge::Bearer { error: Some(error), scopes: Vec::new() }
    }
}

impl BearerError {
    /// The code as it stands in the challenge.
    pub fn as_str(self) -> &'static str {
        match self {
            BearerError::InvalidRequest => "invalid_request",
            BearerError::InvalidToken => "invalid_token",
            BearerError::InsufficientScope => "insufficient_scope",
        }
    }
}

impl DpopError {
    /// The code as it stands in the challenge.
    pub fn as_str(self) -> &'static str {
        match self {
            DpopError::InvalidToken => "invalid_token",
            DpopError::InvalidProof => "invalid_dpop_proof",
            DpopError::UseNonce => "use_dpop_nonce",
        }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Challenge::ApiKey(header) => write!(f, "ApiKey realm=\"{REALM}\", header=\"{header}\""),
            Challenge::Dpop { error } => {
                write!(f, "DPoP realm=\"{REALM}\"")?;
                if let Some(error) = error {
                    write!(f, ", error=\"{}\"", error.as_str())?;
                }
                let names: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
                write!(f, ", algs=\"{}\"", names.join(" "))
            }
            Challenge::StepUp { acr, max_age_secs } => {
                write!(f, "Bearer realm=\"{REALM}\", error=\"insufficient_user_authentication\"")?;
                if !acr.is_empty() {
                    write!(f, ", acr_values=\"{}\"", acr.join(" "))?;
                }
                if let Some(secs) = max_age_secs {
                    write!(f, ", max_age=\"{secs}\"")?;
                }
                Ok(())
            }
            Challenge::Bearer { error, scopes } => {
                write!(f, "Bearer realm=\"{REALM}\"")?;
                if let Some(error) = error {
                    write!(f, ", error=\"{}\"", error.as_str())?;
                }
                if !scopes.is_empty() {
                    write!(f, ", scope=\"{}\"", scopes.join(" "))?;
                }
                Ok(())
            }
        }
    }
}
