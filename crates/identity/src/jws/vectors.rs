//! Every case of the Wycheproof JOSE vectors and of the RFC 7520 cookbook is answered right.
//!
//! What is accepted here is one kind of thing: a compact JWS under a public key that is for its algorithm. Cases that
//! their authors call valid and that are something else are refused on purpose, each for a reason in [`Policy`] that
//! the test checks; they are counted apart.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Jws;
use crate::algorithm::Algorithms;
use crate::error::TokenError;
use crate::key::KeyError;
use crate::key_set::{KeySet, KeySetError};

/// Why a case that is valid in itself is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Policy {
    /// HMAC: whoever can verify can also sign, so a verifier must not hold the key. There is no HMAC code at all.
    SharedSecret,
    /// JWE: tokens are signed, not encrypted.
    Encrypted,
    /// JSON serialisation, and so also several signatures, unprotected headers and protected content alone.
    JsonSerialization,
    /// An extension that must be understood (`crit` with `b64`).
    Extension,
    /// Characters that are no base64url, which RFC 7515 section 2 forbids and these cases want skipped.
    LooseBase64,
    /// The key says it is for another algorithm than the token's.
    PinnedAlgorithm,
}

/// Cases whose key says PS256 while the token says PS384, and that are nonetheless called valid. RFC 8725 section 3.1
/// wants each key used with exactly one algorithm, and the same file calls such tokens invalid elsewhere (338, 340).
/// Under a key that says PS384 they verify, which the test checks too.
const OTHER_ALGORITHM_THAN_THE_KEY: [u64; 2] = [346, 350];

/// A case under a shared secret whose header has a character that is no base64url, and that is nonetheless called
/// valid. Case 373, which has one in its payload, is refused for its algorithm before that is read.
const LOOSE_BASE64: u64 = 372;

/// How the cases of one file fell.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    verified: usize,
    /// Invalid cases refused, by reason.
    refused: BTreeMap<&'static str, usize>,
    /// Valid cases refused.
    policy: BTreeMap<Policy, usize>,
}

fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/jose"));
    if !folder.is_dir() {
        println!("skipped: the corpus is not here");
        return None;
    }
    Some(folder)
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A key or a key set as a key set.
fn key_set(key: &Value) -> Result<KeySet, KeySetError> {
    let set = if key.get("keys").is_some() { key.clone() } else { json!({"keys": [key]}) };
    KeySet::parse(set.to_string().as_bytes(), Algorithms::ALL)
}

fn public_half(key: &Value) -> Value {
    let mut key = key.clone();
    key.as_object_mut()
        .unwrap()
        .retain(|name, _| !["d", "p", "q", "dp", "dq", "qi"].contains(&name.as_str()));
    key
}

/// What the product says of `token` under `key`.
fn answer(key: &Value, token: &str) -> Result<(), &'static str> {
    let keys = key_set(key);
    let jws = Jws::parse(token.as_bytes()).map_err(TokenError::as_str)?;
    match keys {
        Ok(keys) => jws.verify(&keys).map_err(TokenError::as_str),
        Err(KeySetError::Secret { .. }) => Err("key-is-secret"),
        Err(KeySetError::DuplicateId) => Err("key-id-twice"),
        Err(KeySetError::NoUsableKey { first, .. }) => match first.unwrap().reason {
            KeyError::WrongUse => Err("key-use"),
            KeyError::WrongAlgorithm => Err("key-algorithm"),
            KeyError::Size => Err("key-size"),
            KeyError::Exponent => Err("key-exponent"),
            KeyError::Weak => Err("key-roca"),
            KeyError::Invalid => Err("key-point"),
            KeyError::Malformed(_) => Err("key-malformed"),
            reason => panic!("{reason}"),
        },
        Err(error) => panic!("{error}"),
    }
}

/// The reason for refusing a valid case, proven where it can be.
#[track_caller]
fn policy(id: u64, key: &Value, token: &str) -> Policy {
    match Jws::parse(token.as_bytes()).map(|jws| jws.header.algorithm) {
        Err(TokenError::Encrypted) => Policy::Encrypted,
        Err(TokenError::HeaderRefused("crit")) => Policy::Extension,
        Err(TokenError::Malformed) if serde_json::from_str::<Value>(token).is_ok() => {
            Policy::JsonSerialization
        }
        Err(TokenError::Malformed) if id == LOOSE_BASE64 => Policy::LooseBase64,
        Err(TokenError::UnsupportedAlgorithm) => {
            let refused = key_set(key).unwrap_err();
            assert!(
                matches!(refused, KeySetError::Secret { reason: KeyError::Symmetric, .. }),
                "{id}: {refused}"
            );
            Policy::SharedSecret
        }
        Ok(algorithm) if OTHER_ALGORITHM_THAN_THE_KEY.contains(&id) => {
            let mut corrected = key.clone();
            corrected["alg"] = json!(algorithm.as_str());
            assert_eq!(answer(key, token), Err("unsupported-algorithm"));
            assert_eq!(answer(&corrected, token), Ok(()));
            Policy::PinnedAlgorithm
        }
        other => panic!("{id}: a valid case is refused: {other:?}"),
    }
}

impl Tally {
    fn count(&mut self, id: u64, result: &str, key: &Value, token: &str) {
        self.cases += 1;
        match (result, answer(key, token)) {
            ("valid", Ok(())) => self.verified += 1,
            ("valid", Err(_)) => *self.policy.entry(policy(id, key, token)).or_default() += 1,
            ("invalid", Ok(())) => panic!("{id}: an invalid case is accepted"),
            ("invalid", Err(reason)) => *self.refused.entry(reason).or_default() += 1,
            (other, _) => panic!("{id}: unknown result {other}"),
        }
    }

    fn print(&self, file: &str) {
        let (refused, policy): (usize, usize) = (self.refused.values().sum(), self.policy.values().sum());
        println!(
            "{file:<34} {:>4} cases = {:>3} verified + {refused:>3} invalid refused + {policy:>3} refused by policy",
            self.cases, self.verified
        );
        println!("{:>34} invalid: {:?}", "", self.refused);
        println!("{:>34} policy:  {:?}", "", self.policy);
        assert_eq!(self.cases, self.verified + refused + policy);
    }
}

/// Runs one Wycheproof file; the token stands in `jws` or `jwe`, its key in `public`, or `private` where it is secret.
fn wycheproof(file: &str) -> Option<Tally> {
    let document = read(&corpus()?.join(file));
    let mut tally = Tally::default();
    for group in document["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&group["private"]);
        for case in group["tests"].as_array().unwrap() {
            let token = case.get("jws").unwrap_or(&case["jwe"]);
            let text = token.as_str().map_or_else(|| token.to_string(), str::to_owned);
            tally.count(case["tcId"].as_u64().unwrap(), case["result"].as_str().unwrap(), key, &text);
        }
    }
    assert_eq!(tally.cases as u64, document["numberOfTests"]);
    tally.print(file);
    Some(tally)
}

fn policies<const N: usize>(expected: [(Policy, usize); N]) -> BTreeMap<Policy, usize> {
    expected.into_iter().collect()
}

#[test]
fn signatures() {
    let Some(tally) = wycheproof("json_web_signature_test.json") else { return };
    assert_eq!((tally.cases, tally.verified), (401, 34));
    assert_eq!(tally.refused["bad-signature"], 294);
    assert_eq!(
        tally.policy,
        policies([(Policy::SharedSecret, 9), (Policy::LooseBase64, 1), (Policy::PinnedAlgorithm, 2)])
    );
}

#[test]
fn keys() {
    let Some(tally) = wycheproof("json_web_key_test.json") else { return };
    assert_eq!((tally.cases, tally.verified), (26, 1));
    assert_eq!(tally.policy, policies([(Policy::SharedSecret, 4)]));
}

#[test]
fn signatures_and_encryption() {
    let Some(tally) = wycheproof("json_web_crypto_test.json") else { return };
    assert_eq!((tally.cases, tally.verified), (83, 2));
    assert_eq!(tally.policy, policies([(Policy::SharedSecret, 2), (Policy::Encrypted, 2)]));
}

#[test]
fn encryption_is_never_accepted() {
    let Some(tally) = wycheproof("json_web_encryption_test.json") else { return };
    assert_eq!((tally.cases, tally.verified), (139, 0));
    assert_eq!(tally.policy, policies([(Policy::Encrypted, 65)]));
}

/// Every serialisation of every example, under the public half of its key; a signature changed by one letter is refused.
#[test]
fn the_cookbook() {
    let Some(folder) = corpus() else { return };
    let mut tally = Tally::default();
    let mut files: Vec<_> =
        folder.join("rfc7520").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let example = read(&file);
        // The nested example is a signed one and then an encrypted one.
        let examples = if example.get("sign").is_some() {
            vec![example["sign"].clone(), example["encrypt"].clone()]
        } else {
            vec![example]
        };
        for example in examples {
            let key = match &example["input"]["key"] {
                Value::Object(_) => public_half(&example["input"]["key"]),
                // Several recipients, a password or an encrypted key: the token alone must be refused.
                _ => json!({"kty": "oct", "k": "AAAA"}),
            };
            for output in example["output"].as_object().into_iter().flat_map(|outputs| outputs.values()) {
                let token = output.as_str().map_or_else(|| output.to_string(), str::to_owned);
                tally.count(0, "valid", &key, &token);
                if answer(&key, &token).is_ok() {
                    let mut changed = token.into_bytes();
                    let letter = changed.iter_mut().rev().nth(8).unwrap();
                    *letter = if *letter == b'A' { b'B' } else { b'A' };
                    let changed = String::from_utf8(changed).unwrap();
                    tally.count(0, "invalid", &key, &changed);
                }
            }
        }
    }
    tally.print("rfc7520");
    assert_eq!(tally.verified, 5, "RS256, PS384, ES512, Ed25519, and the PS256 inside the nested example");
    assert_eq!(tally.refused, [("bad-signature", 5)].into_iter().collect());
    let refused = [
        (Policy::SharedSecret, 2),
        (Policy::Encrypted, 13),
        (Policy::JsonSerialization, 48),
        (Policy::Extension, 1),
    ];
    assert_eq!(tally.policy, policies(refused));
}

#[test]
fn the_cookbooks_keys_are_told_apart() {
    let Some(folder) = corpus() else { return };
    for (file, expected) in [
        ("3_1.ec_public_key.json", None),
        ("3_2.ec_private_key.json", Some(KeyError::Private)),
        ("3_3.rsa_public_key.json", None),
        ("3_4.rsa_private_key.json", Some(KeyError::Private)),
        ("3_5.symmetric_key_mac_computation.json", Some(KeyError::Symmetric)),
        ("3_6.symmetric_key_encryption.json", Some(KeyError::Symmetric)),
    ] {
        match (key_set(&read(&folder.join("rfc7520").join(file))), expected) {
            (Ok(set), None) => assert_eq!(set.len(), 1),
            (Err(KeySetError::Secret { index: 0, reason }), Some(expected)) => assert_eq!(reason, expected),
            (other, _) => panic!("{file}: {other:?}"),
        }
    }
}
