//! Opaque tokens: their issuer is asked what they are (RFC 7662), once for all who wait, and not again for a while.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{HeaderValue, Uri};
use model::{Secret, Timestamp};
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::claims::Claims;
use crate::client::{basic, form_encoded};
use crate::error::TokenError;
use crate::feed::{Clock, FeedError, discover};
use crate::fetch::{FetchError, Form, KeyClient};
use crate::json;
use crate::jws::TOKEN_BYTES_MAX;
use crate::thumbprint::sha256;
use crate::verifier::{Issuer, Verified};

/// The longest that an answer may be believed.
pub const CACHE_MAX: Duration = Duration::from_secs(300);

/// How long a refusal is believed, and how long nobody asks again after no answer came.
const REFUSED_FOR: Duration = Duration::from_secs(10);
const FAILED_FOR: Duration = Duration::from_secs(1);

/// How many answers are kept.
const ANSWERS_MAX: usize = 10_000;

/// Questions at once; whoever comes on top is refused, so that made-up tokens are no load without bound.
const QUESTIONS_MAX: usize = 64;

/// From the first packet of a question to the last byte of its answer, and of the metadata before it.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What an issuer says of one token.
pub type Answer = Result<Arc<Verified>, TokenError>;

/// How one issuer is asked about its opaque tokens.
#[derive(Debug)]
pub struct Settings {
    /// The issuer: its audiences and the skew of its clock count here too.
    pub issuer: Issuer,
    /// Where it is asked; found in its metadata where absent.
    pub endpoint: Option<Uri>,
    /// Who asks.
    pub client_id: String,
    /// The proof of that.
    pub client_secret: Secret,
    /// How long an answer is believed at most, so within which time a revocation is seen; at most [`CACHE_MAX`].
    pub cache_max: Duration,
    /// Whether an answer may leave out `aud`, which RFC 7662 lets it; it then is for us.
    pub aud_optional: bool,
}

/// Asks one issuer; shared by all threads.
#[derive(Debug)]
pub struct Introspector {
    settings: Settings,
    authorization: HeaderValue,
    client: KeyClient,
    found: ArcSwapOption<Uri>,
    answers: Cache<[u8; 32], Known>,
    places: Semaphore,
}

/// A question that a policy has, for those who can wait to ask.
#[derive(Debug, Clone)]
pub struct Lookup<'t> {
    introspector: Arc<Introspector>,
    token: &'t [u8],
}

#[derive(Debug, Clone)]
struct Known {
    answer: Answer,
    from: Timestamp,
    until: Timestamp,
}

/// Why there is no answer; for the log.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("{0}")]
    Discovery(#[from] FeedError),
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("the answer is not strict JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer does not say whether the token is active")]
    NoActive,
    #[error("no answer within {} s", ASK_TIMEOUT.as_secs())]
    TimedOut,
    #[error("too many questions at once")]
    TooMany,
}

impl Known {
    fn stands(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

impl<'t> Lookup<'t> {
    /// The question what `token` is.
    pub fn new(introspector: &Arc<Introspector>, token: &'t [u8]) -> Lookup<'t> {
        Lookup { introspector: Arc::clone(introspector), token }
    }

    /// Asks it. Dropping the future asks nobody, and lets another who waits for the same answer ask.
    pub async fn ask(self, clock: Clock<'_>) -> Answer {
        self.introspector.ask(self.token, clock).await
    }
}

impl Introspector {
    /// # Errors
    /// A client id and secret that cannot stand in a header field.
    pub fn new(
        settings: Settings,
        client: KeyClient,
    ) -> Result<Introspector, http::header::InvalidHeaderValue> {
        let authorization = basic(&settings.client_id, &settings.client_secret)?;
        Ok(Introspector {
            settings,
            authorization,
            client,
            found: ArcSwapOption::empty(),
            answers: Cache::new(ANSWERS_MAX),
            places: Semaphore::new(QUESTIONS_MAX),
        })
    }

    /// The issuer that is asked.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer.url
    }

    /// What `token` is: as it was said before, while that is believed; else the issuer is asked, once for all who wait.
    ///
    /// # Errors
    /// [`TokenError::IntrospectionUnavailable`] where there is no usable answer; anything else is a refusal.
    pub async fn ask(&self, token: &[u8], clock: Clock<'_>) -> Answer {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLarge);
        }
        let key = sha256(token);
        loop {
            match self.answers.get_value_or_guard_async(&key).await {
                Ok(known) if known.stands(clock()) => return known.answer,
                // Only what is old is taken away, never what another has put in its place meanwhile.
                Ok(_) => drop(self.answers.remove_if(&key, |known| !known.stands(clock()))),
                Err(place) => {
                    let answer = self.question(token, clock).await;
                    let from = clock();
                    let until = match &answer {
                        Ok(verified) => verified.valid_until,
                        Err(TokenError::IntrospectionUnavailable) => from.plus(FAILED_FOR),
                        Err(_) => from.plus(REFUSED_FOR.min(self.settings.cache_max)),
                    };
                    let known = Known { answer: answer.clone(), from, until };
                    if place.insert(known).is_err() {
                        tracing::debug!("an answer about a token was not kept");
                    }
                    return answer;
                }
            }
        }
    }

    async fn question(&self, token: &[u8], clock: Clock<'_>) -> Answer {
        let asked = clock();
        let answered = match self.places.try_acquire() {
            Ok(_place) => timeout(ASK_TIMEOUT, self.exchange(token)).await.unwrap_or(Err(AskError::TimedOut)),
            Err(_) => Err(AskError::TooMany),
        };
        match answered {
            Ok(None) => Err(TokenError::Inactive),
            Ok(Some(members)) => self.judge(members, asked).map(Arc::new),
            Err(error) => {
                // It may have moved.
                self.found.store(None);
                tracing::warn!(issuer = self.issuer(), %error, "a token could not be introspected");
                Err(TokenError::IntrospectionUnavailable)
            }
        }
    }

    /// What the issuer says of an active token; nothing of another.
    async fn exchange(&self, token: &[u8]) -> Result<Option<Map<String, Value>>, AskError> {
        let endpoint = match (&self.settings.endpoint, self.found.load_full()) {
            (Some(url), _) => Arc::new(url.clone()),
            (None, Some(found)) => found,
            (None, None) => {
                let found = discover(&self.client, self.issuer(), "introspection_endpoint").await?;
                let found = Arc::new(found);
                self.found.store(Some(Arc::clone(&found)));
                found
            }
        };
        let body = format!("token={}&token_type_hint=access_token", form_encoded(token));
        let form = Form { body: Bytes::from(body), authorization: self.authorization.clone() };
        let answer = self.client.post(&endpoint, form, ANSWER_BYTES_MAX).await?;
        let members = json::object(&answer)?;
        match members.get("active") {
            Some(Value::Bool(true)) => Ok(Some(members)),
            Some(Value::Bool(false)) => Ok(None),
            _ => Err(AskError::NoActive),
        }
    }

    /// Holds what is said of a token against what the issuer's tokens must be. It was asked at `asked`, so what it says
    /// is no younger.
    fn judge(&self, mut members: Map<String, Value>, asked: Timestamp) -> Result<Verified, TokenError> {
        let Settings { issuer, cache_max, aud_optional, .. } = &self.settings;
        // RFC 7662 section 2.2 lets the issuer leave out that it is itself.
        members.entry("iss").or_insert_with(|| issuer.url.as_str().into());
        if let Some(kind) = members.get("token_type") {
            // A refresh token is active as well, and opens nothing here.
            let is_access =
                |kind: &str| ["bearer", "dpop"].iter().any(|known| kind.eq_ignore_ascii_case(known));
            if !kind.as_str().is_some_and(is_access) {
                return Err(TokenError::WrongType);
            }
        }
        let claims = Claims::of(members)?;
        if claims.issuer != issuer.url {
            return Err(TokenError::UnknownIssuer);
        }
        if !(*aud_optional && claims.get("aud").is_none()) {
            issuer.check_audience(&claims)?;
        }
        let believed = asked.plus((*cache_max).min(CACHE_MAX));
        let expires = claims.expires.unwrap_or(believed);
        let valid_until = issuer.check_times(&claims, expires, asked)?.min(believed);
        Ok(Verified { claims, key_id: None, algorithm: None, valid_until })
    }
}

#[cfg(test)]
mod tests;
