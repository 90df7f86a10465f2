//! What is remembered, for how long, and what ends it.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::algorithm::{Algorithm, Algorithms};
use crate::feed::{FeedTiming, KeyFeed, KeySource};
use crate::fetch::{KeyClient, PlainHttp};
use crate::issue::{SigningKey, key_set};
use crate::key_set::KeySet;
use crate::verifier::Issuer;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn later(secs: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(secs))
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Ed25519, "k1").unwrap()
}

fn verifier(key: &SigningKey) -> Arc<Verifier> {
    let keys = KeySet::parse(key_set(&[key]).to_string().as_bytes(), Algorithms::ALL).unwrap();
    let issuer = Issuer { clock_skew: Duration::ZERO, ..Issuer::new("i", vec!["a".into()]) };
    Arc::new(Verifier::new(vec![(issuer, Arc::new(KeyFeed::fixed(keys)))]).unwrap())
}

fn token(key: &SigningKey, secs: u64, id: usize) -> String {
    key.sign("JWT", &json!({"iss": "i", "aud": "a", "exp": later(secs).as_secs(), "jti": id.to_string()}))
        .unwrap()
}

fn cache(max: usize) -> TokenCache {
    TokenCache::new(CacheLimits { accepted_max: max, refused_max: max })
}

#[test]
fn a_token_is_verified_once_until_it_expires() {
    let key = key();
    let (verifier, token, mut cache) = (verifier(&key), token(&key, 60, 1), cache(10));
    let first = cache.verify(&verifier, token.as_bytes(), NOW).unwrap();
    let again = cache.verify(&verifier, token.as_bytes(), later(59)).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(cache.verify(&verifier, token.as_bytes(), later(60)).unwrap_err(), TokenError::Expired);
    assert_eq!(cache.verify(&verifier, token.as_bytes(), later(61)).unwrap_err(), TokenError::Expired);
}

#[test]
fn a_long_token_is_verified_again_after_the_ceiling() {
    let key = key();
    let (verifier, token, mut cache) = (verifier(&key), token(&key, 100_000, 1), cache(10));
    let first = cache.verify(&verifier, token.as_bytes(), NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &cache.verify(&verifier, token.as_bytes(), later(299)).unwrap()));
    assert!(!Arc::ptr_eq(&first, &cache.verify(&verifier, token.as_bytes(), later(300)).unwrap()));
}

#[test]
fn an_answer_does_not_stand_before_it_was_given() {
    let key = key();
    let (verifier, mut cache) = (verifier(&key), cache(10));
    let claims = json!({"iss": "i", "aud": "a", "exp": later(60).as_secs(), "nbf": NOW.as_secs()});
    let token = key.sign("JWT", &claims).unwrap();
    assert!(cache.verify(&verifier, token.as_bytes(), NOW).is_ok());
    let earlier = Timestamp::from_secs(NOW.as_secs() - 1);
    assert_eq!(cache.verify(&verifier, token.as_bytes(), earlier).unwrap_err(), TokenError::NotYetValid);
    assert!(
        cache.verify(&verifier, token.as_bytes(), NOW).is_ok(),
        "that it was too early is not remembered"
    );
}

#[test]
fn refusals_are_remembered_apart_and_drive_out_no_good_token() {
    let key = key();
    let (verifier, good, mut cache) = (verifier(&key), token(&key, 60, 1), cache(10));
    let first = cache.verify(&verifier, good.as_bytes(), NOW).unwrap();
    for id in 0..1000 {
        let garbage = format!("{good}{id}");
        assert!(cache.verify(&verifier, garbage.as_bytes(), NOW).is_err());
    }
    let (accepted, refused) = cache.len();
    assert_eq!(accepted, 1);
    assert!((1..=10).contains(&refused), "{refused}");
    assert!(Arc::ptr_eq(&first, &cache.verify(&verifier, good.as_bytes(), NOW).unwrap()));
}

#[test]
fn good_tokens_are_bounded_too() {
    let key = key();
    let (verifier, mut cache) = (verifier(&key), cache(10));
    for id in 0..100 {
        assert!(cache.verify(&verifier, token(&key, 60, id).as_bytes(), NOW).is_ok());
    }
    assert!(cache.len().0 <= 10);
}

#[test]
fn another_verifier_remembers_nothing_of_the_first() {
    let (key, other) = (key(), key());
    let (first, token, mut cache) = (verifier(&key), token(&key, 60, 1), cache(10));
    assert!(cache.verify(&first, token.as_bytes(), NOW).is_ok());
    assert_eq!(cache.verify(&verifier(&other), token.as_bytes(), NOW).unwrap_err(), TokenError::BadSignature);
    assert!(cache.verify(&first, token.as_bytes(), NOW).is_ok());
}

#[test]
fn what_is_too_large_is_not_even_hashed() {
    let mut cache = cache(10);
    let large = vec![b'a'; TOKEN_BYTES_MAX + 1];
    assert_eq!(cache.verify(&verifier(&key()), &large, NOW).unwrap_err(), TokenError::TooLarge);
    assert!(cache.is_empty());
}

#[tokio::test]
async fn rotated_keys_end_what_was_remembered_under_the_old_ones() {
    let (old, new) = (key(), key());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let feed = Arc::new(KeyFeed::new(KeySource::File(path.clone()), Algorithms::ALL, FeedTiming::default()));
    let verifier = Verifier::new(vec![(Issuer::new("i", vec!["a".into()]), feed.clone())]).unwrap();
    let (verifier, mut cache, client) =
        (Arc::new(verifier), cache(10), KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap());
    let (by_old, by_new) = (token(&old, 60, 1), token(&new, 60, 2));

    std::fs::write(&path, key_set(&[&old]).to_string()).unwrap();
    feed.refresh(&client, &|| NOW).await.unwrap();
    assert!(cache.verify(&verifier, by_old.as_bytes(), NOW).is_ok());
    assert_eq!(cache.verify(&verifier, by_new.as_bytes(), NOW).unwrap_err(), TokenError::BadSignature);

    std::fs::write(&path, key_set(&[&new]).to_string()).unwrap();
    feed.refresh(&client, &|| NOW).await.unwrap();
    assert_eq!(cache.verify(&verifier, by_old.as_bytes(), NOW).unwrap_err(), TokenError::BadSignature);
    assert!(cache.verify(&verifier, by_new.as_bytes(), NOW).is_ok());
}

/// The seeds and past finds of the fuzzer, which are all unsigned: refused, and alike with and without a memory.
#[test]
fn the_fuzzers_seeds_are_refused_for_what_they_are() {
    let verifier = verifier(&key());
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/jwt"));
    let (mut cache, mut reasons) = (cache(100), BTreeMap::new());
    for seed in folder.read_dir().unwrap() {
        let path = seed.unwrap().path();
        let token = std::fs::read(&path).unwrap();
        let error = verifier.verify(&token, NOW).unwrap_err();
        for _ in 0..2 {
            assert_eq!(cache.verify(&verifier, &token, NOW).unwrap_err(), error, "{}", path.display());
        }
        reasons.insert(path.file_name().unwrap().to_string_lossy().into_owned(), error);
    }
    for (name, expected) in [
        ("none", TokenError::UnsupportedAlgorithm),
        ("hmac", TokenError::UnsupportedAlgorithm),
        ("embedded_jwk", TokenError::HeaderRefused("jwk")),
        ("crit", TokenError::HeaderRefused("crit")),
        ("encrypted", TokenError::Encrypted),
        ("duplicate_alg", TokenError::Malformed),
        ("duplicate_claim", TokenError::Malformed),
        ("loose_bits", TokenError::Malformed),
        ("padded", TokenError::Malformed),
        ("deep_claims", TokenError::Malformed),
        ("json_serialisation", TokenError::Malformed),
    ] {
        assert_eq!(reasons[name], expected, "{name}");
    }
}
