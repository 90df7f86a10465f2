//! Which JWKs become keys, for which algorithms, and why the others do not.

use std::sync::LazyLock;

use serde_json::json;

use super::*;
use crate::issue::SigningKey;

/// Made once, since an RSA key takes its time.
static RSA: LazyLock<Value> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Rs256, "1").unwrap().public_jwk());

fn jwk(algorithm: Algorithm) -> Map<String, Value> {
    let jwk = match algorithm {
        Algorithm::Rs256 => RSA.clone(),
        other => SigningKey::generate(other, "1").unwrap().public_jwk(),
    };
    jwk.as_object().unwrap().clone()
}

/// The members of a valid public JWK, changed by `change`.
fn read(algorithm: Algorithm, change: &Value) -> Result<Key, KeyError> {
    let mut jwk = jwk(algorithm);
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            jwk.remove(name)
        } else {
            jwk.insert(name.clone(), value.clone())
        };
    }
    Key::from_jwk(&jwk, Algorithms::ALL)
}

#[track_caller]
fn check(algorithm: Algorithm, change: &Value, expected: KeyError) {
    assert_eq!(read(algorithm, change).map(|_| ()), Err(expected), "{change}");
}

fn algorithms(key: &Key) -> Vec<Algorithm> {
    Algorithm::ALL.into_iter().filter(|algorithm| key.is_for(*algorithm)).collect()
}

#[test]
fn a_key_is_for_its_alg_alone() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Ed25519] {
        assert_eq!(algorithms(&read(algorithm, &json!({})).unwrap()), [algorithm]);
    }
    assert_eq!(algorithms(&read(Algorithm::Rs256, &json!({"alg": "PS384"})).unwrap()), [Algorithm::Ps384]);
    assert_eq!(
        algorithms(&read(Algorithm::Ed25519, &json!({"alg": "Ed25519"})).unwrap()),
        [Algorithm::Ed25519]
    );
}

#[test]
fn a_key_without_alg_is_for_what_its_type_and_the_issuer_allow() {
    let key = read(Algorithm::Rs256, &json!({"alg": null})).unwrap();
    assert_eq!(algorithms(&key), Algorithm::ALL[..6]);
    assert_eq!(algorithms(&read(Algorithm::Es256, &json!({"alg": null})).unwrap()), [Algorithm::Es256]);

    let allowed = [Algorithm::Ps256, Algorithm::Es256].into_iter().collect();
    let mut jwk = jwk(Algorithm::Rs256);
    assert_eq!(Key::from_jwk(&jwk, allowed).unwrap_err(), KeyError::WrongAlgorithm);
    jwk.remove("alg");
    assert_eq!(algorithms(&Key::from_jwk(&jwk, allowed).unwrap()), [Algorithm::Ps256]);
}

#[test]
fn an_alg_that_does_not_fit_is_refused() {
    for alg in ["HS256", "none", "ES384", "ES512", "ES521", "ES224", "RS256", "EdDSA", "A256KW", ""] {
        check(Algorithm::Es256, &json!({"alg": alg}), KeyError::WrongAlgorithm);
    }
    check(Algorithm::Rs256, &json!({"alg": "ES256"}), KeyError::WrongAlgorithm);
    check(Algorithm::Rs256, &json!({"alg": "RSA-OAEP"}), KeyError::WrongAlgorithm);
    check(Algorithm::Rs256, &json!({"alg": 1}), KeyError::Malformed("alg"));
}

#[test]
fn secrets_are_refused_whatever_else_they_say() {
    for member in PRIVATE_MEMBERS {
        check(Algorithm::Rs256, &json!({member: "AQAB"}), KeyError::Private);
        check(Algorithm::Es256, &json!({member: false, "use": "enc"}), KeyError::Private);
    }
    check(Algorithm::Es256, &json!({"kty": "oct"}), KeyError::Symmetric);
    check(Algorithm::Es256, &json!({"k": "AAAA"}), KeyError::Symmetric);
}

#[test]
fn use_and_key_ops_must_leave_verifying_open() {
    assert!(read(Algorithm::Es256, &json!({"use": null, "key_ops": ["sign", "verify"]})).is_ok());
    check(Algorithm::Es256, &json!({"use": "enc"}), KeyError::WrongUse);
    check(Algorithm::Es256, &json!({"key_ops": ["encrypt"]}), KeyError::WrongUse);
    check(Algorithm::Es256, &json!({"key_ops": []}), KeyError::WrongUse);
    check(Algorithm::Es256, &json!({"use": ["sig"]}), KeyError::Malformed("use"));
    check(Algorithm::Es256, &json!({"key_ops": "verify"}), KeyError::Malformed("key_ops"));
}

#[test]
fn rsa_numbers_are_bounded() {
    let modulus = |bytes: usize| json!({"n": base64url::encode(vec![0xc3; bytes])});
    check(Algorithm::Rs256, &modulus(255), KeyError::Size);
    check(Algorithm::Rs256, &modulus(1025), KeyError::Size);
    check(Algorithm::Rs256, &json!({"n": ""}), KeyError::Size);
    let padded = [vec![0; 128], vec![0xc3; 128]].concat();
    check(Algorithm::Rs256, &json!({"n": base64url::encode(padded)}), KeyError::Size);
    for exponent in [&[][..], &[1], &[2], &[0, 0, 1], &[1, 0, 0], &[1, 0, 0, 0, 1], &[1; 9]] {
        check(Algorithm::Rs256, &json!({"e": base64url::encode(exponent)}), KeyError::Exponent);
    }
    assert!(read(Algorithm::Rs256, &json!({"e": "AAEAAQ"})).is_ok(), "leading zeros change no number");
    let weak = [vec![0; 250], vec![1, 0, 1]].concat();
    assert!(roca::is_weak(&weak));
}

#[test]
fn points_are_whole_and_on_their_curve() {
    check(Algorithm::Es256, &json!({"x": base64url::encode([7; 32])}), KeyError::Invalid);
    check(Algorithm::Es256, &json!({"x": base64url::encode([0; 31])}), KeyError::Invalid);
    check(
        Algorithm::Es256,
        &json!({"x": base64url::encode([0; 32]), "y": base64url::encode([0; 32])}),
        KeyError::Invalid,
    );
    check(Algorithm::Es256, &json!({"alg": null, "crv": "P-384"}), KeyError::Invalid);
    check(Algorithm::Es256, &json!({"y": null}), KeyError::Malformed("y"));
    check(Algorithm::Es256, &json!({"y": "AA=="}), KeyError::Malformed("y"));
    check(Algorithm::Ed25519, &json!({"x": base64url::encode([7; 31])}), KeyError::Invalid);
}

#[test]
fn other_types_and_curves_are_not_supported() {
    check(Algorithm::Es256, &json!({"crv": "secp256k1"}), KeyError::UnsupportedType);
    check(Algorithm::Ed25519, &json!({"crv": "X25519"}), KeyError::UnsupportedType);
    check(Algorithm::Es256, &json!({"kty": "AKP"}), KeyError::UnsupportedType);
    check(Algorithm::Es256, &json!({"kty": null}), KeyError::Malformed("kty"));
    check(Algorithm::Es256, &json!({"kid": 1}), KeyError::Malformed("kid"));
    check(Algorithm::Es256, &json!({"kid": "k".repeat(KEY_ID_BYTES_MAX + 1)}), KeyError::Malformed("kid"));
}
