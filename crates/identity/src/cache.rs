//! What one worker remembers of the tokens it has seen, so that a token costs one signature and not one a request.

mod digest;

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use quick_cache::unsync::Cache;

use crate::error::TokenError;
use crate::jws::TOKEN_BYTES_MAX;
use crate::verifier::{Verified, Verifier};
use digest::{Digest, Digester};

/// How long a verified token is remembered at most. It bounds how long a token outlives keys that went stale.
const ACCEPTED_FOR_MAX: Duration = Duration::from_secs(300);

/// How long a refusal is remembered; then an unknown key is asked for again.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// How many tokens one cache remembers.
#[derive(Debug, Clone, Copy)]
pub struct CacheLimits {
    /// Verified tokens.
    pub accepted_max: usize,
    /// Refused tokens; apart, so that garbage drives out no good token.
    pub refused_max: usize,
}

impl Default for CacheLimits {
    fn default() -> CacheLimits {
        CacheLimits { accepted_max: 10_000, refused_max: 2_000 }
    }
}

/// A bounded memory of tokens by their digest, for one thread.
#[derive(Debug)]
pub struct TokenCache {
    accepted: Cache<Digest, Entry<Arc<Verified>>>,
    refused: Cache<Digest, Entry<TokenError>>,
    /// Absent where there is no randomness: then nothing is remembered.
    digester: Option<Digester>,
    limits: CacheLimits,
    /// Whose answers these are; held, so that no other verifier can come to stand at its address.
    verifier: Option<Arc<Verifier>>,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    answer: T,
    from: Timestamp,
    until: Timestamp,
    generation: u64,
}

impl<T: Clone> Entry<T> {
    /// The answer, if it still stands: not before it was given (the clock may have been set back), not after its
    /// time, and not under other keys.
    fn at(&self, now: Timestamp, generation: u64) -> Option<T> {
        let stands = self.from <= now && now < self.until && self.generation == generation;
        stands.then(|| self.answer.clone())
    }
}

impl TokenCache {
    /// An empty memory.
    pub fn new(limits: CacheLimits) -> TokenCache {
        TokenCache {
            accepted: Cache::new(limits.accepted_max),
            refused: Cache::new(limits.refused_max),
            digester: Digester::new(),
            limits,
            verifier: None,
        }
    }

    /// What `verifier` says of `token` at `now`, remembered if it was asked before under the same keys.
    pub fn verify(
        &mut self,
        verifier: &Arc<Verifier>,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Arc<Verified>, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLarge);
        }
        self.belong_to(verifier);
        // Read before verifying: keys that change meanwhile make the entry old at once, never new under old keys.
        let generation = verifier.generation();
        let Some(key) = self.digest(token) else { return verifier.verify(token, now).map(Arc::new) };
        if let Some(verified) = self.accepted.get(&key).and_then(|entry| entry.at(now, generation)) {
            return Ok(verified);
        }
        if let Some(error) = self.refused.get(&key).and_then(|entry| entry.at(now, generation)) {
            return Err(error);
        }
        match verifier.verify(token, now) {
            Ok(verified) => {
                let answer = Arc::new(verified);
                let until = answer.valid_until.min(now.plus(ACCEPTED_FOR_MAX));
                self.accepted.insert(key, Entry { answer: answer.clone(), from: now, until, generation });
                Ok(answer)
            }
            Err(error) => {
                // What is opaque to the verifier is for its issuer to say.
                if !error.is_transient() && !error.is_of_opaque_token() {
                    let until = now.plus(REFUSED_FOR);
                    self.refused.insert(key, Entry { answer: error, from: now, until, generation });
                }
                Err(error)
            }
        }
    }

    /// Remembers what the issuer of an opaque `token` said when it was asked, beside what `verifier` says.
    pub fn remember(
        &mut self,
        verifier: &Arc<Verifier>,
        token: &[u8],
        answer: &Result<Arc<Verified>, TokenError>,
        now: Timestamp,
    ) {
        self.belong_to(verifier);
        let generation = verifier.generation();
        let Some(key) = self.digest(token) else { return };
        match answer {
            Ok(verified) => {
                let until = verified.valid_until.min(now.plus(ACCEPTED_FOR_MAX));
                self.refused.remove(&key);
                self.accepted.insert(key, Entry { answer: verified.clone(), from: now, until, generation });
            }
            Err(error) if !error.is_transient() => {
                let until = now.plus(REFUSED_FOR);
                self.refused.insert(key, Entry { answer: *error, from: now, until, generation });
            }
            Err(_) => {}
        }
    }

    /// How many verified and how many refused tokens are remembered.
    pub fn len(&self) -> (usize, usize) {
        (self.accepted.len(), self.refused.len())
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    fn digest(&self, token: &[u8]) -> Option<Digest> {
        self.digester.as_ref()?.digest(token)
    }

    fn belong_to(&mut self, verifier: &Arc<Verifier>) {
        if self.verifier.as_ref().is_none_or(|own| !Arc::ptr_eq(own, verifier)) {
            *self = TokenCache { verifier: Some(verifier.clone()), ..TokenCache::new(self.limits) };
        }
    }
}

#[cfg(test)]
mod tests;
