//! The limiter against an obvious token bucket, and under threads.

use std::collections::HashMap;
use std::sync::atomic::AtomicU32;

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use super::*;

const START: Timestamp = Timestamp::from_secs(1_764_000_000);

fn limiter(slots: usize) -> Limiter {
    Limiter::new(slots, [0x2545_f491_4f6c_dd1d, 0x9e37_79b9_7f4a_7c15], START)
}

fn after(micros: u64) -> Timestamp {
    START.plus(Duration::from_micros(micros))
}

fn limit(count: u32, period_secs: u64, burst: u32) -> Limit {
    Limit::new(count, Duration::from_secs(period_secs), burst).unwrap()
}

fn key(limiter: &Limiter, name: impl Hash) -> Key {
    limiter.key().part(name).finish()
}

/// Counts tokens up instead of times down: what a bucket holds, in ticks' worth, and when that was true.
struct Twin {
    limit: Limit,
    held: HashMap<u8, (u128, u64)>,
}

impl Twin {
    fn take(&mut self, key: u8, cost: u32, micros: u64) -> (bool, u32) {
        let interval = u128::from(self.limit.interval);
        let full = interval * u128::from(self.limit.burst);
        let (tokens, at) = self.held.get(&key).copied().unwrap_or((full, micros));
        let back = u128::from(micros - at) * u128::from(TICKS_PER_MICRO);
        let tokens = (tokens + back).min(full);
        let asked = interval * u128::from(cost);
        let allowed = asked <= tokens;
        let left = if allowed { tokens - asked } else { tokens };
        self.held.insert(key, (left, micros));
        (allowed, u32::try_from(left / interval).unwrap())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn decides_as_an_obvious_bucket_does(
        count in 1_u32..50,
        period in prop::sample::select(vec![1_u64, 60, 3_600]),
        burst in 1_u32..20,
        calls in prop::collection::vec((0_u8..16, 1_u32..4, 0_u64..3_000_000), 1..120),
    ) {
        let limit = limit(count, period, burst);
        let limiter = limiter(4_096);
        let mut twin = Twin { limit, held: HashMap::new() };
        let mut micros = 0;
        for (name, cost, pause) in calls {
            micros += pause;
            let decision = limiter.take(key(&limiter, name), &limit, cost, after(micros));
            assert_eq!((decision.allowed, decision.remaining), twin.take(name, cost, micros));
        }
        assert_eq!(limiter.evicted(), 0);
    }

    #[test]
    fn a_wait_as_long_as_it_says_is_enough(
        count in 1_u32..1_000,
        burst in 1_u32..50,
        cost in 1_u32..50,
        spent in any::<u16>(),
    ) {
        let limit = limit(count, 60, burst);
        let limiter = limiter(8);
        let key = key(&limiter, "k");
        let mut now = START;
        for _ in 0..spent % 60 {
            limiter.take(key, &limit, 1, now);
            now = now.plus(Duration::from_millis(3));
        }
        let decision = limiter.take(key, &limit, cost.min(burst), now);
        assert_eq!(decision.allowed, decision.retry_after_secs == 0);
        let later = now.plus(Duration::from_secs(decision.retry_after_secs));
        assert!(decision.allowed || limiter.take(key, &limit, cost.min(burst), later).allowed);
        let taken = limiter.take(key, &limit, 1, later);
        let one_more = limiter.take(key, &limit, taken.remaining + 1, later.plus(Duration::from_secs(taken.next_secs)));
        assert!(one_more.allowed, "{taken:?}");
    }
}

#[test]
fn a_burst_is_let_through_and_then_the_rate() {
    let limiter = limiter(8);
    let limit = limit(1, 1, 3);
    let key = key(&limiter, "k");
    let seen: Vec<_> = (0..4).map(|_| limiter.take(key, &limit, 1, START)).collect();
    assert_eq!(seen.iter().map(|d| d.allowed).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(seen.iter().map(|d| d.remaining).collect::<Vec<_>>(), [2, 1, 0, 0]);
    assert_eq!(seen.iter().map(|d| d.next_secs).collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert_eq!(seen[3].retry_after_secs, 1);
    assert!(!limiter.take(key, &limit, 1, after(999_999)).allowed);
    assert!(limiter.take(key, &limit, 1, after(1_000_000)).allowed);
}

#[test]
fn a_refusal_costs_nothing_and_a_cost_above_the_burst_is_always_refused() {
    let limiter = limiter(8);
    let limit = limit(1, 1, 3);
    let key = key(&limiter, "k");
    for _ in 0..5 {
        assert!(!limiter.take(key, &limit, 4, START).allowed);
    }
    assert!(limiter.take(key, &limit, 3, START).allowed);
}

#[test]
fn limits_that_cannot_work_are_not_made() {
    let day = Duration::from_secs(86_400);
    assert_eq!(Limit::new(0, day, 1), None);
    assert_eq!(Limit::new(1, day, 0), None);
    assert_eq!(Limit::new(1, Duration::ZERO, 1), None);
    assert!(Limit::new(1, day, 31).is_some());
    assert_eq!(Limit::new(1, day, 32), None);
}

#[test]
fn a_clock_that_goes_back_is_never_lenient() {
    let limiter = limiter(8);
    let limit = limit(1, 1, 1);
    let key = key(&limiter, "k");
    assert!(limiter.take(key, &limit, 1, after(5_000_000)).allowed);
    assert!(!limiter.take(key, &limit, 1, after(4_000_000)).allowed);
    assert!(!limiter.take(key, &limit, 1, Timestamp::default()).allowed);
}

#[test]
fn a_full_set_forgets_the_bucket_that_is_full_soonest_and_counts_it() {
    let limiter = limiter(8);
    let limit = limit(1, 1, 10);
    for name in 0..8_u32 {
        limiter.take(key(&limiter, name), &limit, name + 2, START);
    }
    assert_eq!(limiter.evicted(), 0);
    limiter.take(key(&limiter, "ninth"), &limit, 1, START);
    assert_eq!(limiter.evicted(), 1);
    let left: Vec<_> =
        (1..8_u32).map(|name| limiter.take(key(&limiter, name), &limit, 1, START).remaining).collect();
    assert_eq!(left, [6, 5, 4, 3, 2, 1, 0], "the other seven are remembered");
}

#[test]
fn expired_buckets_make_room_without_loss() {
    let limiter = limiter(8);
    let limit = limit(10, 1, 10);
    for round in 0..100_u64 {
        let now = after(round * 1_000_001);
        for name in 0..8_u64 {
            assert_eq!(limiter.take(key(&limiter, (round, name)), &limit, 10, now).remaining, 0);
        }
    }
    assert_eq!(limiter.evicted(), 0);
}

/// Lets `threads` take once more than the burst from each of `names` at one moment, in an order of each one's own,
/// and counts what was allowed.
fn race(limiter: &Limiter, limit: &Limit, names: &[(u64, u32)], now: Timestamp) -> Vec<u32> {
    let allowed: Vec<AtomicU32> = names.iter().map(|_| AtomicU32::new(0)).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let allowed = &allowed;
            scope.spawn(move || {
                for _ in 0..=limit.burst() {
                    for index in 0..names.len() {
                        let index = (index + thread * names.len() / 4) % names.len();
                        if limiter.take(key(limiter, names[index]), limit, 1, now).allowed {
                            allowed[index].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    allowed.into_iter().map(AtomicU32::into_inner).collect()
}

#[test]
fn threads_never_get_more_than_one_would() {
    let limiter = limiter(65_536);
    let limit = limit(1, 60, 5);
    let names: Vec<(u64, u32)> = (0..2_000).map(|name| (0, name)).collect();
    assert!(race(&limiter, &limit, &names, START).iter().all(|&allowed| allowed == 5));
    assert_eq!(race(&limiter, &limit, &[(1, 0)], START), [5]);
}

#[test]
fn threads_that_replace_expired_keys_at_once_never_double_one() {
    let limiter = limiter(8);
    let limit = limit(5, 1, 5);
    for round in 0..300 {
        let names: Vec<(u64, u32)> = (0..8).map(|name| (round, name)).collect();
        let allowed = race(&limiter, &limit, &names, after(round * 2_000_000));
        assert_eq!(allowed, [5; 8], "round {round}");
    }
    assert_eq!(limiter.evicted(), 0);
}
