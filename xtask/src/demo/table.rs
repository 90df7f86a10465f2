//! What each control stopped and what the backend saw, at the end of the demo.

use std::collections::BTreeMap;

use super::attempt::{Decision, Expected};
use crate::say::{self, FAINT, HEAD, WARN, styled};

pub(super) fn print(decisions: &[Decision]) {
    let mut stopped: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    for decision in decisions {
        for (control, reason) in &decision.refusals {
            let (count, reasons) = stopped.entry(control).or_default();
            *count += 1;
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
    }
    say::result("");
    say::result(&styled(HEAD, &format!("  {:<16} {:>7}  {}", "control", "stopped", "because")));
    for (control, (count, reasons)) in &stopped {
        say::result(&format!("  {control:<16} {count:>7}  {}", reasons.join(", ")));
    }
    let sent: usize = decisions.iter().map(|decision| decision.attempt.requests.len()).sum();
    let seen: usize = decisions.iter().map(|decision| decision.seen.len()).sum();
    let refused: usize = decisions.iter().map(|decision| decision.refusals.len()).sum();
    say::result(&format!("  {:<16} {refused:>7}  of {sent} requests; the backend saw {seen}", "all"));
    let through = decisions.iter().filter(|decision| decision.attempt.expected == Expected::NotSeen);
    for decision in through {
        say::result(&styled(
            WARN,
            &format!("  not stopped: {}; nothing in the request says whose it is", decision.attempt.what),
        ));
    }
    say::result("");
    say::result(&styled(HEAD, "  what the backend saw"));
    for (line, count) in seen_by_backend(decisions) {
        say::result(&format!("  {count:>4} × {}", styled(FAINT, line)));
    }
    say::result("");
}

fn seen_by_backend(decisions: &[Decision]) -> BTreeMap<&str, usize> {
    let mut seen = BTreeMap::new();
    for line in decisions.iter().flat_map(|decision| &decision.seen) {
        *seen.entry(line.as_str()).or_default() += 1;
    }
    seen
}
