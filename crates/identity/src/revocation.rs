//! What was revoked before its time: single tokens, and all tokens of a subject.

use std::collections::HashMap;

use model::Timestamp;

use crate::claims::Claims;

/// One thing that is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which tokens.
    pub what: Revoked,
    /// Of which issuer; of any where it is absent.
    pub issuer: Option<String>,
    /// When it may be forgotten, since what it revokes has expired by then; never where it is absent.
    pub until: Option<Timestamp>,
}

/// Which tokens are revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// The one with this `jti`.
    Token(String),
    /// All of this `sub`; where a time is given, those that were issued before it, or do not say when.
    Subject(String, Option<Timestamp>),
}

/// Everything that is revoked, asked for each token that is used.
#[derive(Debug, Default)]
pub struct Revocations {
    tokens: HashMap<Box<str>, Vec<Entry>>,
    subjects: HashMap<Box<str>, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    issuer: Option<Box<str>>,
    until: Option<Timestamp>,
    issued_before: Option<Timestamp>,
}

impl Revocations {
    /// A table of `revocations`; those that may be forgotten at `now` are left out.
    pub fn new(revocations: Vec<Revocation>, now: Timestamp) -> Revocations {
        let mut table = Revocations::default();
        let lasting = |revocation: &Revocation| revocation.until.is_none_or(|until| now < until);
        for Revocation { what, issuer, until } in revocations.into_iter().filter(lasting) {
            let (entries, issued_before) = match what {
                Revoked::Token(id) => (table.tokens.entry(id.into()), None),
                Revoked::Subject(subject, issued_before) => {
                    (table.subjects.entry(subject.into()), issued_before)
                }
            };
            entries.or_default().push(Entry { issuer: issuer.map(Into::into), until, issued_before });
        }
        table
    }

    /// How many tokens and subjects are in the table.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.subjects.len()
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a token with these claims is revoked at `now`.
    pub fn contains(&self, claims: &Claims, now: Timestamp) -> bool {
        let found = |table: &HashMap<Box<str>, Vec<Entry>>, name: Option<&String>| {
            let entries = name.and_then(|name| table.get(name.as_str()));
            entries.is_some_and(|entries| entries.iter().any(|entry| entry.covers(claims, now)))
        };
        found(&self.tokens, claims.id.as_ref()) || found(&self.subjects, claims.subject.as_ref())
    }
}

impl Entry {
    fn covers(&self, claims: &Claims, now: Timestamp) -> bool {
        let is_early = |before: Timestamp| claims.issued.is_none_or(|issued| issued < before);
        self.issuer.as_deref().is_none_or(|issuer| issuer == claims.issuer)
            && self.until.is_none_or(|until| now < until)
            && self.issued_before.is_none_or(is_early)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1000);

    fn revoke(what: Revoked) -> Revocation {
        Revocation { what, issuer: None, until: None }
    }

    fn token(id: &str) -> Revoked {
        Revoked::Token(id.to_owned())
    }

    #[track_caller]
    fn check(revocation: &Revocation, claims: &str, secs: u64, expected: bool) {
        let claims = Claims::parse(format!(r#"{{"iss":"i",{claims}}}"#).as_bytes()).unwrap();
        let table = Revocations::new(vec![revocation.clone()], NOW);
        assert_eq!(
            table.contains(&claims, Timestamp::from_secs(secs)),
            expected,
            "{revocation:?} {claims:?}"
        );
    }

    #[test]
    fn one_token_is_named_by_its_id() {
        let one = revoke(token("a"));
        check(&one, r#""jti":"a""#, 1000, true);
        check(&one, r#""jti":"b""#, 1000, false);
        check(&one, r#""jti":"A""#, 1000, false);
        check(&one, r#""sub":"a""#, 1000, false);
        assert!(Revocations::new(Vec::new(), NOW).is_empty());
    }

    #[test]
    fn ids_of_another_issuer_are_not_meant() {
        let own = Revocation { issuer: Some("i".to_owned()), ..revoke(token("a")) };
        let other = Revocation { issuer: Some("other".to_owned()), ..revoke(token("a")) };
        check(&own, r#""jti":"a""#, 1000, true);
        check(&other, r#""jti":"a""#, 1000, false);
        let claims = Claims::parse(br#"{"iss":"i","jti":"a"}"#).unwrap();
        assert!(Revocations::new(vec![other, own], NOW).contains(&claims, NOW));
    }

    #[test]
    fn a_subject_loses_all_tokens_or_those_of_before() {
        let all = revoke(Revoked::Subject("alice".to_owned(), None));
        check(&all, r#""sub":"alice","iat":5000"#, 1000, true);
        check(&all, r#""sub":"bob""#, 1000, false);
        check(&all, r#""jti":"alice""#, 1000, false);
        let before = revoke(Revoked::Subject("alice".to_owned(), Some(Timestamp::from_secs(900))));
        check(&before, r#""sub":"alice","iat":899"#, 1000, true);
        check(&before, r#""sub":"alice","iat":900"#, 1000, false);
        check(&before, r#""sub":"alice""#, 1000, true);
    }

    #[test]
    fn each_is_forgotten_at_its_own_time() {
        let lasting = Revocation { until: Some(Timestamp::from_secs(1100)), ..revoke(token("a")) };
        check(&lasting, r#""jti":"a""#, 1099, true);
        check(&lasting, r#""jti":"a""#, 1100, false);
        let over = Revocation { until: Some(NOW), ..revoke(token("a")) };
        assert!(Revocations::new(vec![over], NOW).is_empty());
    }
}
