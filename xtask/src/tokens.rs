//! Access tokens for the demo and the benchmark: the product's own issuer, with the words of this toolbox.

use std::time::{SystemTime, UNIX_EPOCH};

use identity::Algorithm;
use identity::issue::{IssueError, SigningKey, key_set};
use serde_json::Value;

use crate::failure::{Outcome, because};

/// A key made for one run, and its public half.
#[derive(Debug)]
pub(crate) struct Signer(SigningKey);

impl Signer {
    pub(crate) fn generate(algorithm: Algorithm) -> Outcome<Self> {
        SigningKey::generate(algorithm, "key-1").map(Self).map_err(because("cannot make a key"))
    }

    /// A token over `claims`, with the type of an access token (RFC 9068).
    pub(crate) fn sign(&self, claims: &Value) -> Outcome<String> {
        self.0.sign("at+jwt", claims).map_err(failed())
    }

    /// A token over `claims` that claims to need no signature.
    pub(crate) fn sign_nothing(&self, claims: &Value) -> Outcome<String> {
        let token =
            self.0.sign_parts(r#"{"alg":"none","typ":"at+jwt"}"#, &claims.to_string()).map_err(failed())?;
        let unsigned = token.rsplit_once('.').map_or("", |(unsigned, _)| unsigned);
        Ok(format!("{unsigned}."))
    }

    /// The public half as a JSON Web Key Set (RFC 7517 5).
    pub(crate) fn key_set(&self) -> Value {
        key_set(&[&self.0])
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `claims` with one of them changed.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    if let Some(members) = claims.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    claims
}

fn failed() -> impl FnOnce(IssueError) -> crate::failure::Failure {
    because("cannot sign a token")
}
