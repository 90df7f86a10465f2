//! Whether a token is one of a configured issuer, for us, and valid at a time.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;

use crate::algorithm::{Algorithm, Algorithms};
use crate::claims::Claims;
use crate::error::TokenError;
use crate::feed::KeyFeed;
use crate::jws::{Header, Jws};

/// How far an issuer's clock may be off.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(300);

/// How tokens of one issuer are judged.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// What `iss` must be, to the letter.
    pub url: String,
    /// `aud` must name at least one of these.
    pub audiences: Vec<String>,
    /// What its keys may be used for.
    pub algorithms: Algorithms,
    /// How far its clock may be off ours; at most 300 s.
    pub clock_skew: Duration,
    /// What `typ` must be.
    pub token_type: TypeRule,
    /// The longest time from `iat` to `exp`; where it is set, `iat` must be there.
    pub lifetime_max: Option<Duration>,
}

/// What the `typ` of an issuer's tokens must be; case and a leading `application/` do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeRule {
    /// `JWT`, `at+jwt`, or absent.
    Usual,
    /// `at+jwt`, with every claim that RFC 9068 section 2.2 requires; identity tokens are refused.
    AccessToken,
}

/// Why issuers cannot be verified as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Two have the same URL.
    #[error("issuer `{0}` is configured twice")]
    Duplicate(String),
    /// It has no audience, so a token made for anyone else would be accepted.
    #[error("issuer `{0}` has no audience")]
    NoAudience(String),
    /// No algorithm is left.
    #[error("issuer `{0}` may use no algorithm")]
    NoAlgorithm(String),
    /// Its clock skew is larger than it may be.
    #[error("the clock skew of issuer `{0}` is larger than 300 s")]
    ClockSkew(String),
}

/// A token that is what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// The `kid` of the key that signed it, if it named one.
    pub key_id: Option<String>,
    /// The algorithm it is signed with; absent where its issuer was asked instead.
    pub algorithm: Option<Algorithm>,
    /// When it stops being valid, the issuer's clock skew included.
    pub valid_until: Timestamp,
}

/// Verifies the tokens of several issuers.
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<(Issuer, Arc<KeyFeed>)>,
}

impl Issuer {
    /// How far an issuer's clock may be off where the config does not say.
    pub const CLOCK_SKEW: Duration = Duration::from_secs(30);

    /// An issuer judged by the defaults: every algorithm, 30 s of clock skew, the usual `typ`, any lifetime.
    pub fn new(url: impl Into<String>, audiences: Vec<String>) -> Issuer {
        Issuer {
            url: url.into(),
            audiences,
            algorithms: Algorithms::ALL,
            clock_skew: Issuer::CLOCK_SKEW,
            token_type: TypeRule::Usual,
            lifetime_max: None,
        }
    }

    fn check(&self, header: &Header, claims: &Claims, now: Timestamp) -> Result<Timestamp, TokenError> {
        self.check_type(header, claims)?;
        self.check_audience(claims)?;
        let expires = claims.expires.ok_or(TokenError::MissingClaim("exp"))?;
        let valid_until = self.check_times(claims, expires, now)?;
        if let Some(lifetime_max) = self.lifetime_max {
            let issued = claims.issued.ok_or(TokenError::MissingClaim("iat"))?;
            if expires.since(issued) > lifetime_max {
                return Err(TokenError::LifetimeTooLong);
            }
        }
        Ok(valid_until)
    }

    /// Whether one of the audiences is ours.
    pub(crate) fn check_audience(&self, claims: &Claims) -> Result<(), TokenError> {
        if !claims.audiences.iter().any(|audience| self.audiences.contains(audience)) {
            return Err(match claims.get("aud") {
                Some(_) => TokenError::WrongAudience,
                None => TokenError::MissingClaim("aud"),
            });
        }
        Ok(())
    }

    /// Until when a token that ends at `expires` is good, if it is good at `now`.
    pub(crate) fn check_times(
        &self,
        claims: &Claims,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Timestamp, TokenError> {
        let valid_until = expires.plus(self.clock_skew);
        if now >= valid_until {
            return Err(TokenError::Expired);
        }
        let latest_begin = now.plus(self.clock_skew);
        if [claims.not_before, claims.issued].into_iter().flatten().any(|begin| begin > latest_begin) {
            return Err(TokenError::NotYetValid);
        }
        Ok(valid_until)
    }

    fn check_type(&self, header: &Header, claims: &Claims) -> Result<(), TokenError> {
        let token_type = header.token_type.as_deref().map(without_application);
        let is_access_token = token_type.is_some_and(|name| name.eq_ignore_ascii_case("at+jwt"));
        match self.token_type {
            TypeRule::Usual => match token_type {
                Some(name) if !is_access_token && !name.eq_ignore_ascii_case("jwt") => {
                    Err(TokenError::WrongType)
                }
                _ => Ok(()),
            },
            TypeRule::AccessToken if !is_access_token => Err(TokenError::WrongType),
            TypeRule::AccessToken => {
                match ["sub", "client_id", "iat", "jti"].into_iter().find(|name| claims.get(name).is_none()) {
                    Some(name) => Err(TokenError::MissingClaim(name)),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Verifier {
    /// A verifier of tokens of `issuers`, each with the feed of its keys.
    pub fn new(issuers: Vec<(Issuer, Arc<KeyFeed>)>) -> Result<Verifier, IssuerError> {
        for (index, (issuer, _)) in issuers.iter().enumerate() {
            let url = || issuer.url.clone();
            if issuers.iter().take(index).any(|(other, _)| other.url == issuer.url) {
                return Err(IssuerError::Duplicate(url()));
            }
            if issuer.audiences.is_empty() {
                return Err(IssuerError::NoAudience(url()));
            }
            if issuer.algorithms.is_empty() {
                return Err(IssuerError::NoAlgorithm(url()));
            }
            if issuer.clock_skew > CLOCK_SKEW_MAX {
                return Err(IssuerError::ClockSkew(url()));
            }
        }
        Ok(Verifier { issuers })
    }

    /// The issuers and their feeds.
    pub fn issuers(&self) -> &[(Issuer, Arc<KeyFeed>)] {
        &self.issuers
    }

    /// Verifies `token` at `now`: signature, issuer, audience, type and time.
    ///
    /// The unproven `iss` only chooses whose keys are tried; that they verify is what proves it. Where the issuer has
    /// no keys, or none of the token's `kid`, its feed is asked to look again.
    pub fn verify(&self, token: &[u8], now: Timestamp) -> Result<Verified, TokenError> {
        let jws = Jws::parse(token)?;
        let claims = Claims::parse(&jws.payload)?;
        let (issuer, feed) = self
            .issuers
            .iter()
            .find(|(issuer, _)| issuer.url == claims.issuer)
            .ok_or(TokenError::UnknownIssuer)?;
        if !issuer.algorithms.contains(jws.header.algorithm) {
            return Err(TokenError::UnsupportedAlgorithm);
        }
        let keys = feed.keys(now).ok_or(TokenError::KeysUnavailable);
        keys.and_then(|keys| jws.verify(&keys)).inspect_err(|error| {
            if matches!(error, TokenError::KeysUnavailable | TokenError::UnknownKey) {
                feed.want();
            }
        })?;
        let valid_until = issuer.check(&jws.header, &claims, now)?;
        let Header { algorithm, key_id, .. } = jws.header;
        Ok(Verified { claims, key_id, algorithm: Some(algorithm), valid_until })
    }

    /// A number that changes whenever the keys of any issuer do.
    pub(crate) fn generation(&self) -> u64 {
        self.issuers.iter().fold(0, |sum, (_, feed)| sum.wrapping_add(feed.generation()))
    }
}

/// RFC 7515 section 4.1.9: `application/` may be left out of a media type that has no other `/`.
fn without_application(name: &str) -> &str {
    match name.split_once('/') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("application") => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests;
