//! One thing that is tried, what should come of it, and what did.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::wire::Answer;
use crate::say::{BAD, GOOD, WARN, styled};

/// What should come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// The backend answers.
    Forwarded,
    /// The backend answers, and this of what it says does not arrive.
    ForwardedWithout(&'static str),
    /// The backend answers, and this control keeps the answer for this reason.
    KeptBy(&'static str, &'static str),
    /// This control refuses, each time and for this reason.
    RefusedBy(&'static str, &'static str),
    /// This control lets so many through at once, and then one after each of these times.
    LimitedBy(&'static str, usize, Duration),
    /// Wrong, and no control of this version sees it.
    NotSeen,
}

/// Requests, as bytes, and why they are sent.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Who does what, in plain words.
    pub(super) what: &'static str,
    /// The request line as shown.
    pub(super) shown: String,
    pub(super) requests: Vec<Vec<u8>>,
    pub(super) expected: Expected,
}

/// What became of an attempt.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) attempt: Attempt,
    /// The last status; 0 where the connection was closed without one.
    pub(super) status: u16,
    /// Which control refused, and its reason, for each request that was.
    pub(super) refusals: Vec<(String, String)>,
    /// What the backend said it saw.
    pub(super) seen: Vec<String>,
    started: Instant,
    answers: Vec<String>,
    first: Option<First>,
}

/// The first refusal.
#[derive(Debug)]
struct First {
    /// Requests that had been let through.
    passed: usize,
    /// Since the beginning.
    since: Duration,
    /// What it says of when to come again.
    retry_after: Duration,
}

impl Decision {
    pub(super) fn new(attempt: Attempt) -> Self {
        Self {
            attempt,
            status: 0,
            refusals: Vec::new(),
            seen: Vec::new(),
            started: Instant::now(),
            answers: Vec::new(),
            first: None,
        }
    }

    /// Takes one answer into account.
    pub(super) fn note(&mut self, answer: &Answer) {
        self.status = answer.status;
        if let Some(refusal) = refusal(answer) {
            let retry_after = answer.field("retry-after").and_then(|text| text.parse().ok()).unwrap_or(0);
            self.first.get_or_insert(First {
                passed: self.answers.len(),
                since: self.started.elapsed(),
                retry_after: Duration::from_secs(retry_after),
            });
            self.refusals.push(refusal);
        }
        self.answers.push(format!("{}\r\n\r\n{}", answer.head, String::from_utf8_lossy(&answer.body)));
    }

    /// Whether it came as it should, by the gateway's word and by the backend's.
    pub(super) fn is_expected(&self) -> bool {
        let sent = self.attempt.requests.len();
        let (refused, seen) = (self.refusals.len(), self.seen.len());
        let all_by = |control, reason| {
            refused == sent
                && self.refusals.iter().all(|(by, why)| (by.as_str(), why.as_str()) == (control, reason))
        };
        match self.attempt.expected {
            Expected::Forwarded | Expected::NotSeen => refused == 0 && seen == sent,
            Expected::ForwardedWithout(text) => {
                refused == 0 && seen == sent && self.answers.iter().all(|answer| !answer.contains(text))
            }
            Expected::RefusedBy(control, reason) => all_by(control, reason) && seen == 0,
            Expected::KeptBy(control, reason) => all_by(control, reason) && seen == sent,
            Expected::LimitedBy(control, burst, every) => {
                let is_by = self.refusals.iter().all(|(by, _)| by == control);
                is_by
                    && seen + refused == sent
                    && self.first.as_ref().is_some_and(|first| first.fits(burst, every))
            }
        }
    }

    /// The decision as one aligned line.
    pub(super) fn line(&self) -> String {
        let times = self.attempt.requests.len();
        let outcome = match (self.refusals.last(), self.attempt.expected) {
            (Some((control, _)), Expected::LimitedBy(..)) => {
                styled(BAD, &format!("{} of {times} refused by {control}", self.refusals.len()))
            }
            (Some((control, reason)), Expected::KeptBy(..)) => {
                styled(BAD, &format!("answer kept by {control}: {reason}"))
            }
            (Some((control, reason)), _) => styled(BAD, &format!("refused by {control}: {reason}")),
            (None, Expected::NotSeen) => styled(WARN, "forwarded: no control of this version sees it"),
            (None, _) if self.seen.is_empty() => styled(BAD, "refused"),
            (None, Expected::ForwardedWithout(_)) => styled(GOOD, "forwarded, and part of the answer kept"),
            (None, _) => styled(GOOD, "forwarded"),
        };
        let mark = if self.is_expected() { " " } else { "!" };
        let shown = shortened(&self.attempt.shown, 38);
        format!("{mark} {:<46} {shown:<38} {} {outcome}", self.attempt.what, self.status)
    }
}

impl First {
    /// Whether a bucket of `burst`, full at the beginning, that gets one back after each `every`, refuses so. Between the
    /// gateway's two looks at its clock went by no more than `since`.
    fn fits(&self, burst: usize, every: Duration) -> bool {
        let back = self.passed.checked_sub(burst).and_then(|back| u32::try_from(back).ok());
        back.is_some_and(|back| {
            let next = every.saturating_mul(back + 1);
            every.saturating_mul(back) <= self.since
                && self.retry_after <= every
                && self.retry_after >= next.saturating_sub(self.since)
        })
    }
}

/// The gateway's own refusals are problem documents that name the control (RFC 9457).
fn refusal(answer: &Answer) -> Option<(String, String)> {
    let problem: Value = serde_json::from_slice(&answer.body).ok()?;
    let control = problem.get("control")?.as_str()?;
    let reason = problem.get("type")?.as_str()?.rsplit(['/', ':', '#']).next()?;
    Some((control.to_owned(), reason.to_owned()))
}

fn shortened(text: &str, letters_max: usize) -> String {
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    text.chars().take(letters_max - 1).chain(['…']).collect()
}

#[test]
fn a_decision_is_judged_by_gateway_and_backend() {
    let decided = |expected, answers: &[(u16, &str)], seen: usize| {
        let requests = vec![Vec::new(); answers.len()];
        let mut decision = Decision::new(Attempt { what: "w", shown: "GET /".into(), requests, expected });
        for (status, body) in answers {
            let head = "HTTP/1.1 200 OK\r\nserver: shop".to_owned();
            decision.note(&Answer { status: *status, head, body: body.as_bytes().to_vec() });
        }
        decision.seen = vec!["GET / 200".to_owned(); seen];
        decision.is_expected()
    };
    let refused = (401, r#"{"type":"https://x.example/problems/unauthenticated","control":"jwt"}"#);
    let (refusal, kept) =
        (Expected::RefusedBy("jwt", "unauthenticated"), Expected::KeptBy("jwt", "unauthenticated"));
    assert!(decided(Expected::Forwarded, &[(200, "{}")], 1));
    assert!(!decided(Expected::Forwarded, &[(200, "{}")], 0));
    assert!(decided(refusal, &[refused], 0));
    assert!(!decided(refusal, &[refused], 1));
    assert!(!decided(Expected::RefusedBy("scope", "unauthenticated"), &[refused], 0));
    assert!(!decided(Expected::RefusedBy("jwt", "invalid-token"), &[refused], 0));
    assert!(!decided(refusal, &[(200, "{}"), refused], 1));
    assert!(!decided(refusal, &[(404, "{\"error\":1}")], 1));
    assert!(decided(kept, &[refused], 1));
    assert!(!decided(kept, &[refused], 0));
    assert!(!decided(kept, &[(200, "{}")], 1));
    assert!(decided(Expected::ForwardedWithout("hash"), &[(200, "{}")], 1));
    assert!(!decided(Expected::ForwardedWithout("hash"), &[(200, "{\"hash\":1}")], 1));
    assert!(!decided(Expected::ForwardedWithout("server: "), &[(200, "{}")], 1));
    assert!(!decided(Expected::ForwardedWithout("hash"), &[refused], 0));
}

#[test]
fn a_limit_is_judged_by_how_many_it_lets_through_and_when_it_asks_back() {
    let fits = |passed, since_ms, retry_after_s| {
        let (since, retry_after) = (Duration::from_millis(since_ms), Duration::from_secs(retry_after_s));
        First { passed, since, retry_after }.fits(40, Duration::from_secs(3))
    };
    assert!(fits(40, 100, 3));
    assert!(!fits(39, 100, 3) && !fits(41, 100, 3));
    assert!(fits(41, 3_100, 3) && fits(41, 5_000, 1));
    assert!(!fits(40, 100, 2) && !fits(40, 100, 4));
    assert!(fits(40, 1_500, 2) && !fits(40, 1_500, 1));
}
