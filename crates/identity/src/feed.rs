//! The keys of one issuer, kept fresh in the background and read without a lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use http::Uri;
use model::Timestamp;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, sleep_until};

use crate::algorithm::Algorithms;
use crate::fetch::{FetchError, KeyClient};
use crate::json;
use crate::key_set::{KEY_SET_BYTES_MAX, KeySet, KeySetError};

/// How long keys are fresh at least and at most, whatever their host says.
const FRESH_FOR: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(3600);

/// The first pause after a failure; it doubles with each one that follows.
const RETRY_FIRST: Duration = Duration::from_secs(5);

/// Where an issuer's keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// They were given once.
    Fixed,
    /// A JWKS file.
    File(PathBuf),
    /// A JWKS document on the web.
    Url(Uri),
    /// The `jwks_uri` of the issuer with this URL (OpenID Connect Discovery section 4).
    Discovery(String),
}

/// When keys are fetched.
#[derive(Debug, Clone, Copy)]
pub struct FeedTiming {
    /// Between fetches, where the host says nothing else.
    pub refresh: Duration,
    /// Between fetches that tokens with unknown keys ask for.
    pub refetch_min: Duration,
    /// How long keys are used while no fetch succeeds.
    pub stale_max: Duration,
}

impl Default for FeedTiming {
    fn default() -> FeedTiming {
        FeedTiming {
            refresh: Duration::from_secs(300),
            refetch_min: Duration::from_secs(10),
            stale_max: Duration::from_secs(24 * 3600),
        }
    }
}

/// The current keys of one issuer.
#[derive(Debug)]
pub struct KeyFeed {
    source: KeySource,
    algorithms: Algorithms,
    timing: FeedTiming,
    state: ArcSwap<State>,
    wanted: Notify,
    /// Held while fetching, so that there is one fetch at a time.
    fetching: Mutex<()>,
}

/// Reads the clock.
pub type Clock<'c> = &'c (dyn Fn() -> Timestamp + Send + Sync);

/// Why keys were not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file was not read.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The document was not fetched.
    #[error("`{url}`: {reason}")]
    Fetch {
        /// The document.
        url: Uri,
        /// Why.
        #[source]
        reason: FetchError,
    },
    /// The issuer's URL cannot be asked for its metadata.
    #[error("issuer `{issuer}` is not a URL that can be fetched: {reason}")]
    Issuer {
        /// The issuer.
        issuer: String,
        /// Why.
        #[source]
        reason: http::uri::InvalidUri,
    },
    /// The metadata is not what OpenID Connect Discovery section 3 wants.
    #[error("`{url}`: the metadata {reason}")]
    Metadata {
        /// The document.
        url: Uri,
        /// What is wrong.
        reason: String,
    },
    /// The keys cannot be used.
    #[error("`{source_name}`: {reason}")]
    Keys {
        /// The file or document.
        source_name: String,
        /// Why.
        #[source]
        reason: KeySetError,
    },
}

/// How a feed stands.
#[derive(Debug, Clone)]
pub struct FeedStatus {
    /// Whether tokens can be verified.
    pub is_usable: bool,
    /// Usable keys.
    pub keys: usize,
    /// Keys of the set that are not used.
    pub skipped: usize,
    /// How many different key sets there were.
    pub generation: u64,
    /// When keys were last fetched.
    pub last_success: Option<Timestamp>,
    /// When a fetch last failed since then, and why.
    pub last_failure: Option<(Timestamp, Arc<str>)>,
}

#[derive(Debug, Clone, Default)]
struct State {
    keys: Arc<KeySet>,
    generation: u64,
    digest: Option<Digest>,
    last_success: Option<Timestamp>,
    last_failure: Option<(Timestamp, Arc<str>)>,
}

/// A key set document.
struct Document {
    name: String,
    bytes: Vec<u8>,
    max_age: Option<Duration>,
}

impl KeyFeed {
    /// A feed that has no keys until [`KeyFeed::refresh`] found some.
    pub fn new(source: KeySource, algorithms: Algorithms, timing: FeedTiming) -> KeyFeed {
        KeyFeed {
            source,
            algorithms,
            timing,
            state: ArcSwap::default(),
            wanted: Notify::new(),
            fetching: Mutex::new(()),
        }
    }

    /// Whether it gets the keys of `source` that are for `algorithms`: another feed of them would have to begin without.
    pub fn is_of(&self, source: &KeySource, algorithms: Algorithms) -> bool {
        self.source == *source && self.algorithms == algorithms
    }

    /// A feed of keys that never change.
    pub fn fixed(keys: KeySet) -> KeyFeed {
        let state = State { keys: Arc::new(keys), generation: 1, ..State::default() };
        let feed = KeyFeed::new(KeySource::Fixed, Algorithms::ALL, FeedTiming::default());
        feed.state.store(Arc::new(state));
        feed
    }

    /// The keys, if they may be used at `now`.
    pub fn keys(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        let state = self.state.load();
        self.is_usable(&state, now).then(|| state.keys.clone())
    }

    /// A number that grows with each different key set.
    pub fn generation(&self) -> u64 {
        self.state.load().generation
    }

    /// Asks for a fetch soon; [`KeyFeed::run`] decides when.
    pub fn want(&self) {
        self.wanted.notify_one();
    }

    /// How the feed stands at `now`.
    pub fn status(&self, now: Timestamp) -> FeedStatus {
        let state = self.state.load();
        FeedStatus {
            is_usable: self.is_usable(&state, now),
            keys: state.keys.len(),
            skipped: state.keys.skipped().len(),
            generation: state.generation,
            last_success: state.last_success,
            last_failure: state.last_failure.clone(),
        }
    }

    /// Fetches the keys once; what was there stays where that fails. Returns how long the keys say they are fresh.
    pub async fn refresh(&self, client: &KeyClient, clock: Clock<'_>) -> Result<Option<Duration>, FeedError> {
        let _one_at_a_time = self.fetching.lock().await;
        let fetched = self.document(client).await.and_then(|document| match document {
            Some(document) => self.publish(document, clock()),
            None => Ok(None),
        });
        if let Err(error) = &fetched {
            let mut state = State::clone(&self.state.load());
            state.last_failure = Some((clock(), error.to_string().into()));
            self.state.store(Arc::new(state));
        }
        fetched
    }

    /// Keeps the keys fresh for as long as it is polled: at intervals with jitter, and early when a token names a key
    /// that is not known, but never more often than [`FeedTiming::refetch_min`].
    pub async fn run(&self, client: &KeyClient, clock: Clock<'_>) {
        let mut failures = 0;
        loop {
            let began = Instant::now();
            let pause = match self.refresh(client, clock).await {
                Ok(max_age) => {
                    failures = 0;
                    max_age.map_or(self.timing.refresh, |age| age.clamp(*FRESH_FOR.start(), *FRESH_FOR.end()))
                }
                Err(error) => {
                    tracing::warn!(%error, "keys of an issuer could not be refreshed");
                    let pause = RETRY_FIRST.saturating_mul(1 << failures.min(16)).min(self.timing.refresh);
                    failures += 1;
                    pause
                }
            };
            tokio::select! {
                () = sleep(jittered(pause)) => {}
                () = self.wanted.notified() => sleep_until(began + self.timing.refetch_min).await,
            }
        }
    }

    fn is_usable(&self, state: &State, now: Timestamp) -> bool {
        match (&self.source, state.last_success) {
            (KeySource::Fixed, _) => true,
            (KeySource::File(_), fetched) => fetched.is_some(),
            (_, Some(fetched)) => now.since(fetched) <= self.timing.stale_max,
            (_, None) => false,
        }
    }

    async fn document(&self, client: &KeyClient) -> Result<Option<Document>, FeedError> {
        match &self.source {
            KeySource::Fixed => Ok(None),
            KeySource::File(path) => read(path.clone()).await.map(Some),
            KeySource::Url(url) => download(client, url).await.map(Some),
            KeySource::Discovery(issuer) => {
                let url = discover(client, issuer, "jwks_uri").await?;
                download(client, &url).await.map(Some)
            }
        }
    }

    /// Puts the keys in place; the same document again leaves the generation, and so every cache, as it is.
    fn publish(&self, document: Document, now: Timestamp) -> Result<Option<Duration>, FeedError> {
        let own = digest(&SHA256, &document.bytes);
        let old = self.state.load();
        let unchanged = old.digest.is_some_and(|old| old.as_ref() == own.as_ref());
        let state = if unchanged {
            State { last_success: Some(now), last_failure: None, ..State::clone(&old) }
        } else {
            let keys = KeySet::parse(&document.bytes, self.algorithms)
                .map_err(|reason| FeedError::Keys { source_name: document.name, reason })?;
            State {
                keys: Arc::new(keys),
                generation: old.generation + 1,
                digest: Some(own),
                last_success: Some(now),
                last_failure: None,
            }
        };
        self.state.store(Arc::new(state));
        Ok(document.max_age)
    }
}

async fn read(path: PathBuf) -> Result<Document, FeedError> {
    let file = path.clone();
    let reading = tokio::task::spawn_blocking(move || {
        model::limit::read_capped(std::fs::File::open(file)?, KEY_SET_BYTES_MAX)
    });
    match reading.await.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped))) {
        Ok(bytes) => Ok(Document { name: path.display().to_string(), bytes, max_age: None }),
        Err(reason) => Err(FeedError::File { path, reason }),
    }
}

async fn download(client: &KeyClient, url: &Uri) -> Result<Document, FeedError> {
    match client.get(url, KEY_SET_BYTES_MAX).await {
        Ok(fetched) => {
            Ok(Document { name: url.to_string(), bytes: fetched.body.into(), max_age: fetched.max_age })
        }
        Err(reason) => Err(FeedError::Fetch { url: url.clone(), reason }),
    }
}

/// The address under `member` in the metadata of an issuer, which must name the very same issuer (OpenID Connect
/// Discovery section 4.3).
pub(crate) async fn discover(
    client: &KeyClient,
    issuer: &str,
    member: &'static str,
) -> Result<Uri, FeedError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let url: Uri = url.parse().map_err(|reason| FeedError::Issuer { issuer: issuer.to_owned(), reason })?;
    let document = download(client, &url).await?;
    let wrong = |reason: String| FeedError::Metadata { url: url.clone(), reason };
    let metadata =
        json::object(&document.bytes).map_err(|error| wrong(format!("is not strict JSON: {error}")))?;
    if metadata.get("issuer").and_then(|own| own.as_str()) != Some(issuer) {
        return Err(wrong(format!("is not that of issuer `{issuer}`")));
    }
    let address = metadata.get(member).and_then(|address| address.as_str());
    let address = address.ok_or_else(|| wrong(format!("has no `{member}`")))?;
    address.parse().map_err(|error| wrong(format!("has a `{member}` that is no URL: {error}")))
}

/// Up to a tenth less, so that gateways started together do not ask together.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    pause.mul_f64(1.0 - 0.1 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
