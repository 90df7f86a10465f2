//! Makes the tables that policies read from what the config says of identity.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway::config::{self, Config, Dpop, Identity, KeySource, Listen, Nonce};
use gateway::limiter::Limiter;
use gateway::progress::Progress;
use gateway::{BlockFeed, Blocks, Feeds};
use http::HeaderName;
use identity::feed::{FeedTiming, KeyFeed, KeySource as FeedSource};
use identity::fetch::{KeyClient, PlainHttp};
use identity::proof::{AGE_MAX, ProofRules, Proofs};
use identity::revocation::Revocations;
use identity::{
    Algorithm, Algorithms, ApiClient, ApiKeys, Issuer, KeyDigest, KeySet, KeySetError, TypeRule, Verifier,
};
use model::{Problem, Severity, Timestamp};
use spec::{Document, Node};
use tokio::task::JoinSet;

use crate::block_lists;
use crate::client_tokens::client_tokens;
use crate::geography;
use crate::introspection;
use crate::load::{Loaded, read_file};
use crate::revocations;
use crate::signing;

/// Buckets of all rate limits together; 16 bytes each.
const LIMITER_SLOTS: usize = 1 << 16;

/// Callers whose progress in flows is remembered; 56 bytes each once they have begun.
const PROGRESS_PLACES: usize = 1 << 16;

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

/// The tables for `loaded`, as far as they can be made, and everything that is wrong.
///
/// Issuers whose keys come from where they came from in `before` keep their feed, and so the keys that it has: loading
/// again while a provider is down takes none away. New feeds have no keys yet.
pub(crate) fn feeds(
    loaded: &Loaded,
    limiter: &Arc<Limiter>,
    before: Option<&Feeds>,
) -> (Feeds, Vec<Problem>) {
    let Config { identity, blocks, .. } = &loaded.config;
    let Identity { issuers, api_keys, dpop, revocations, internal } = identity;
    let mut problems = Vec::new();
    let internal = internal.as_ref().and_then(|config| signing::issuer(config, before, &mut problems));
    let proofs = proofs(dpop, before, &mut problems);
    let revocations =
        revocations.as_ref().map(|path| revocations::read(&loaded.folder.join(path), wall_clock()));
    let revocations = revocations.unwrap_or_else(|| Ok(Revocations::default())).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Revocations::default()
    });
    let identity = loaded.document.root().get("identity");
    let node = identity.and_then(|identity| identity.get("issuers"));
    let mut pairs = Vec::new();
    for (number, issuer) in issuers.iter().enumerate() {
        let place = node.and_then(|node| node.items().nth(number));
        let mut place = Place { document: &loaded.document, node: place, problems: &mut problems };
        pairs.extend(judged(loaded, issuer, before, &mut place));
    }
    let introspector = introspection::introspector(loaded, &pairs, &mut problems);
    let mut place = Place { document: &loaded.document, node, problems: &mut problems };
    let verifier = (!pairs.is_empty()).then(|| Verifier::new(pairs)).transpose();
    let verifier = verifier.unwrap_or_else(|error| {
        place.error(error.to_string(), None);
        None
    });
    place.node = identity.and_then(|identity| identity.get("api-keys"));
    let keys = api_keys.as_ref().and_then(|keys| table(keys, &mut place));
    let header = api_keys.as_ref().map_or("x-api-key", |keys| keys.header.as_str());
    let api_key_header = header.parse().unwrap_or_else(|_| {
        place.member("header").error(format!("`{header}` is no header name"), None);
        HeaderName::from_static("x-api-key")
    });
    let listed = block_lists::read(loaded, &mut problems);
    let blocks = Blocks::new(blocks.iter().cloned().chain(listed), wall_clock());
    let feeds = Feeds {
        verifier: verifier.map(Arc::new),
        introspector: introspector.map(Arc::new),
        client_tokens: client_tokens(loaded, before, &mut problems),
        internal: internal.map(Arc::new),
        proofs: Arc::new(proofs),
        revocations: Arc::new(revocations),
        blocks: BlockFeed {
            geography: geography::read(loaded, &blocks, before, &mut problems),
            configured: Arc::new(blocks),
            live: before.map(|feeds| Arc::clone(&feeds.blocks.live)).unwrap_or_default(),
        },
        systems: geography::autonomous_systems(loaded, &mut problems),
        client_certificates: asks_clients(&loaded.config.listen),
        api_keys: keys.map(Arc::new),
        api_key_header,
        limiter: Arc::clone(limiter),
        progress: before
            .map_or_else(|| Arc::new(Progress::new(PROGRESS_PLACES)), |feeds| Arc::clone(&feeds.progress)),
    };
    (feeds, problems)
}

/// A part of the config, and where what is wrong with it is collected.
struct Place<'p> {
    document: &'p Document,
    node: Option<Node<'p>>,
    problems: &'p mut Vec<Problem>,
}

impl Place<'_> {
    fn member(&mut self, key: &str) -> Place<'_> {
        let node = self.node.and_then(|node| node.get(key)).or(self.node);
        Place { document: self.document, node, problems: self.problems }
    }

    fn item(&mut self, number: usize) -> Place<'_> {
        let node = self.node.and_then(|node| node.items().nth(number)).or(self.node);
        Place { document: self.document, node, problems: self.problems }
    }

    fn error(&mut self, message: impl Into<String>, help: impl Into<Option<String>>) {
        let node = self.node.unwrap_or(self.document.root());
        let problem = self.document.problem(Severity::Error, node, message);
        self.problems.push(Problem { help: help.into(), ..problem });
    }
}

/// How the tokens of one issuer are judged, and where its keys are kept.
fn judged(
    loaded: &Loaded,
    issuer: &config::Issuer,
    before: Option<&Feeds>,
    place: &mut Place<'_>,
) -> Option<(Issuer, Arc<KeyFeed>)> {
    let algorithms = algorithms(&issuer.algorithms, &mut place.member("algorithms"));
    let source = match &issuer.keys {
        KeySource::Discovery => FeedSource::Discovery(issuer.issuer.clone()),
        KeySource::File(path) => FeedSource::File(loaded.folder.join(path)),
        KeySource::Url(url) => match url.parse() {
            Ok(url) => FeedSource::Url(url),
            Err(error) => {
                place.member("keys").error(format!("`{url}` is no url: {error}"), None);
                return None;
            }
        },
    };
    let feed = feed(source.clone(), algorithms, before);
    // One whose keys are in use keeps them, and says so.
    if let FeedSource::File(path) = source
        && !feed.status(wall_clock()).is_usable
    {
        check_key_file(&path, algorithms, &mut place.member("keys"));
    }
    let judged = Issuer {
        algorithms,
        clock_skew: issuer.clock_skew.0,
        token_type: if issuer.access_tokens_only { TypeRule::AccessToken } else { TypeRule::Usual },
        lifetime_max: issuer.lifetime_max.map(|span| span.0),
        ..Issuer::new(issuer.issuer.clone(), issuer.audiences.clone())
    };
    Some((judged, feed))
}

/// Reads a key set from a file to see whether its keys can be used.
fn check_key_file(path: &Path, algorithms: Algorithms, place: &mut Place<'_>) {
    let bytes = match read_file(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            place.error(format!("`{}` cannot be read: {error}", path.display()), None);
            return;
        }
    };
    let Err(error) = KeySet::parse(&bytes, algorithms) else { return };
    let (keys, problems) =
        Document::parse(&path.to_string_lossy(), bytes.as_slice(), &spec::Limits::default());
    let index = match &error {
        KeySetError::Secret { index, .. } => Some(*index),
        KeySetError::NoUsableKey { first, .. } => first.map(|skipped| skipped.index),
        _ => None,
    };
    let key = index.and_then(|index| keys.root().get("keys")?.items().nth(index));
    if problems.is_empty() {
        place.problems.push(keys.problem(Severity::Error, key.unwrap_or(keys.root()), error.to_string()));
    }
    place.problems.extend(problems);
}

/// Whether any of `listen` asks clients for certificates.
fn asks_clients(listen: &[Listen]) -> bool {
    listen.iter().filter_map(|listen| listen.tls.as_ref()).any(|tls| {
        tls.clients.is_some() || tls.certificates.iter().any(|certificate| certificate.clients.is_some())
    })
}

/// What judges proofs: with the memory that `before` has, so that loading again makes no used proof good again.
fn proofs(dpop: &Dpop, before: Option<&Feeds>, problems: &mut Vec<Problem>) -> Proofs {
    let rules = ProofRules { age_max: dpop.age_max.0, needs_nonce: dpop.nonce == Nonce::Required };
    if rules.age_max > AGE_MAX {
        let problem = Problem::error("`identity.dpop.age-max` is longer than proofs are remembered");
        problems.push(problem.help(format!("write at most {} s", AGE_MAX.as_secs())));
        return no_proofs();
    }
    if let Some(before) = before {
        return before.proofs.with_rules(rules);
    }
    let proofs_max = usize::try_from(dpop.proofs_max).unwrap_or(usize::MAX);
    let mut secret = [0; 32];
    match getrandom::fill(&mut secret) {
        Ok(()) => Proofs::new(rules, proofs_max, &secret),
        Err(error) => {
            problems.push(Problem::error(format!("no randomness for nonces: {error}")));
            no_proofs()
        }
    }
}

/// What judges proofs where it cannot be told how, which was said: it remembers none, and nothing runs with it.
fn no_proofs() -> Proofs {
    Proofs::new(ProofRules::default(), 0, &[0; 32])
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

fn algorithms(names: &[String], place: &mut Place<'_>) -> Algorithms {
    if names.is_empty() {
        return Algorithms::ALL;
    }
    let mut named = |(number, name): (usize, &String)| {
        let found = Algorithm::named(name);
        if found.is_none() {
            let known: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
            let help = format!("there are {}", known.join(", "));
            place.item(number).error(format!("`{name}` is no signature algorithm that is accepted"), help);
        }
        found
    };
    let found: Vec<Algorithm> = names.iter().enumerate().filter_map(&mut named).collect();
    // That none is left is not said on top of why.
    if found.is_empty() { Algorithms::ALL } else { found.into_iter().collect() }
}

fn table(keys: &config::ApiKeys, place: &mut Place<'_>) -> Option<ApiKeys> {
    let mut clients = Vec::new();
    for (number, client) in keys.clients.iter().enumerate() {
        match KeyDigest::parse(&format!("sha256:{}", client.sha256)) {
            Ok(digest) => {
                clients.push((
                    ApiClient { name: client.name.clone(), attributes: Default::default() },
                    vec![digest],
                ));
            }
            Err(_) => place.member("clients").item(number).member("sha256").error(
                format!("the key of client `{}` is not given as the SHA-256 of a key", client.name),
                "write the 64 hexadecimal digits that `printf %s \"$KEY\" | sha256sum` prints".to_owned(),
            ),
        }
    }
    match ApiKeys::new(clients) {
        Ok(table) => Some(table),
        Err(error) => {
            place.member("clients").error(error.to_string(), None);
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
