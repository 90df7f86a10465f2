//! Every rule of an issuer, by tokens made under its own key; and that no other token passes.

use std::sync::LazyLock;

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::{Value, json};

use super::*;
use crate::issue::{SigningKey, key_set};
use crate::key_set::KeySet;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

struct House {
    key: SigningKey,
    verifier: Verifier,
}

fn house(change: impl FnOnce(&mut Issuer)) -> House {
    let key = SigningKey::generate(Algorithm::Es256, "k1").unwrap();
    let keys = KeySet::parse(key_set(&[&key]).to_string().as_bytes(), Algorithms::ALL).unwrap();
    let mut issuer = Issuer::new("https://issuer.example", vec!["orders".into(), "billing".into()]);
    change(&mut issuer);
    let verifier = Verifier::new(vec![(issuer, Arc::new(KeyFeed::fixed(keys)))]).unwrap();
    House { key, verifier }
}

/// Claims of a good token, changed by `change`; null takes a claim away.
fn claims(change: &Value) -> Value {
    let now = NOW.as_secs();
    let mut claims = json!({
        "iss": "https://issuer.example", "aud": "orders", "sub": "alice", "iat": now - 10, "nbf": now - 10,
        "exp": now + 300, "jti": "1", "client_id": "app", "scope": "read",
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

impl House {
    fn verify(&self, token_type: &str, change: &Value) -> Result<Verified, TokenError> {
        let token = self.key.sign(token_type, &claims(change)).unwrap();
        self.verifier.verify(token.as_bytes(), NOW)
    }

    #[track_caller]
    fn check(&self, change: &Value, expected: Result<(), TokenError>) {
        assert_eq!(self.verify("JWT", change).map(|_| ()), expected, "{change}");
    }
}

#[test]
fn a_good_token_says_who_calls() {
    let verified = house(|_| ()).verify("at+jwt", &json!({})).unwrap();
    assert_eq!(verified.claims.subject.as_deref(), Some("alice"));
    assert_eq!(verified.claims.client.as_deref(), Some("app"));
    assert!(verified.claims.has_scope("read"));
    assert_eq!(verified.key_id.as_deref(), Some("k1"));
    assert_eq!(verified.algorithm, Some(Algorithm::Es256));
    assert_eq!(verified.valid_until, Timestamp::from_secs(NOW.as_secs() + 330));
}

#[test]
fn the_issuer_is_matched_to_the_letter() {
    let house = house(|_| ());
    for issuer in ["https://issuer.example/", "https://ISSUER.example", "http://issuer.example", ""] {
        house.check(&json!({"iss": issuer}), Err(TokenError::UnknownIssuer));
    }
    house.check(&json!({"iss": null}), Err(TokenError::MissingClaim("iss")));
    house.check(&json!({"iss": ["https://issuer.example"]}), Err(TokenError::InvalidClaim("iss")));
}

#[test]
fn one_audience_must_be_ours() {
    let house = house(|_| ());
    house.check(&json!({"aud": ["other", "billing"]}), Ok(()));
    house.check(&json!({"aud": "other"}), Err(TokenError::WrongAudience));
    house.check(&json!({"aud": "order"}), Err(TokenError::WrongAudience));
    house.check(&json!({"aud": []}), Err(TokenError::WrongAudience));
    house.check(&json!({"aud": null}), Err(TokenError::MissingClaim("aud")));
}

#[test]
fn time_is_judged_with_the_skew_and_not_a_second_more() {
    let (house, now) = (house(|_| ()), NOW.as_secs());
    house.check(&json!({"exp": now - 29}), Ok(()));
    house.check(&json!({"exp": now - 30}), Err(TokenError::Expired));
    house.check(&json!({"exp": null}), Err(TokenError::MissingClaim("exp")));
    house.check(&json!({"nbf": now + 30}), Ok(()));
    house.check(&json!({"nbf": now + 31}), Err(TokenError::NotYetValid));
    house.check(&json!({"iat": now + 31}), Err(TokenError::NotYetValid));
    house.check(&json!({"nbf": null, "iat": null}), Ok(()));
    house.check(&json!({"exp": u64::MAX}), Ok(()));
}

#[test]
fn a_lifetime_is_bounded_where_the_issuer_says_so() {
    let (house, now) = (house(|issuer| issuer.lifetime_max = Some(Duration::from_secs(310))), NOW.as_secs());
    house.check(&json!({}), Ok(()));
    house.check(&json!({"exp": now + 301}), Err(TokenError::LifetimeTooLong));
    house.check(&json!({"iat": null}), Err(TokenError::MissingClaim("iat")));
}

#[test]
fn the_type_is_the_usual_one_or_strictly_an_access_token() {
    let usual = house(|_| ());
    for token_type in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"] {
        assert!(usual.verify(token_type, &json!({})).is_ok(), "{token_type}");
    }
    for token_type in
        ["", "id+jwt", "dpop+jwt", "logout+jwt", "application/", "text/jwt", "application/a/jwt"]
    {
        assert_eq!(usual.verify(token_type, &json!({})).unwrap_err(), TokenError::WrongType, "{token_type}");
    }
    let untyped =
        usual.key.sign_parts(r#"{"alg":"ES256","kid":"k1"}"#, &claims(&json!({})).to_string()).unwrap();
    assert!(usual.verifier.verify(untyped.as_bytes(), NOW).is_ok());

    let strict = house(|issuer| issuer.token_type = TypeRule::AccessToken);
    assert!(strict.verify("application/at+jwt", &json!({})).is_ok());
    assert_eq!(strict.verify("JWT", &json!({})).unwrap_err(), TokenError::WrongType);
    for claim in ["sub", "client_id", "iat", "jti"] {
        let error = strict.verify("at+jwt", &json!({claim: null})).unwrap_err();
        assert_eq!(error, TokenError::MissingClaim(claim));
    }
}

#[test]
fn an_issuer_uses_only_its_own_algorithms_and_keys() {
    let narrow = house(|issuer| issuer.algorithms = [Algorithm::Ps256].into_iter().collect());
    narrow.check(&json!({}), Err(TokenError::UnsupportedAlgorithm));

    let own = SigningKey::generate(Algorithm::Es256, "k1").unwrap();
    let other = SigningKey::generate(Algorithm::Es256, "k1").unwrap();
    let issuer = |url: &str, key: &SigningKey| {
        let keys = KeySet::parse(key_set(&[key]).to_string().as_bytes(), Algorithms::ALL).unwrap();
        (Issuer::new(url, vec!["orders".into()]), Arc::new(KeyFeed::fixed(keys)))
    };
    let verifier =
        Verifier::new(vec![issuer("https://issuer.example", &own), issuer("https://other.example", &other)])
            .unwrap();
    let forged = other.sign("JWT", &claims(&json!({}))).unwrap();
    assert_eq!(verifier.verify(forged.as_bytes(), NOW).unwrap_err(), TokenError::BadSignature);
    let right = other.sign("JWT", &claims(&json!({"iss": "https://other.example"}))).unwrap();
    assert!(verifier.verify(right.as_bytes(), NOW).is_ok());
}

#[test]
fn without_keys_nothing_is_verified() {
    let feed =
        KeyFeed::new(crate::feed::KeySource::Fixed, Algorithms::ALL, crate::feed::FeedTiming::default());
    assert!(feed.keys(NOW).is_none_or(|keys| keys.is_empty()));
    let url = crate::feed::KeySource::Url("https://issuer.example/jwks".parse().unwrap());
    let feed = KeyFeed::new(url, Algorithms::ALL, crate::feed::FeedTiming::default());
    let issuer = Issuer::new("https://issuer.example", vec!["orders".into()]);
    let verifier = Verifier::new(vec![(issuer, Arc::new(feed))]).unwrap();
    let token = house(|_| ()).key.sign("JWT", &claims(&json!({}))).unwrap();
    assert_eq!(verifier.verify(token.as_bytes(), NOW).unwrap_err(), TokenError::KeysUnavailable);
}

#[test]
fn an_issuer_that_would_accept_anything_is_refused() {
    let refused = |change: fn(&mut Issuer)| {
        let mut issuer = Issuer::new("i", vec!["a".into()]);
        change(&mut issuer);
        Verifier::new(vec![(issuer, Arc::new(KeyFeed::fixed(KeySet::default())))]).map(|_| ()).unwrap_err()
    };
    assert_eq!(refused(|issuer| issuer.audiences.clear()), IssuerError::NoAudience("i".into()));
    assert_eq!(
        refused(|issuer| issuer.algorithms = [].into_iter().collect()),
        IssuerError::NoAlgorithm("i".into())
    );
    assert_eq!(
        refused(|issuer| issuer.clock_skew = Duration::from_secs(301)),
        IssuerError::ClockSkew("i".into())
    );
    let twice = ["i", "i"]
        .map(|url| (Issuer::new(url, vec!["a".into()]), Arc::new(KeyFeed::fixed(KeySet::default()))));
    assert_eq!(Verifier::new(twice.into()).map(|_| ()).unwrap_err(), IssuerError::Duplicate("i".into()));
}

#[test]
fn no_refusal_repeats_the_token() {
    let house = house(|_| ());
    for change in [
        json!({"aud": "canary"}),
        json!({"iss": "canary"}),
        json!({"exp": "canary"}),
        json!({"sub": ["canary"]}),
    ] {
        let error = house.verify("canary", &change).unwrap_err();
        assert!(!format!("{error} {error:?} {}", error.as_str()).contains("canary"), "{error}");
    }
}

/// Every byte of a token, changed in every way that one bit or a neighbouring letter can.
#[test]
fn a_token_with_any_byte_changed_is_refused() {
    let house = house(|_| ());
    let token = house.key.sign("JWT", &claims(&json!({}))).unwrap().into_bytes();
    assert!(house.verifier.verify(&token, NOW).is_ok());
    for index in 0..token.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128] {
            let mut changed = token.clone();
            changed[index] ^= change;
            assert!(house.verifier.verify(&changed, NOW).is_err(), "byte {index} ^ {change}");
        }
        assert!(house.verifier.verify(&token[..index], NOW).is_err(), "cut at {index}");
    }
}

static HOUSE: LazyLock<House> = LazyLock::new(|| house(|_| ()));

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(token in prop::collection::vec(any::<u8>(), 0..256)) {
        let answer = HOUSE.verifier.verify(&token, NOW);
        prop_assert!(answer.is_err());
    }

    #[test]
    fn a_byte_replaced_put_in_or_taken_out_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), way in 0..3) {
        let token = HOUSE.key.sign("JWT", &claims(&json!({}))).unwrap().into_bytes();
        let (mut changed, at) = (token.clone(), at.index(token.len()));
        match way {
            0 => changed[at] = byte,
            1 => changed.insert(at, byte),
            _ => drop(changed.remove(at)),
        }
        prop_assert_eq!(HOUSE.verifier.verify(&changed, NOW).is_ok(), changed == token);
    }

    #[test]
    fn random_parts_are_refused(header in "[ -~]{0,40}", payload in "[ -~]{0,40}", signature in "[A-Za-z0-9_-]{0,90}") {
        let parts = [crate::base64url::encode(header), crate::base64url::encode(payload), signature];
        let answer = HOUSE.verifier.verify(parts.join(".").as_bytes(), NOW);
        prop_assert!(answer.is_err());
    }
}
