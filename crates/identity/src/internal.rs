//! Tokens for the inside: what was proven of a caller at the edge, said again in a short-lived token of our own
//! (phantom tokens), so that no outside token goes further.

mod ring;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use model::{Principal, Timestamp};
use serde_json::{Map, Value, json};

use crate::base64url;
use crate::issue::IssueError;
use crate::verifier::Verified;

pub use ring::{Ring, RingError};

/// The longest that a token for the inside may live.
pub const LIFETIME_MAX: Duration = Duration::from_secs(300);

/// Signs tokens for the inside; shared by all threads.
#[derive(Debug)]
pub struct InternalIssuer {
    /// Its identifier, which stands in `iss`.
    url: String,
    lifetime: Duration,
    rotation: Duration,
    ring: ArcSwap<Ring>,
}

/// What a token is to say.
#[derive(Debug)]
pub struct Subject<'s> {
    /// Who calls.
    pub principal: Principal<'s>,
    /// The outside token that proved it; absent for a certificate.
    pub verified: Option<&'s Verified>,
    /// Whom the token is for.
    pub audience: &'s str,
    /// Claims of the outside token that are said again.
    pub claims: &'s [String],
}

/// A token for the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// When it ends.
    pub expires: Timestamp,
    /// Until when it may be used again for the same caller: then a quarter of its life is left.
    pub fresh_until: Timestamp,
}

/// Claims of an outside token that are never said again as they are: they are made anew, or bind to the outside.
const OWN_CLAIMS: [&str; 12] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id", "act", "cnf", "sub_iss"];

impl InternalIssuer {
    /// An issuer called `url` whose tokens live for `lifetime` and whose keys sign for `rotation` each.
    pub fn new(url: String, lifetime: Duration, rotation: Duration, ring: Ring) -> InternalIssuer {
        let lifetime = lifetime.min(LIFETIME_MAX);
        InternalIssuer { url, lifetime, rotation, ring: ArcSwap::from_pointee(ring) }
    }

    /// The same keys for an issuer of other settings.
    pub fn with_settings(&self, url: String, lifetime: Duration, rotation: Duration) -> InternalIssuer {
        InternalIssuer {
            url,
            lifetime: lifetime.min(LIFETIME_MAX),
            rotation,
            ring: ArcSwap::new(self.ring()),
        }
    }

    /// Its keys.
    pub fn ring(&self) -> Arc<Ring> {
        self.ring.load_full()
    }

    /// Puts other keys in place. They must be kept somewhere first: a key that is lost makes tokens that nobody verifies
    /// after a restart.
    pub fn replace(&self, ring: Ring) {
        self.ring.store(Arc::new(ring));
    }

    /// The keys as they should be at `now`, where that is not as they are.
    ///
    /// # Errors
    /// No key could be made.
    pub fn rotated(&self, now: Timestamp) -> Result<Option<Ring>, RingError> {
        self.ring.load().rotated(self.rotation, now)
    }

    /// The public halves, for those who verify (RFC 7517 section 5).
    pub fn key_set(&self) -> Value {
        self.ring.load().key_set()
    }

    /// A token that says of `subject` what is proven at `now`, in the words of RFC 8693 and RFC 9068. `act` names this
    /// issuer as the one that acts for the subject now, and below it those that the outside token names.
    ///
    /// # Errors
    /// The cryptographic library failed.
    pub fn mint(&self, subject: &Subject<'_>, now: Timestamp) -> Result<Minted, IssueError> {
        let outside =
            subject.verified.map_or(Timestamp::from_micros(u64::MAX), |verified| verified.valid_until);
        let expires = now.plus(self.lifetime).min(outside);
        let mut claims = self.claims(subject, expires, now);
        let random = getrandom::u64().or(Err(IssueError::Crypto))?.to_be_bytes();
        claims.insert(
            "jti".to_owned(),
            base64url::encode([now.as_micros().to_be_bytes(), random].concat()).into(),
        );
        let claims = Value::Object(claims);
        let ring = self.ring.load();
        let token = ring.signing(self.rotation, now).sign("at+jwt", &claims)?;
        let left = expires.since(now);
        let fresh_until = now.plus(left.saturating_sub(self.lifetime / 4));
        Ok(Minted { token, expires, fresh_until })
    }

    fn claims(&self, subject: &Subject<'_>, expires: Timestamp, now: Timestamp) -> Map<String, Value> {
        let Subject { principal, verified, audience, claims } = subject;
        let outside = verified.map(|verified| &verified.claims);
        let mut members = Map::new();
        for name in claims.iter().filter(|name| !OWN_CLAIMS.contains(&name.as_str())) {
            if let Some(value) = outside.and_then(|outside| outside.get(name)) {
                members.insert(name.clone(), value.clone());
            }
        }
        let act = match outside.and_then(|outside| outside.get("act")) {
            None => json!({ "sub": self.url }),
            Some(before) => json!({ "sub": self.url, "act": before }),
        };
        members.insert("iss".to_owned(), self.url.as_str().into());
        members.insert("aud".to_owned(), (*audience).into());
        members.insert("iat".to_owned(), now.as_secs().into());
        members.insert("exp".to_owned(), expires.as_secs().into());
        members.insert("act".to_owned(), act);
        let own = [("sub", &principal.id), ("sub_iss", &principal.issuer), ("client_id", &principal.client)];
        for (name, value) in own {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.as_ref().into());
            }
        }
        if let Some(outside) = outside {
            members.insert("scope".to_owned(), outside.scopes.join(" ").into());
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Claims;
    use crate::{Algorithms, Jws, KeySet};

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn issuer() -> InternalIssuer {
        let ring = Ring::fresh(NOW).unwrap();
        InternalIssuer::new("https://palisade.internal".to_owned(), MINUTE, MINUTE * 60, ring)
    }

    fn verified(members: &str, secs: u64) -> Verified {
        let claims =
            Claims::parse(format!(r#"{{"iss":"https://login.example",{members}}}"#).as_bytes()).unwrap();
        let valid_until = NOW.plus(Duration::from_secs(secs));
        Verified { claims, key_id: None, algorithm: None, valid_until }
    }

    fn alice() -> Principal<'static> {
        Principal {
            kind: model::PrincipalKind::User,
            id: Some("alice".into()),
            issuer: Some("https://login.example".into()),
            client: Some("app".into()),
        }
    }

    fn minted(issuer: &InternalIssuer, verified: Option<&Verified>, claims: &[String]) -> (Minted, Value) {
        let subject = Subject { principal: alice(), verified, audience: "orders", claims };
        let minted = issuer.mint(&subject, NOW).unwrap();
        let jws = Jws::parse(minted.token.as_bytes()).unwrap();
        let keys = KeySet::parse(issuer.key_set().to_string().as_bytes(), Algorithms::ALL).unwrap();
        assert_eq!(jws.verify(&keys), Ok(()));
        assert_eq!(jws.header.token_type.as_deref(), Some("at+jwt"));
        let payload = serde_json::from_slice(&jws.payload).unwrap();
        (minted, payload)
    }

    #[test]
    fn a_token_says_again_what_was_proven_and_who_acts() {
        let outside = verified(
            r#""sub":"alice","scope":"a b","act":{"sub":"app"},"tenant":7,"secret":1,"cnf":{"jkt":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#,
            600,
        );
        let names = ["tenant", "absent", "cnf", "sub"].map(str::to_owned);
        let (minted, mut payload) = minted(&issuer(), Some(&outside), &names);
        assert_eq!(payload.as_object_mut().unwrap().remove("jti").unwrap().as_str().unwrap().len(), 22);
        let now = NOW.as_secs();
        let expected = json!({
            "iss": "https://palisade.internal", "sub": "alice", "sub_iss": "https://login.example",
            "client_id": "app", "aud": "orders", "scope": "a b", "iat": now, "exp": now + 60, "tenant": 7,
            "act": { "sub": "https://palisade.internal", "act": { "sub": "app" } },
        });
        assert_eq!(payload, expected);
        assert_eq!(minted.expires, NOW.plus(MINUTE));
        assert_eq!(minted.fresh_until, NOW.plus(Duration::from_secs(45)));
    }

    #[test]
    fn a_token_never_outlives_the_one_it_stands_for() {
        let (minted, payload) = minted(&issuer(), Some(&verified(r#""sub":"alice""#, 20)), &[]);
        assert_eq!(payload["exp"], NOW.as_secs() + 20);
        assert_eq!(minted.fresh_until, NOW.plus(Duration::from_secs(5)));
        let (last, _) = self::minted(&issuer(), Some(&verified(r#""sub":"alice""#, 10)), &[]);
        assert_eq!(last.fresh_until, NOW, "it is not used again");
        let long = InternalIssuer::new("i".into(), MINUTE * 60, MINUTE, Ring::fresh(NOW).unwrap());
        let (longest, _) = self::minted(&long, None, &[]);
        assert_eq!(longest.expires, NOW.plus(LIFETIME_MAX));
    }
}
