//! Signed access tokens for the demo and the benchmark, from a key made for the run.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Algorithm {
    Es256,
    Rs256,
}

/// A private key and its public half.
#[derive(Debug)]
pub(crate) struct Signer {
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// Name of the one key.
const KEY_ID: &str = "key-1";

impl Signer {
    pub(crate) fn generate(algorithm: Algorithm) -> Outcome<Self> {
        let pair = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Es256),
            Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rs256),
        };
        Ok(Self { pair: pair.map_err(broken)? })
    }

    /// A token over `claims`, with the type of an access token (RFC 9068).
    pub(crate) fn sign(&self, claims: &Value) -> Outcome<String> {
        let alg = match self.pair {
            Pair::Es256(_) => "ES256",
            Pair::Rs256(_) => "RS256",
        };
        let signed = unsigned(&json!({"alg": alg, "kid": KEY_ID, "typ": "at+jwt"}), claims);
        let signature = self.signature(signed.as_bytes()).map_err(broken)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }

    /// The public half as a JSON Web Key Set (RFC 7517 5).
    pub(crate) fn key_set(&self) -> Value {
        let key = match &self.pair {
            Pair::Es256(pair) => {
                // An uncompressed point: a byte that says so, then two coordinates of 32 bytes.
                let (x, y) = pair.public_key().as_ref().get(1..).unwrap_or_default().split_at(32);
                json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": encoded(x), "y": encoded(y)})
            }
            Pair::Rs256(pair) => {
                // An RSAPublicKey of 2048 bits (RFC 8017 A.1.1): nine bytes of headers, the modulus, and the exponent
                // 65537 with its header.
                let modulus = pair.public_key().as_ref().get(9..265).unwrap_or_default();
                json!({"kty": "RSA", "alg": "RS256", "n": encoded(modulus), "e": "AQAB"})
            }
        };
        let mut key = key;
        key["kid"] = json!(KEY_ID);
        key["use"] = json!("sig");
        json!({ "keys": [key] })
    }
}

/// Header and claims of a token without its signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn broken(_: Unspecified) -> Failure {
    Failure::new("the cryptographic library made no key or signature, and does not say why")
}

#[test]
fn a_token_verifies_with_the_published_key() {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    let signer = Signer::generate(Algorithm::Rs256).expect("a key");
    let token = signer.sign(&json!({"sub": "alice"})).expect("a token");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let key = signer.key_set()["keys"][0].clone();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().expect("text")).expect("base64url");
    let public = RsaPublicKeyComponents { n: part("n"), e: part("e") };
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).expect("verifies");
    let es = Signer::generate(Algorithm::Es256).expect("a key").key_set();
    assert_eq!(es["keys"][0]["x"].as_str().map(str::len), Some(43));
    assert_eq!(es["keys"][0]["y"].as_str().map(str::len), Some(43));
}
