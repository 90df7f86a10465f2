//! Proofs that whoever sends a token holds the key it is bound to (DPoP, RFC 9449), for tokens bound to a key.

mod nonce;
mod replay;
mod target;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use model::Timestamp;
use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, Algorithms};
use crate::base64url;
use crate::claims;
use crate::error::TokenError;
use crate::json;
use crate::jws::{Parts, refuse_members, text};
use crate::key::{Key, KeyError};
use crate::thumbprint::{Thumbprint, sha256};
use nonce::{Nonces, Standing};
use replay::{Replays, Seen};

/// Bytes of a proof: an RSA key of 8192 bits, its signature, and what it says.
const PROOF_BYTES_MAX: usize = 8 * 1024;

/// Bytes of a `jti`.
const ID_BYTES_MAX: usize = 256;

/// How far a client's clock may be ahead.
const AHEAD_MAX: Duration = Duration::from_secs(10);

/// The longest that a proof may be accepted, so that what is remembered of it stays bounded.
pub const AGE_MAX: Duration = Duration::from_secs(600);

/// Members of a header by which a proof would take its key from elsewhere, or change what its signature covers. Its
/// `jwk` is the one that it must have, and is good for nothing but what the token is bound to.
const REFUSED_MEMBERS: [&str; 6] = ["crit", "b64", "jku", "x5u", "x5c", "zip"];

/// How proofs are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofRules {
    /// How long after its `iat` a proof is accepted; at most [`AGE_MAX`].
    pub age_max: Duration,
    /// Whether a proof must hold a nonce of ours (RFC 9449 section 9), which bounds how long before its use a proof can
    /// have been made, whatever its `iat` says.
    pub needs_nonce: bool,
}

impl Default for ProofRules {
    fn default() -> ProofRules {
        ProofRules { age_max: Duration::from_secs(60), needs_nonce: false }
    }
}

/// Judges proofs, and remembers those that were accepted; shared by all threads.
#[derive(Debug)]
pub struct Proofs {
    rules: ProofRules,
    memory: Arc<Memory>,
}

/// What outlives the rules.
#[derive(Debug)]
struct Memory {
    key: hmac::Key,
    nonces: Nonces,
    replays: Replays,
}

/// What a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The method.
    pub method: &'r str,
    /// `http` or `https`.
    pub scheme: &'r str,
    /// Host, and port where it is not the scheme's own.
    pub host: &'r str,
    /// Path without query.
    pub path: &'r str,
    /// The token that is sent.
    pub token: &'r [u8],
    /// The key that the token is bound to.
    pub key: Thumbprint,
}

/// Why a proof is refused: a closed list that holds nothing of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// It is not a compact JWS of bounded size, strict base64url and strict JSON, or has a member that is not accepted.
    Malformed(TokenError),
    /// Its `typ` is not `dpop+jwt`.
    WrongType,
    /// Its `alg` is not an asymmetric one that is accepted, or not one for its key.
    UnsupportedAlgorithm,
    /// Its `jwk` is absent, private, or no key.
    BadKey(KeyError),
    /// Its key is not the one that the token is bound to.
    WrongKey,
    /// Its signature does not verify.
    BadSignature,
    /// A claim is absent, too long, or of the wrong kind.
    BadClaim(&'static str),
    /// Its `htm` is another method.
    WrongMethod,
    /// Its `htu` is another address.
    WrongTarget,
    /// Its `ath` is of another token.
    WrongToken,
    /// Its `iat` is too long ago.
    Stale,
    /// Its `iat` lies in the future.
    NotYetValid,
    /// It holds no nonce of ours that is still good.
    NonceWanted,
    /// It was used before.
    Replayed,
    /// There is no room to remember it, so it could be used again.
    NoRoom,
}

/// The claims of a proof that are judged.
struct Statement {
    id: String,
    issued: Timestamp,
    nonce: Option<String>,
}

impl Proofs {
    /// Judges by `rules`, and remembers at least `proofs_max` proofs at once. `secret` is random and nobody else's: it
    /// makes nonces, and keeps callers from steering where their proofs are remembered.
    pub fn new(rules: ProofRules, proofs_max: usize, secret: &[u8; 32]) -> Proofs {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let memory = Memory { nonces: Nonces::new(key.clone()), replays: Replays::new(proofs_max), key };
        Proofs { rules, memory: Arc::new(memory) }
    }

    /// The same memory under other rules.
    pub fn with_rules(&self, rules: ProofRules) -> Proofs {
        Proofs { rules, memory: Arc::clone(&self.memory) }
    }

    /// The nonce that proofs made from now on should hold (RFC 9449 section 8).
    pub fn nonce(&self, now: Timestamp) -> String {
        self.memory.nonces.at(now)
    }

    /// Judges `proof` at `now`, and remembers it if it is good. Returns the nonce to use from here on, where that is not
    /// the one that the proof has.
    ///
    /// Of all that is checked (RFC 9449 section 4.3) the signature comes last but one, as the costliest; what is
    /// remembered is proven.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(
        &self,
        proof: &[u8],
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, ProofError> {
        if proof.len() > PROOF_BYTES_MAX {
            return Err(ProofError::Malformed(TokenError::TooLarge));
        }
        let mut parts = Parts::parse(proof).map_err(ProofError::Malformed)?;
        let (algorithm, jwk) = header(std::mem::take(&mut parts.header))?;
        let (payload, signature) = parts.decoded().map_err(ProofError::Malformed)?;
        if Thumbprint::of_jwk(&jwk) != Some(request.key) {
            return Err(ProofError::WrongKey);
        }
        let Ok(members) = json::object(&payload) else {
            return Err(ProofError::Malformed(TokenError::Malformed));
        };
        let statement = statement(&members, request)?;
        self.check_time(&statement, now)?;
        let standing = match &statement.nonce {
            Some(nonce) if self.rules.needs_nonce => self.memory.nonces.standing(nonce, now),
            _ => Standing::Unknown,
        };
        if self.rules.needs_nonce && standing == Standing::Unknown {
            return Err(ProofError::NonceWanted);
        }
        let allowed: Algorithms = [algorithm].into_iter().collect();
        let key = Key::from_jwk(&jwk, allowed).map_err(ProofError::BadKey)?;
        match key.verify(algorithm, parts.signed, &signature) {
            Some(true) => {}
            Some(false) => return Err(ProofError::BadSignature),
            None => return Err(ProofError::UnsupportedAlgorithm),
        }
        self.remember(&statement, request.key, now)?;
        Ok((standing == Standing::Previous).then(|| self.nonce(now)))
    }

    fn check_time(&self, statement: &Statement, now: Timestamp) -> Result<(), ProofError> {
        if statement.issued > now.plus(AHEAD_MAX) {
            Err(ProofError::NotYetValid)
        } else if now.since(statement.issued) >= self.rules.age_max.min(AGE_MAX) {
            Err(ProofError::Stale)
        } else {
            Ok(())
        }
    }

    fn remember(&self, statement: &Statement, key: Thumbprint, now: Timestamp) -> Result<(), ProofError> {
        let named = [REPLAY, key.as_bytes(), statement.id.as_bytes()].concat();
        let digest = hmac::sign(&self.memory.key, &named);
        // A second more, since the memory counts whole ones.
        let until = statement.issued.plus(self.rules.age_max.min(AGE_MAX)).as_secs() + 1;
        match self.memory.replays.insert(digest.as_ref(), now.as_secs(), until) {
            Seen::New => Ok(()),
            Seen::Before => Err(ProofError::Replayed),
            Seen::NoRoom => Err(ProofError::NoRoom),
        }
    }
}

/// Keeps what is hashed to remember a proof apart from what is hashed to make a nonce.
const REPLAY: &[u8] = b"replay ";

/// The algorithm and the key that a proof's header names.
fn header(mut header: Map<String, Value>) -> Result<(Algorithm, Map<String, Value>), ProofError> {
    refuse_members(&header, &REFUSED_MEMBERS).map_err(ProofError::Malformed)?;
    let kind = text(&mut header, "typ").map_err(ProofError::Malformed)?;
    if kind.as_deref() != Some("dpop+jwt") {
        return Err(ProofError::WrongType);
    }
    let name = text(&mut header, "alg").map_err(ProofError::Malformed)?;
    let algorithm = name.and_then(|name| Algorithm::named(&name)).ok_or(ProofError::UnsupportedAlgorithm)?;
    match header.remove("jwk") {
        Some(Value::Object(jwk)) => Ok((algorithm, jwk)),
        _ => Err(ProofError::BadKey(KeyError::Malformed("jwk"))),
    }
}

/// What a proof says, held against the request.
fn statement(members: &Map<String, Value>, request: &Request<'_>) -> Result<Statement, ProofError> {
    let claim = |name: &'static str| match claims::text(members, name) {
        Ok(value) => Ok(value),
        Err(_) => Err(ProofError::BadClaim(name)),
    };
    let needed = |name: &'static str| claim(name)?.ok_or(ProofError::BadClaim(name));
    let id = needed("jti")?;
    if id.is_empty() || id.len() > ID_BYTES_MAX {
        return Err(ProofError::BadClaim("jti"));
    }
    if needed("htm")? != request.method {
        return Err(ProofError::WrongMethod);
    }
    if !target::is_same(&needed("htu")?, request.scheme, request.host, request.path) {
        return Err(ProofError::WrongTarget);
    }
    if needed("ath")? != base64url::encode(sha256(request.token)) {
        return Err(ProofError::WrongToken);
    }
    let Ok(Some(issued)) = claims::date(members, "iat") else { return Err(ProofError::BadClaim("iat")) };
    Ok(Statement { id, issued, nonce: claim("nonce")? })
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            ProofError::Malformed(TokenError::HeaderRefused(member)) => {
                return write!(f, "the proof's header has `{member}`, which is not accepted");
            }
            ProofError::Malformed(TokenError::TooLarge) => "the proof is too large",
            ProofError::Malformed(_) => "the proof is not a well-formed signed token",
            ProofError::WrongType => "the proof's `typ` is not `dpop+jwt`",
            ProofError::UnsupportedAlgorithm => "the proof's algorithm is not accepted, or not for its key",
            ProofError::BadKey(error) => return write!(f, "the proof's `jwk`: {error}"),
            ProofError::WrongKey => "the proof is of another key than the token is bound to",
            ProofError::BadSignature => "the proof's signature does not verify",
            ProofError::BadClaim(claim) => return write!(f, "the proof's `{claim}` is absent or malformed"),
            ProofError::WrongMethod => "the proof is for another method",
            ProofError::WrongTarget => "the proof is for another address",
            ProofError::WrongToken => "the proof is for another token",
            ProofError::Stale => "the proof is too old",
            ProofError::NotYetValid => "the proof is not valid yet",
            ProofError::NonceWanted => "the proof holds no current nonce",
            ProofError::Replayed => "the proof was used before",
            ProofError::NoRoom => "there is no room to remember the proof",
        };
        f.write_str(text)
    }
}

impl std::error::Error for ProofError {}

#[cfg(test)]
mod tests;
