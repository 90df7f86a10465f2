//! The backends of one API: which of them gets the next request, and which have failed too often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use model::Timestamp;
use prometheus_client::metrics::gauge::Gauge;

use super::Origin;
use crate::config::{Balance, Ejection, Health};

/// The backends of one API, shared by all workers. A reload begins with a clean slate.
#[derive(Debug)]
pub struct Backends {
    pub(super) backends: Vec<Backend>,
    balance: Balance,
    ejection: Option<Ejection>,
    /// How many times a request may be sent again.
    pub(super) retries: usize,
    next: AtomicUsize,
    /// How they are asked for their health, and how many are not well.
    pub(super) health: Option<(Health, Gauge)>,
}

#[derive(Debug)]
pub(super) struct Backend {
    pub(super) origin: Origin,
    /// Its own word, when it is asked.
    pub(super) is_unhealthy: AtomicBool,
    in_flight: AtomicU32,
    /// In a row.
    failures: AtomicU32,
    /// Microseconds of the epoch until which it gets no requests.
    out_until: AtomicU64,
}

/// A request that a backend has not answered to the end.
#[derive(Debug)]
pub(super) struct InFlight {
    backends: Arc<Backends>,
    index: usize,
}

impl Backends {
    /// Of these origins.
    pub fn new(origins: Vec<Origin>, balance: Balance, ejection: Option<Ejection>, retries: u8) -> Backends {
        let backend = |origin| Backend {
            origin,
            is_unhealthy: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            failures: AtomicU32::new(0),
            out_until: AtomicU64::new(0),
        };
        Backends {
            backends: origins.into_iter().map(backend).collect(),
            balance,
            ejection,
            retries: usize::from(retries),
            next: AtomicUsize::new(0),
            health: None,
        }
    }

    /// The same, to be asked for their health; `unhealthy` counts those that are not well.
    pub fn with_health(self, health: Health, unhealthy: Gauge) -> Backends {
        Backends { health: Some((health, unhealthy)), ..self }
    }

    /// The origins, in the config's order.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.backends.iter().map(|backend| &backend.origin)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.backends.len()
    }

    /// The one that gets the next request at `now`, of those that were not `tried` and are not out.
    pub(super) fn choose(&self, now: Timestamp, tried: &[usize]) -> Option<usize> {
        let count = self.backends.len();
        if count == 1 && self.ejection.is_none() {
            return tried.is_empty().then_some(0);
        }
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = (0..count).map(|step| (start.wrapping_add(step)) % count);
        // Where none is well, the question may be what is wrong.
        let asks_health = self.health.is_some() && !self.are_all_unhealthy();
        let mut open = turn.filter(|index| {
            let is_unwell = asks_health && self.is_unhealthy(*index);
            !tried.contains(index) && !self.is_out(*index, now) && !is_unwell
        });
        match self.balance {
            Balance::RoundRobin => open.next(),
            // The first of several that are least busy, which is another one each time.
            Balance::LeastRequests => open.min_by_key(|index| {
                self.backends.get(*index).map(|backend| backend.in_flight.load(Ordering::Relaxed))
            }),
        }
    }

    fn is_unhealthy(&self, index: usize) -> bool {
        self.backends.get(index).is_some_and(|backend| backend.is_unhealthy.load(Ordering::Relaxed))
    }

    fn is_out(&self, index: usize, now: Timestamp) -> bool {
        let backend = self.backends.get(index);
        backend.is_some_and(|backend| now.as_micros() < backend.out_until.load(Ordering::Relaxed))
    }

    /// Notes what became of a request that the backend at `index` got.
    pub(super) fn note(&self, index: usize, has_failed: bool, now: Timestamp) {
        let (Some(backend), Some(ejection)) = (self.backends.get(index), &self.ejection) else { return };
        if !has_failed {
            backend.failures.store(0, Ordering::Relaxed);
            return;
        }
        let failures = backend.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures >= ejection.failures {
            backend.out_until.store(now.plus(ejection.time.0).as_micros(), Ordering::Relaxed);
        }
    }

    pub(super) fn begin(self: &Arc<Self>, index: usize) -> InFlight {
        if let Some(backend) = self.backends.get(index) {
            backend.in_flight.fetch_add(1, Ordering::Relaxed);
        }
        InFlight { backends: Arc::clone(self), index }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(backend) = self.backends.backends.get(self.index) {
            backend.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Span;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn backends(count: usize, balance: Balance) -> Arc<Backends> {
        let origin =
            |port| Origin { host: "a".to_owned(), port, tls: None, is_http2: false, is_outside: false };
        let ejection = Ejection { failures: 2, time: Span::secs(10) };
        let origins = (0..count).map(|index| origin(index as u16)).collect();
        Arc::new(Backends::new(origins, balance, Some(ejection), 1))
    }

    fn chosen(backends: &Backends, now: Timestamp, count: usize) -> Vec<Option<usize>> {
        (0..count).map(|_| backends.choose(now, &[])).collect()
    }

    #[test]
    fn who_is_not_well_gets_none_unless_nobody_is() {
        let backends = Arc::into_inner(backends(2, Balance::RoundRobin)).unwrap();
        let backends = backends.with_health(Health::default(), Gauge::default());
        let say = |index: usize, is_unhealthy| {
            backends.backends[index].is_unhealthy.store(is_unhealthy, Ordering::Relaxed);
        };
        say(0, true);
        assert_eq!(chosen(&backends, NOW, 3), [Some(1); 3]);
        assert_eq!(backends.choose(NOW, &[1]), None);
        say(1, true);
        let mut both = chosen(&backends, NOW, 2);
        both.sort();
        assert_eq!(both, [Some(0), Some(1)]);
        for _ in 0..2 {
            backends.note(0, true, NOW);
        }
        assert_eq!(chosen(&backends, NOW, 3), [Some(1); 3], "who fails in fact is left alone all the same");
    }

    #[test]
    fn requests_go_round() {
        let backends = backends(3, Balance::RoundRobin);
        assert_eq!(chosen(&backends, NOW, 4), [Some(0), Some(1), Some(2), Some(0)]);
        assert_eq!(backends.choose(NOW, &[1]), Some(2));
        assert_eq!(backends.choose(NOW, &[0, 1, 2]), None);
    }

    #[test]
    fn the_least_busy_gets_the_next() {
        let backends = backends(3, Balance::LeastRequests);
        let (first, second) = (backends.begin(0), backends.begin(1));
        assert_eq!(chosen(&backends, NOW, 3), [Some(2); 3]);
        let third = backends.begin(2);
        drop(second);
        assert_eq!(chosen(&backends, NOW, 3), [Some(1); 3]);
        drop((first, third));
        let mut all = chosen(&backends, NOW, 3);
        all.sort();
        assert_eq!(all, [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn who_fails_in_a_row_is_out_for_a_while_and_then_on_probation() {
        let backends = backends(2, Balance::RoundRobin);
        backends.note(0, true, NOW);
        backends.note(0, false, NOW);
        backends.note(0, true, NOW);
        assert_eq!(chosen(&backends, NOW, 2), [Some(0), Some(1)]);
        backends.note(0, true, NOW);
        assert_eq!(chosen(&backends, NOW, 3), [Some(1); 3]);
        backends.note(1, true, NOW);
        backends.note(1, true, NOW);
        assert_eq!(chosen(&backends, NOW, 2), [None; 2]);
        let later = NOW.plus(Duration::from_secs(10));
        assert!(chosen(&backends, later, 2).contains(&Some(0)));
        // One failure is enough until one request succeeds.
        backends.note(0, true, later);
        assert_eq!(chosen(&backends, later, 3), [Some(1); 3]);
        let much_later = later.plus(Duration::from_secs(10));
        backends.note(0, false, much_later);
        backends.note(0, true, much_later);
        assert!(chosen(&backends, much_later, 2).contains(&Some(0)));
    }

    #[test]
    fn without_ejection_nobody_is_out() {
        let origin = Origin { host: "a".to_owned(), port: 1, tls: None, is_http2: false, is_outside: false };
        let backends = Backends::new(vec![origin], Balance::RoundRobin, None, 0);
        for _ in 0..100 {
            backends.note(0, true, NOW);
        }
        assert_eq!(backends.choose(NOW, &[]), Some(0));
    }
}
