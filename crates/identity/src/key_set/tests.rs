//! Which sets are taken, and which key a token finds in them.

use serde_json::json;

use super::*;
use crate::issue::SigningKey;

fn jwk(algorithm: Algorithm, id: &str) -> Value {
    SigningKey::generate(algorithm, id).unwrap().public_jwk()
}

fn parse(keys: &Value) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes(), Algorithms::ALL)
}

fn found(set: &KeySet, id: Option<&str>, algorithm: Algorithm) -> Result<Option<String>, TokenError> {
    set.find(id, algorithm).map(|key| key.id().map(str::to_owned))
}

#[test]
fn a_key_is_found_by_its_id_and_only_for_its_algorithm() {
    let set = parse(&json!([jwk(Algorithm::Es256, "a"), jwk(Algorithm::Ed25519, "b")])).unwrap();
    assert_eq!(found(&set, Some("a"), Algorithm::Es256), Ok(Some("a".into())));
    assert_eq!(found(&set, Some("b"), Algorithm::Ed25519), Ok(Some("b".into())));
    assert_eq!(found(&set, Some("a"), Algorithm::Ed25519), Err(TokenError::UnsupportedAlgorithm));
    assert_eq!(found(&set, Some("c"), Algorithm::Es256), Err(TokenError::UnknownKey));
    assert_eq!(found(&set, Some(""), Algorithm::Es256), Err(TokenError::UnknownKey));
}

#[test]
fn without_an_id_exactly_one_key_must_fit() {
    let keys =
        json!([jwk(Algorithm::Es256, "a"), jwk(Algorithm::Ed25519, "b"), jwk(Algorithm::Ed25519, "c")]);
    let set = parse(&keys).unwrap();
    assert_eq!(found(&set, None, Algorithm::Es256), Ok(Some("a".into())));
    assert_eq!(found(&set, None, Algorithm::Ed25519), Err(TokenError::UnknownKey));
    assert_eq!(found(&set, None, Algorithm::Rs256), Err(TokenError::UnknownKey));
}

#[test]
fn keys_of_other_kinds_are_skipped_and_said() {
    let mut encryption = jwk(Algorithm::Es256, "a");
    encryption["use"] = json!("enc");
    let set = parse(&json!([{"kty": "AKP", "pub": "AA"}, encryption, jwk(Algorithm::Es256, "a")])).unwrap();
    assert_eq!(set.len(), 1);
    let reasons = [KeyError::UnsupportedType, KeyError::WrongUse];
    assert_eq!(set.skipped().iter().map(|skipped| skipped.reason).collect::<Vec<_>>(), reasons);
    assert_eq!(found(&set, Some("a"), Algorithm::Es256), Ok(Some("a".into())));
}

#[test]
fn a_set_that_publishes_a_secret_is_refused_whole() {
    for secret in [json!({"kty": "oct", "k": "AAAA"}), json!({"kty": "EC", "crv": "P-256", "d": "AAAA"})] {
        let error = parse(&json!([jwk(Algorithm::Es256, "a"), secret])).unwrap_err();
        assert!(matches!(error, KeySetError::Secret { index: 1, .. }), "{error}");
    }
}

#[test]
fn a_set_must_be_unambiguous_usable_and_bounded() {
    let twice = json!([jwk(Algorithm::Es256, "a"), jwk(Algorithm::Ed25519, "a")]);
    assert!(matches!(parse(&twice).unwrap_err(), KeySetError::DuplicateId));
    assert!(matches!(parse(&json!([])).unwrap_err(), KeySetError::NoUsableKey { count: 0, first: None }));
    let error = parse(&json!([{"kty": "AKP"}])).unwrap_err().to_string();
    assert_eq!(
        error,
        "none of the 1 keys of the set can be used; key 0: the key's type or curve is not supported"
    );
    let many = vec![json!({"kty": "AKP"}); KEYS_MAX + 1];
    assert!(matches!(parse(&Value::Array(many)).unwrap_err(), KeySetError::TooManyKeys(257)));
    for text in ["{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
        assert!(matches!(KeySet::parse(text.as_bytes(), Algorithms::ALL).unwrap_err(), KeySetError::NoKeys));
    }
    for text in ["", "[]", r#"{"keys":[],"keys":[]}"#, "<html>"] {
        assert!(matches!(KeySet::parse(text.as_bytes(), Algorithms::ALL).unwrap_err(), KeySetError::Json(_)));
    }
    let large = vec![b' '; KEY_SET_BYTES_MAX + 1];
    assert!(matches!(KeySet::parse(&large, Algorithms::ALL).unwrap_err(), KeySetError::TooLarge));
}
