//! What policies read and others write: key sets, API keys, limiter tables. They outlive a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use identity::client_tokens::ClientTokens;
use identity::internal::InternalIssuer;
use identity::introspection::Introspector;
use identity::proof::Proofs;
use identity::revocation::Revocations;
use identity::{ApiKeys, Verifier};

use crate::blocks::BlockFeed;
use crate::geography::AutonomousSystems;
use crate::limiter::Limiter;
use crate::progress::Progress;

/// The tables behind the policies.
#[derive(Debug, Clone)]
pub struct Feeds {
    /// Issuers and their keys; absent if none is configured.
    pub verifier: Option<Arc<Verifier>>,
    /// The issuer that is asked about opaque tokens; absent if none is configured.
    pub introspector: Option<Arc<Introspector>>,
    /// The tokens that third parties are shown, by the name of the API; of those that are shown one.
    pub client_tokens: BTreeMap<String, Arc<ClientTokens>>,
    /// Signs tokens for the inside; absent if none is configured.
    pub internal: Option<Arc<InternalIssuer>>,
    /// Judges proofs that a token's sender holds its key, and remembers them over reloads.
    pub proofs: Arc<Proofs>,
    /// Tokens and subjects that were revoked.
    pub revocations: Arc<Revocations>,
    /// Who and what is blocked.
    pub blocks: BlockFeed,
    /// Which autonomous system an address belongs to; absent if no database is configured.
    pub systems: Option<Arc<AutonomousSystems>>,
    /// Whether some listener asks clients for certificates.
    pub client_certificates: bool,
    /// Client applications by key; absent if none is configured.
    pub api_keys: Option<Arc<ApiKeys>>,
    /// The header that carries an API key where the specification names none.
    pub api_key_header: http::HeaderName,
    /// Token buckets of every rate limit, kept over reloads.
    pub limiter: Arc<Limiter>,
    /// How far callers are in flows, kept over reloads.
    pub progress: Arc<Progress>,
}

impl Feeds {
    /// Those of a config that names no issuer, no key and no block, with the tables that every gateway has.
    pub fn unconfigured(proofs: Proofs, limiter: Limiter, progress: Progress) -> Feeds {
        Feeds {
            verifier: None,
            introspector: None,
            client_tokens: BTreeMap::new(),
            internal: None,
            proofs: Arc::new(proofs),
            revocations: Arc::default(),
            blocks: BlockFeed::default(),
            systems: None,
            client_certificates: false,
            api_keys: None,
            api_key_header: http::HeaderName::from_static("x-api-key"),
            limiter: Arc::new(limiter),
            progress: Arc::new(progress),
        }
    }
}
