//! Tokens for the inside that one worker has made, so that a caller costs one signature and not one a request.

use std::fmt;
use std::sync::Arc;

use identity::internal::Minted;
use identity::{ClientCertificate, Verified};
use model::Timestamp;
use quick_cache::unsync::Cache;

/// Callers and audiences whose tokens are kept.
const TOKENS_MAX: usize = 10_000;

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) enum Stands {
    /// An outside token, as this worker has verified it.
    Token(Arc<Verified>),
    /// The certificate of a connection.
    Certificate(Arc<ClientCertificate>),
}

/// A bounded memory for one thread.
pub struct MintedCache(Cache<(usize, usize), Entry>);

#[derive(Debug, Clone)]
struct Entry {
    /// What it is found by; held, so that nothing else can come to stand at either address.
    _kept: (Stands, Arc<()>),
    value: Arc<[u8]>,
    from: Timestamp,
    until: Timestamp,
}

impl Stands {
    fn address(&self) -> usize {
        match self {
            Stands::Token(verified) => Arc::as_ptr(verified).addr(),
            Stands::Certificate(certificate) => Arc::as_ptr(certificate).addr(),
        }
    }
}

impl MintedCache {
    /// The field value that was made for `stands` by the policy that `maker` is, if it is fresh at `now`.
    pub(crate) fn get(&mut self, stands: &Stands, maker: &Arc<()>, now: Timestamp) -> Option<Arc<[u8]>> {
        let entry = self.0.get(&(stands.address(), Arc::as_ptr(maker).addr()))?;
        (entry.from <= now && now < entry.until).then(|| Arc::clone(&entry.value))
    }

    /// Keeps `value`, in which `minted` stands, from `now` on.
    pub(crate) fn keep(
        &mut self,
        kept: (Stands, &Arc<()>),
        value: &Arc<[u8]>,
        minted: &Minted,
        now: Timestamp,
    ) {
        let (stands, maker) = kept;
        let key = (stands.address(), Arc::as_ptr(maker).addr());
        let (value, until) = (Arc::clone(value), minted.fresh_until);
        self.0.insert(key, Entry { _kept: (stands, Arc::clone(maker)), value, from: now, until });
    }
}

impl Default for MintedCache {
    fn default() -> MintedCache {
        MintedCache(Cache::new(TOKENS_MAX))
    }
}

impl fmt::Debug for MintedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedCache").field("count", &self.0.len()).finish_non_exhaustive()
    }
}
