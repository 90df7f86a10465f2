//! A public key of a JSON Web Key Set as PEM, which HAProxy reads.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// SubjectPublicKeyInfo of an RSA key of 2048 bits with the exponent 65537 (RFC 3279 2.3.1), around its modulus.
const RSA: (&[u8], &[u8]) = (
    &[
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
        0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ],
    &[0x02, 0x03, 0x01, 0x00, 0x01],
);

/// SubjectPublicKeyInfo of a P-256 key (RFC 5480 2), before its two coordinates.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The algorithm of the set's first key, and the key.
pub(super) fn of_first(key_set: &Value) -> Outcome<(String, String)> {
    let key = key_set.pointer("/keys/0").unwrap_or(&Value::Null);
    let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).unwrap_or_default();
    let der = match text("kty") {
        "RSA" => [RSA.0, &number("n"), RSA.1].concat(),
        "EC" => [P256, &number("x"), &number("y")].concat(),
        other => return Err(Failure::new(format!("a key of kind `{other}` has no PEM here"))),
    };
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    Ok((text("alg").to_owned(), pem))
}
