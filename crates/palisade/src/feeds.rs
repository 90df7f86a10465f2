//! Makes the tables that policies read from what the config says of identity.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway::Feeds;
use gateway::config::{Config, Dpop, Identity, KeySource, Listen, Nonce};
use gateway::limiter::Limiter;
use http::HeaderName;
use identity::feed::{FeedTiming, KeyFeed, KeySource as FeedSource};
use identity::fetch::{KeyClient, PlainHttp};
use identity::proof::{AGE_MAX, ProofRules, Proofs};
use identity::revocation::Revocations;
use identity::{Algorithm, Algorithms, ApiClient, ApiKeys, Issuer, KeyDigest, TypeRule, Verifier};
use model::{Problem, Timestamp};
use tokio::task::JoinSet;

use crate::introspection;
use crate::load::Loaded;
use crate::revocations;

/// Buckets of all rate limits together; 16 bytes each.
const LIMITER_SLOTS: usize = 1 << 16;

/// How long a start waits for the keys of each issuer before it goes on without them.
const FIRST_KEYS_TIMEOUT: Duration = Duration::from_secs(5);

/// The only reader of the wall clock outside the gateway's engine.
pub(crate) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// The table of all limits, which outlives every config.
pub(crate) fn limiter() -> Arc<Limiter> {
    let seed = std::array::from_fn(|_| {
        // The standard library seeds its hasher from the system's randomness.
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(0_u8)
    });
    Arc::new(Limiter::new(LIMITER_SLOTS, seed, wall_clock()))
}

/// The tables for `loaded`, or everything that is wrong.
///
/// Issuers whose keys come from where they came from in `before` keep their feed, and so the keys that it has: loading
/// again while a provider is down takes none away. New feeds have no keys yet.
pub(crate) fn feeds(
    loaded: &Loaded,
    limiter: &Arc<Limiter>,
    before: Option<&Feeds>,
) -> Result<Feeds, Vec<Problem>> {
    let Config { identity: Identity { issuers, api_keys, dpop, revocations }, .. } = &loaded.config;
    let mut problems = Vec::new();
    let proofs = proofs(dpop, before, &mut problems);
    let revocations =
        revocations.as_ref().map(|path| revocations::read(&loaded.folder.join(path), wall_clock()));
    let revocations = revocations.unwrap_or_else(|| Ok(Revocations::default())).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Revocations::default()
    });
    let mut pairs = Vec::new();
    for issuer in issuers {
        let algorithms = algorithms(&issuer.algorithms, &mut problems);
        let source = match &issuer.keys {
            KeySource::Discovery => Ok(FeedSource::Discovery(issuer.issuer.clone())),
            KeySource::File(path) => Ok(FeedSource::File(loaded.folder.join(path))),
            KeySource::Url(url) => {
                url.parse().map(FeedSource::Url).map_err(|error| format!("`{url}` is no url: {error}"))
            }
        };
        match source {
            Ok(source) => {
                let judged = Issuer {
                    algorithms,
                    clock_skew: issuer.clock_skew.0,
                    token_type: if issuer.access_tokens_only {
                        TypeRule::AccessToken
                    } else {
                        TypeRule::Usual
                    },
                    lifetime_max: issuer.lifetime_max.map(|span| span.0),
                    ..Issuer::new(issuer.issuer.clone(), issuer.audiences.clone())
                };
                pairs.push((judged, feed(source, algorithms, before)));
            }
            Err(message) => problems.push(Problem::error(message)),
        }
    }
    let introspector = introspection::introspector(loaded, &pairs, &mut problems);
    let verifier = (!pairs.is_empty()).then(|| Verifier::new(pairs)).transpose();
    let verifier = verifier.unwrap_or_else(|error| {
        problems.push(Problem::error(error.to_string()));
        None
    });
    let keys = api_keys.as_ref().and_then(|keys| table(keys, &mut problems));
    let header = api_keys.as_ref().map_or("x-api-key", |keys| keys.header.as_str());
    let api_key_header = header.parse().unwrap_or_else(|_| {
        problems.push(Problem::error(format!("`{header}` is no header name")));
        HeaderName::from_static("x-api-key")
    });
    match proofs {
        Some(proofs) if problems.is_empty() => Ok(Feeds {
            verifier: verifier.map(Arc::new),
            introspector: introspector.map(Arc::new),
            proofs: Arc::new(proofs),
            revocations: Arc::new(revocations),
            client_certificates: asks_clients(&loaded.config.listen),
            api_keys: keys.map(Arc::new),
            api_key_header,
            limiter: Arc::clone(limiter),
        }),
        _ => Err(problems),
    }
}

/// Whether any of `listen` asks clients for certificates.
fn asks_clients(listen: &[Listen]) -> bool {
    listen.iter().filter_map(|listen| listen.tls.as_ref()).any(|tls| {
        tls.clients.is_some() || tls.certificates.iter().any(|certificate| certificate.clients.is_some())
    })
}

/// What judges proofs: with the memory that `before` has, so that loading again makes no used proof good again.
fn proofs(dpop: &Dpop, before: Option<&Feeds>, problems: &mut Vec<Problem>) -> Option<Proofs> {
    let rules = ProofRules { age_max: dpop.age_max.0, needs_nonce: dpop.nonce == Nonce::Required };
    if rules.age_max > AGE_MAX {
        let problem = Problem::error("`identity.dpop.age-max` is longer than proofs are remembered");
        problems.push(problem.help(format!("write at most {} s", AGE_MAX.as_secs())));
        return None;
    }
    if let Some(before) = before {
        return Some(before.proofs.with_rules(rules));
    }
    let proofs_max = usize::try_from(dpop.proofs_max).unwrap_or(usize::MAX);
    let mut secret = [0; 32];
    match getrandom::fill(&mut secret) {
        Ok(()) => Some(Proofs::new(rules, proofs_max, &secret)),
        Err(error) => {
            problems.push(Problem::error(format!("no randomness for nonces: {error}")));
            None
        }
    }
}

/// The feed of `source`: the one that `before` has, else a new one.
fn feed(source: FeedSource, algorithms: Algorithms, before: Option<&Feeds>) -> Arc<KeyFeed> {
    let verifier = before.and_then(|feeds| feeds.verifier.as_ref());
    let mut known = verifier.into_iter().flat_map(|verifier| verifier.issuers());
    match known.find(|(_, feed)| feed.is_of(&source, algorithms)) {
        Some((_, feed)) => Arc::clone(feed),
        None => Arc::new(KeyFeed::new(source, algorithms, FeedTiming::default())),
    }
}

/// No tables at all: for reading a config whose identity part is wrong.
pub(crate) fn none() -> Feeds {
    Feeds {
        verifier: None,
        introspector: None,
        // Nothing is proven without tokens.
        proofs: Arc::new(Proofs::new(ProofRules::default(), 0, &[0; 32])),
        revocations: Arc::default(),
        client_certificates: false,
        api_keys: None,
        api_key_header: HeaderName::from_static("x-api-key"),
        limiter: limiter(),
    }
}

fn algorithms(names: &[String], problems: &mut Vec<Problem>) -> Algorithms {
    if names.is_empty() {
        return Algorithms::ALL;
    }
    let named = |name: &String| {
        let found = Algorithm::named(name);
        if found.is_none() {
            let known: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
            let problem = Problem::error(format!("`{name}` is no signature algorithm that is accepted"));
            problems.push(problem.help(format!("there are {}", known.join(", "))));
        }
        found
    };
    names.iter().filter_map(named).collect()
}

fn table(keys: &gateway::config::ApiKeys, problems: &mut Vec<Problem>) -> Option<ApiKeys> {
    let mut clients = Vec::new();
    for client in &keys.clients {
        match KeyDigest::parse(&format!("sha256:{}", client.sha256)) {
            Ok(digest) => {
                clients.push((
                    ApiClient { name: client.name.clone(), attributes: Default::default() },
                    vec![digest],
                ));
            }
            Err(error) => {
                problems.push(Problem::error(format!("the key of client `{}`: {error}", client.name)))
            }
        }
    }
    match ApiKeys::new(clients) {
        Ok(table) => Some(table),
        Err(error) => {
            problems.push(Problem::error(error.to_string()));
            None
        }
    }
}

/// Fetches every issuer's keys once, and keeps them fresh until the set is dropped.
pub(crate) async fn keep_fresh(feeds: &Feeds, client: &KeyClient) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let Some(verifier) = &feeds.verifier else { return tasks };
    for (issuer, feed) in verifier.issuers() {
        let first = feed.refresh(client, &wall_clock);
        match tokio::time::timeout(FIRST_KEYS_TIMEOUT, first).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if feed.status(wall_clock()).is_usable => {
                tracing::warn!(issuer = issuer.url, %error, "no new keys; the last ones stay in use")
            }
            Ok(Err(error)) => {
                tracing::error!(issuer = issuer.url, %error, "no keys; its tokens are refused until they come")
            }
            Err(_) if feed.status(wall_clock()).is_usable => {
                tracing::warn!(issuer = issuer.url, "no new keys in time; the last ones stay in use")
            }
            Err(_) => tracing::error!(
                issuer = issuer.url,
                "no keys in time; its tokens are refused until they come"
            ),
        }
        let (feed, client) = (Arc::clone(feed), client.clone());
        tasks.spawn(async move { feed.run(&client, &wall_clock).await });
    }
    tasks
}

/// A client for key sets: TLS by the system's roots, plain HTTP on this machine only.
pub(crate) fn key_client() -> Result<KeyClient, identity::fetch::ClientError> {
    KeyClient::new(None, PlainHttp::LoopbackOnly)
}
