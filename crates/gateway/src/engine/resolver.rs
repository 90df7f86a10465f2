//! Finds out where names lead, off the workers: once for all who ask, not again for a while, and only so many at once.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout};

use crate::resolution::{NamedHost, Resolved, Unresolved};

/// How long it is believed where a name leads. Whoever owns it may have it lead elsewhere at any time.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// How long nobody asks again after a name led nowhere.
const FAILED_FOR: Duration = Duration::from_secs(2);

/// Names that are kept.
const NAMES_MAX: usize = 4096;

/// Names looked up at once; each takes a thread, which the system may keep for longer than anybody waits.
const LOOKUPS_MAX: usize = 64;

/// How long a name may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);

/// Addresses of one name.
const ADDRESSES_MAX: usize = 64;

/// Where a name leads, asked of the system or of a test. It blocks.
type Ask = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// Looks names up; shared by all workers.
pub(super) struct Resolver {
    ask: Arc<Ask>,
    known: Cache<String, Known>,
    places: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
struct Known {
    resolved: Resolved,
    until: Instant,
}

impl Default for Resolver {
    /// The resolver of the system.
    fn default() -> Resolver {
        let port = 0;
        Resolver::new(move |name| Ok((name, port).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }
}

impl Resolver {
    fn new(ask: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Resolver {
        let places = Arc::new(Semaphore::new(LOOKUPS_MAX));
        Resolver { ask: Arc::new(ask), known: Cache::new(NAMES_MAX), places }
    }

    /// Where `hosts` lead, in their order; all of them are asked for at once.
    pub(super) async fn resolve(self: &Arc<Self>, hosts: &[NamedHost]) -> Vec<Resolved> {
        let mut asking = JoinSet::new();
        for (index, host) in hosts.iter().enumerate() {
            let (resolver, name) = (Arc::clone(self), host.name.clone());
            asking.spawn(async move { (index, resolver.one(&name).await) });
        }
        let mut resolved = vec![Err(Unresolved::Unknown); hosts.len()];
        while let Some(answered) = asking.join_next().await {
            if let Ok((index, answer)) = answered
                && let Some(place) = resolved.get_mut(index)
            {
                *place = answer;
            }
        }
        resolved
    }

    /// Where `name` leads: as it was found before, while that is believed; else it is looked up, once for all who wait.
    async fn one(&self, name: &str) -> Resolved {
        loop {
            match self.known.get_value_or_guard_async(name).await {
                Ok(known) if Instant::now() < known.until => return known.resolved,
                // Only what is old is taken away, never what another has put in its place meanwhile.
                Ok(_) => drop(self.known.remove_if(name, |known| known.until <= Instant::now())),
                Err(place) => {
                    let resolved = self.look_up(name).await;
                    let kept_for = match resolved {
                        Ok(_) => KEPT_FOR,
                        Err(Unresolved::Unknown | Unresolved::TimedOut) => FAILED_FOR,
                        // That says nothing of the name.
                        Err(Unresolved::Overloaded) => return resolved,
                    };
                    let known = Known { resolved: resolved.clone(), until: Instant::now() + kept_for };
                    if place.insert(known).is_err() {
                        tracing::debug!("it was not kept where a name leads");
                    }
                    return resolved;
                }
            }
        }
    }

    async fn look_up(&self, name: &str) -> Resolved {
        let place = Arc::clone(&self.places).try_acquire_owned().or(Err(Unresolved::Overloaded))?;
        let (ask, name) = (Arc::clone(&self.ask), name.to_owned());
        let asked = spawn_blocking(move || {
            // For as long as the thread is busy, whether or not anybody waits for it.
            let _place = place;
            ask(&name)
        });
        let answered = timeout(LOOKUP_TIMEOUT, asked).await.or(Err(Unresolved::TimedOut))?;
        match answered {
            Ok(Ok(addresses)) if (1..=ADDRESSES_MAX).contains(&addresses.len()) => Ok(addresses.into()),
            Ok(Ok(_) | Err(_)) | Err(_) => Err(Unresolved::Unknown),
        }
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
