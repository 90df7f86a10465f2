//! One thing that is tried, what should come of it, and what did.

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
    /// The backend answers, and one of these controls keeps the answer.
    KeptBy(&'static [&'static str]),
    /// One of these controls refuses; for a burst, at least once.
    RefusedBy(&'static [&'static str]),
    /// Wrong, and no control of this version sees it.
    NotSeen,
}

/// A request, as bytes, and why it is sent.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Who does what, in plain words.
    pub(super) what: &'static str,
    /// The request line as shown.
    pub(super) shown: String,
    pub(super) request: Vec<u8>,
    /// How often it is sent.
    pub(super) times: usize,
    pub(super) expected: Expected,
}

/// What became of an attempt.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) attempt: Attempt,
    /// The last status; 0 where the connection was closed without one.
    pub(super) status: u16,
    /// How many of the requests the gateway refused.
    pub(super) refused: usize,
    /// Which control refused, and its reason.
    pub(super) refusal: Option<(String, String)>,
    /// The last answer's body.
    body: String,
    /// What the backend said it saw.
    pub(super) seen: Vec<String>,
}

impl Decision {
    pub(super) fn new(attempt: Attempt) -> Self {
        Self { attempt, status: 0, refused: 0, refusal: None, body: String::new(), seen: Vec::new() }
    }

    /// Takes one answer into account.
    pub(super) fn note(&mut self, answer: &Answer) {
        self.status = answer.status;
        self.body = String::from_utf8_lossy(&answer.body).into_owned();
        if let Some(refusal) = refusal(answer) {
            self.refused += 1;
            self.refusal = Some(refusal);
        }
    }

    /// Whether it came as it should, by the gateway's word and by the backend's.
    pub(super) fn is_expected(&self) -> bool {
        let passed = self.attempt.times - self.refused.min(self.attempt.times);
        let by = self.refusal.as_ref().map(|(control, _)| control.as_str());
        let is_by = |controls: &[&str]| by.is_some_and(|by| controls.contains(&by));
        match self.attempt.expected {
            Expected::Forwarded | Expected::NotSeen => self.refused == 0 && self.seen.len() == passed,
            Expected::ForwardedWithout(text) => {
                self.refused == 0 && self.seen.len() == passed && !self.body.contains(text)
            }
            Expected::RefusedBy(controls) => is_by(controls) && self.seen.len() == passed,
            Expected::KeptBy(controls) => is_by(controls) && self.seen.len() == self.attempt.times,
        }
    }

    /// The decision as one aligned line.
    pub(super) fn line(&self) -> String {
        let outcome = match (&self.refusal, self.attempt.times) {
            (Some((control, reason)), 1) if matches!(self.attempt.expected, Expected::KeptBy(_)) => {
                styled(BAD, &format!("answer kept by {control}: {reason}"))
            }
            (Some((control, reason)), 1) => styled(BAD, &format!("refused by {control}: {reason}")),
            (Some((control, _)), times) => {
                styled(BAD, &format!("{} of {times} refused by {control}", self.refused))
            }
            (None, _) if self.attempt.expected == Expected::NotSeen => {
                styled(WARN, "forwarded: no control of this version sees it")
            }
            (None, _) if self.seen.is_empty() => styled(BAD, "refused"),
            (None, _) if matches!(self.attempt.expected, Expected::ForwardedWithout(_)) => {
                styled(GOOD, "forwarded, and part of the answer kept")
            }
            (None, _) => styled(GOOD, "forwarded"),
        };
        let mark = if self.is_expected() { " " } else { "!" };
        let shown = shortened(&self.attempt.shown, 38);
        format!("{mark} {:<46} {shown:<38} {} {outcome}", self.attempt.what, self.status)
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
        let attempt =
            Attempt { what: "w", shown: "GET /".into(), request: vec![], times: answers.len(), expected };
        let mut decision = Decision::new(attempt);
        for (status, body) in answers {
            decision.note(&Answer { status: *status, body: body.as_bytes().to_vec() });
        }
        decision.seen = vec!["GET / 200".to_owned(); seen];
        decision.is_expected()
    };
    let refused = (401, r#"{"type":"https://x.example/problems/unauthenticated","control":"jwt"}"#);
    assert!(decided(Expected::Forwarded, &[(200, "{}")], 1));
    assert!(!decided(Expected::Forwarded, &[(200, "{}")], 0));
    assert!(decided(Expected::RefusedBy(&["jwt"]), &[refused], 0));
    assert!(!decided(Expected::RefusedBy(&["jwt"]), &[refused], 1));
    assert!(!decided(Expected::RefusedBy(&["scope"]), &[refused], 0));
    assert!(decided(Expected::RefusedBy(&["jwt"]), &[(200, "{}"), refused], 1));
    assert!(!decided(Expected::RefusedBy(&["jwt"]), &[(404, "{\"error\":1}")], 1));
    assert!(decided(Expected::KeptBy(&["jwt"]), &[refused], 1));
    assert!(!decided(Expected::KeptBy(&["jwt"]), &[refused], 0));
    assert!(!decided(Expected::KeptBy(&["jwt"]), &[(200, "{}")], 1));
    assert!(decided(Expected::ForwardedWithout("hash"), &[(200, "{}")], 1));
    assert!(!decided(Expected::ForwardedWithout("hash"), &[(200, "{\"hash\":1}")], 1));
    assert!(!decided(Expected::ForwardedWithout("hash"), &[refused], 0));
}
