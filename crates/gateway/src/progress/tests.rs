//! The table against an obvious map, and under threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;
use crate::limiter::Limiter;

const START: Timestamp = Timestamp::from_secs(1_764_000_000);
const WITHIN: Duration = Duration::from_secs(60);

fn key(name: u32) -> Key {
    Limiter::new(8, [0x2545_f491_4f6c_dd1d, 0x9e37_79b9_7f4a_7c15], START).key().part(name).finish()
}

fn after(secs: u64) -> Timestamp {
    START.plus(Duration::from_secs(secs))
}

fn steps(progress: &Progress, name: u32) -> Option<usize> {
    progress.standing(key(name)).map(|standing| standing.steps)
}

#[test]
fn each_step_leads_to_the_next_and_no_further() {
    let progress = Progress::new(8);
    progress.done(key(1), 1, WITHIN, START);
    assert_eq!(steps(&progress, 1), None, "the first is missing");
    progress.done(key(1), 0, WITHIN, START);
    progress.done(key(1), 2, WITHIN, START);
    assert_eq!(steps(&progress, 1), Some(1), "the second is missing");
    progress.done(key(1), 1, WITHIN, after(5));
    assert_eq!(progress.standing(key(1)), Some(Standing { steps: 2, at: after(5), taken: None }));
    progress.done(key(1), 0, WITHIN, after(8));
    assert_eq!(steps(&progress, 1), Some(2), "an earlier step again changes nothing");
    assert_eq!(steps(&progress, 2), None, "nor does another caller get on");
    progress.done(key(1), 2, WITHIN, after(66));
    assert_eq!(steps(&progress, 1), Some(2), "what is too old leads nowhere");
    progress.done(key(1), 0, WITHIN, after(66));
    assert_eq!(steps(&progress, 1), Some(1), "but to the beginning");
}

#[test]
fn the_last_step_is_taken_once_and_given_back_or_ends_the_flow() {
    let progress = Progress::new(8);
    assert!(!progress.take(key(1), 0, START), "nobody is there");
    progress.done(key(1), 0, WITHIN, START);
    assert!(!progress.take(key(1), 2, after(1)), "not yet");
    assert!(progress.take(key(1), 1, after(1)));
    assert!(!progress.take(key(1), 1, after(2)));
    progress.give_back(key(1), after(2));
    assert!(!progress.take(key(1), 1, after(2)), "who has not taken it gives nothing back");
    progress.give_back(key(1), after(1));
    assert!(progress.take(key(1), 1, after(3)));
    progress.finish(key(1), after(1));
    assert_eq!(steps(&progress, 1), Some(1), "nor ends it");
    progress.finish(key(1), after(3));
    assert_eq!(steps(&progress, 1), None);
}

#[test]
fn what_was_taken_and_never_answered_is_begun_anew() {
    let progress = Progress::new(8);
    progress.done(key(1), 0, WITHIN, START);
    assert!(progress.take(key(1), 1, after(1)));
    progress.done(key(1), 1, WITHIN, after(2));
    assert_eq!(progress.standing(key(1)), Some(Standing { steps: 1, at: START, taken: Some(after(1)) }));
    progress.done(key(1), 0, WITHIN, after(3));
    assert_eq!(progress.standing(key(1)), Some(Standing { steps: 1, at: after(3), taken: None }));
    assert!(progress.take(key(1), 1, after(4)));
    progress.give_back(key(1), after(1));
    assert!(!progress.take(key(1), 1, after(5)), "a late answer spoils nothing");
}

#[test]
fn a_full_set_forgets_who_has_waited_longest() {
    let progress = Progress::new(8);
    for name in 0..9 {
        progress.done(key(name), 0, WITHIN, after(u64::from(name)));
    }
    assert_eq!(steps(&progress, 0), None);
    assert!((1..9).all(|name| steps(&progress, name) == Some(1)));
}

#[test]
fn of_many_who_take_the_last_step_at_once_one_gets_it() {
    let progress = Progress::new(64);
    for round in 0..100 {
        let taken = AtomicU32::new(0);
        progress.done(key(round), 0, WITHIN, START);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (progress, taken) = (&progress, &taken);
                scope.spawn(move || {
                    taken.fetch_add(u32::from(progress.take(key(round), 1, after(thread))), Ordering::AcqRel)
                });
            }
        });
        assert_eq!(taken.into_inner(), 1, "round {round}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stands_where_an_obvious_map_says(
        calls in prop::collection::vec((0_u32..6, 0_usize..4, 0_u64..50), 1..100),
    ) {
        let progress = Progress::new(4096);
        let mut twin: HashMap<u32, (usize, u64)> = HashMap::new();
        let mut secs = 0;
        for (name, before, pause) in calls {
            secs += pause;
            progress.done(key(name), before, WITHIN, after(secs));
            let (steps, _) = twin.get(&name).copied().filter(|(_, at)| secs - at <= 60).unwrap_or((0, 0));
            if before == steps || before + 1 == steps {
                twin.insert(name, (before + 1, secs));
            }
            let expected = twin.get(&name).map(|(steps, at)| (*steps, after(*at)));
            prop_assert_eq!(progress.standing(key(name)).map(|standing| (standing.steps, standing.at)), expected);
        }
    }
}
