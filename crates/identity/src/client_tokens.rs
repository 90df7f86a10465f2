//! Tokens that the gateway gets for itself (OAuth 2.0 client credentials, RFC 6749 section 4.4), before they are needed.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderValue, Uri};
use model::{Secret, Timestamp};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::client::{basic, form_encoded};
use crate::feed::{Clock, jittered};
use crate::fetch::{ClientError, FetchError, Form, KeyClient, PlainHttp};
use crate::json;
use crate::jws::TOKEN_BYTES_MAX;

/// The shortest token in bytes: a shorter one would be found in answers that do not hold it.
const TOKEN_BYTES_MIN: usize = 8;

/// From the first packet of a request to the last byte of its answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long a token is taken to live of which that is not said, and at most, whatever is said.
const LIFETIME_UNSAID: Duration = Duration::from_secs(300);
const LIFETIME_MAX: Duration = Duration::from_secs(24 * 3600);

/// How long before its end a token is shown no more, so that none expires on its way; at most a tenth of its life.
const MARGIN_MAX: Duration = Duration::from_secs(10);

/// Between two requests at least, and the first pause after a failure, which doubles with each one that follows.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// Between two requests at most while there is no token.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How tokens are got.
#[derive(Debug)]
pub struct Settings {
    /// Whom they are for, in the log.
    pub name: String,
    /// Where they are asked for.
    pub token_url: Uri,
    /// Who asks.
    pub client_id: String,
    /// The proof of that.
    pub client_secret: Secret,
    /// What they are to allow; whatever the server gives where it is empty.
    pub scopes: Vec<String>,
    /// PEM of authorities that vouch for the server, besides the machine's.
    pub authorities: Option<Vec<u8>>,
}

/// A token that was got.
#[derive(Debug)]
pub struct ClientToken {
    /// The token itself.
    pub value: Secret,
    /// Until when it is shown.
    until: Timestamp,
    /// From when on another is asked for.
    due: Timestamp,
}

/// Keeps a token at hand; shared by all threads.
#[derive(Debug)]
pub struct ClientTokens {
    settings: Settings,
    authorization: HeaderValue,
    client: KeyClient,
    state: ArcSwap<State>,
    /// Held while asking, so that there is one request at a time.
    asking: Mutex<()>,
}

#[derive(Debug, Default, Clone)]
struct State {
    current: Option<Arc<ClientToken>>,
    /// Answers to requests with it may still come.
    previous: Option<Arc<ClientToken>>,
}

/// Why tokens cannot be asked for as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// They cannot stand in a header field.
    #[error("client id and secret cannot be sent: {0}")]
    Client(#[from] http::header::InvalidHeaderValue),
    /// Nobody could be reached, or believed.
    #[error("{0}")]
    Tls(#[from] ClientError),
    /// That is no place to send a secret to.
    #[error("`{url}`: {reason}")]
    Url {
        /// Where tokens would be asked for.
        url: Uri,
        /// What is wrong with that.
        reason: FetchError,
    },
}

/// Why no token was got; for the log, so without anything that was answered.
#[derive(Debug, thiserror::Error)]
pub enum ClientTokenError {
    /// There was no usable answer.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The answer is none of RFC 6749 section 5.1.
    #[error("the answer {0}")]
    Answer(&'static str),
    /// It took too long.
    #[error("no answer within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
}

impl ClientTokens {
    /// Without a token, until [`ClientTokens::refresh`] got one.
    ///
    /// # Errors
    /// Why none can be asked for.
    pub fn new(settings: Settings) -> Result<ClientTokens, SetupError> {
        let authorization = basic(&settings.client_id, &settings.client_secret)?;
        let client = KeyClient::new(settings.authorities.as_deref(), PlainHttp::LoopbackOnly)?;
        if let Err(reason) = client.check(&settings.token_url) {
            return Err(SetupError::Url { url: settings.token_url, reason });
        }
        let (state, asking) = (ArcSwap::default(), Mutex::default());
        Ok(ClientTokens { settings, authorization, client, state, asking })
    }

    /// Whether it gets what `settings` say: another would have to begin without a token.
    pub fn is_of(&self, settings: &Settings) -> bool {
        let Settings { name, token_url, client_id, client_secret, scopes, authorities } = &self.settings;
        *name == settings.name
            && *token_url == settings.token_url
            && *client_id == settings.client_id
            && client_secret.matches(settings.client_secret.expose())
            && *scopes == settings.scopes
            && *authorities == settings.authorities
    }

    /// The token, if there is one that may be shown at `now`.
    pub fn token(&self, now: Timestamp) -> Option<Arc<ClientToken>> {
        self.state.load().current.as_ref().filter(|token| now < token.until).cloned()
    }

    /// Whether `is_it` says so of the token, or of the one before it.
    pub fn any(&self, is_it: impl Fn(&[u8]) -> bool) -> bool {
        let state = self.state.load();
        state.current.iter().chain(&state.previous).any(|token| is_it(token.value.expose()))
    }

    /// Gets a token, unless the one that is there will do; that stays where this fails.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn refresh(&self, clock: Clock<'_>) -> Result<(), ClientTokenError> {
        let _one_at_a_time = self.asking.lock().await;
        let asked = clock();
        if self.wait(asked).is_some() {
            return Ok(());
        }
        let answer = timeout(FETCH_TIMEOUT, self.ask()).await.unwrap_or(Err(ClientTokenError::TimedOut))?;
        let members = json::object(&answer).or(Err(ClientTokenError::Answer("is no strict JSON object")))?;
        let token = read(&members, asked)?;
        let previous = self.state.load().current.clone();
        self.state.store(Arc::new(State { current: Some(Arc::new(token)), previous }));
        Ok(())
    }

    /// Keeps a token at hand for as long as it is polled: gets the next one, with jitter, before the last expires.
    pub async fn run(&self, clock: Clock<'_>) {
        let mut failures = 0_u32;
        loop {
            let pause = match self.wait(clock()) {
                Some(wait) => wait,
                None => match self.refresh(clock).await {
                    Ok(()) => {
                        failures = 0;
                        PAUSE_MIN
                    }
                    Err(error) => {
                        tracing::warn!(third_party = self.settings.name, %error, "no new token was got");
                        let pause = PAUSE_MIN.saturating_mul(1 << failures.min(16)).min(RETRY_MAX);
                        failures += 1;
                        jittered(pause)
                    }
                },
            };
            // The clock may be set meanwhile.
            sleep(pause.clamp(PAUSE_MIN / 2, RETRY_MAX)).await;
        }
    }

    /// How long the token will do; absent where another is due.
    fn wait(&self, now: Timestamp) -> Option<Duration> {
        let state = self.state.load();
        let token = state.current.as_ref()?;
        (now < token.due).then(|| token.due.since(now))
    }

    async fn ask(&self) -> Result<Bytes, ClientTokenError> {
        let mut body = "grant_type=client_credentials".to_owned();
        if !self.settings.scopes.is_empty() {
            body.push_str("&scope=");
            body.push_str(&form_encoded(self.settings.scopes.join(" ").as_bytes()));
        }
        let form = Form { body: Bytes::from(body), authorization: self.authorization.clone() };
        Ok(self.client.post(&self.settings.token_url, form, ANSWER_BYTES_MAX).await?)
    }
}

/// The token in an answer to a request of `asked`.
fn read(members: &Map<String, Value>, asked: Timestamp) -> Result<ClientToken, ClientTokenError> {
    let wrong = |what| Err(ClientTokenError::Answer(what));
    // RFC 6749 section 7.1: a token of another type must not be used.
    let kind = members.get("token_type").and_then(Value::as_str);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return wrong("holds no token of the type `Bearer`");
    }
    let Some(value) = members.get("access_token").and_then(Value::as_str) else {
        return wrong("holds no `access_token`");
    };
    let is_usable = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_usable {
        return wrong("holds an `access_token` that cannot be sent, or is shorter than 8 bytes");
    }
    let lifetime = match members.get("expires_in") {
        None => LIFETIME_UNSAID,
        Some(secs) => match secs.as_u64() {
            Some(secs @ 1..) => Duration::from_secs(secs).min(LIFETIME_MAX),
            _ => return wrong("says no whole number of seconds in `expires_in`"),
        },
    };
    Ok(ClientToken {
        value: Secret::new(value),
        until: asked.plus(lifetime - MARGIN_MAX.min(lifetime / 10)),
        due: asked.plus(jittered(lifetime * 3 / 4)),
    })
}

#[cfg(test)]
mod tests;
