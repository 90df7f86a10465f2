//! Why a token is refused: a closed list that never holds any of the token's text.

use std::fmt;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenError {
    /// It is longer than [`crate::TOKEN_BYTES_MAX`], or its header or payload is.
    TooLarge,
    /// It is not a compact JWS of strict base64url and strict JSON.
    Malformed,
    /// It is encrypted (JWE); only signed tokens are accepted.
    Encrypted,
    /// Its header has a member that would let the token choose how it is verified.
    HeaderRefused(&'static str),
    /// Its `alg` is `none`, symmetric, unknown, or not one that the key is for.
    UnsupportedAlgorithm,
    /// Its `iss` names no configured issuer.
    UnknownIssuer,
    /// Its `kid` names no key of the issuer, or it has none and more than one key would fit.
    UnknownKey,
    /// The issuer's keys could not be fetched for too long, or not at all yet.
    KeysUnavailable,
    /// The signature does not verify.
    BadSignature,
    /// Its `typ` is not the one that the issuer's tokens have.
    WrongType,
    /// A claim that must be there is absent.
    MissingClaim(&'static str),
    /// A claim has a value of the wrong kind.
    InvalidClaim(&'static str),
    /// Its `aud` names none of the configured audiences.
    WrongAudience,
    /// Its `exp` has passed.
    Expired,
    /// Its `nbf` or `iat` lies in the future.
    NotYetValid,
    /// It lives longer than the issuer's tokens may.
    LifetimeTooLong,
    /// It is on the list of what was revoked.
    Revoked,
    /// Its issuer says that it is not, or no longer, good (RFC 7662 section 2.2).
    Inactive,
    /// Its issuer was asked and gave no usable answer.
    IntrospectionUnavailable,
}

impl TokenError {
    /// Stable name in kebab case, for records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenError::TooLarge => "too-large",
            TokenError::Malformed => "malformed",
            TokenError::Encrypted => "encrypted",
            TokenError::HeaderRefused(_) => "header-refused",
            TokenError::UnsupportedAlgorithm => "unsupported-algorithm",
            TokenError::UnknownIssuer => "unknown-issuer",
            TokenError::UnknownKey => "unknown-key",
            TokenError::KeysUnavailable => "keys-unavailable",
            TokenError::BadSignature => "bad-signature",
            TokenError::WrongType => "wrong-type",
            TokenError::MissingClaim(_) => "missing-claim",
            TokenError::InvalidClaim(_) => "invalid-claim",
            TokenError::WrongAudience => "wrong-audience",
            TokenError::Expired => "expired",
            TokenError::NotYetValid => "not-yet-valid",
            TokenError::LifetimeTooLong => "lifetime-too-long",
            TokenError::Revoked => "revoked",
            TokenError::Inactive => "inactive",
            TokenError::IntrospectionUnavailable => "introspection-unavailable",
        }
    }

    /// Whether the same token may be right a moment later, so that the refusal must not be remembered.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            TokenError::KeysUnavailable | TokenError::NotYetValid | TokenError::IntrospectionUnavailable
        )
    }

    /// Whether it is no signed token at all, so that only its issuer can say what it is.
    pub fn is_of_opaque_token(self) -> bool {
        matches!(self, TokenError::Malformed | TokenError::Encrypted)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            TokenError::TooLarge => "the token is too large",
            TokenError::Malformed => "the token is not a well-formed signed token",
            TokenError::Encrypted => "the token is encrypted, which is not accepted",
            TokenError::HeaderRefused(member) => {
                return write!(f, "the token's header has `{member}`, which is not accepted");
            }
            TokenError::UnsupportedAlgorithm => "the token's algorithm is not one its key is for",
            TokenError::UnknownIssuer => "the token's issuer is not configured",
            TokenError::UnknownKey => "the token names no key of its issuer",
            TokenError::KeysUnavailable => "the issuer's keys are not available",
            TokenError::BadSignature => "the token's signature does not verify",
            TokenError::WrongType => "the token is of the wrong type",
            TokenError::MissingClaim(claim) => return write!(f, "the token has no `{claim}`"),
            TokenError::InvalidClaim(claim) => {
                return write!(f, "the token's `{claim}` is of the wrong kind");
            }
            TokenError::WrongAudience => "the token is for another audience",
            TokenError::Expired => "the token has expired",
            TokenError::NotYetValid => "the token is not valid yet",
            TokenError::LifetimeTooLong => "the token lives longer than is accepted",
            TokenError::Revoked => "the token is revoked",
            TokenError::Inactive => "the token is not active",
            TokenError::IntrospectionUnavailable => "the issuer could not be asked about the token",
        };
        f.write_str(text)
    }
}

impl std::error::Error for TokenError {}
