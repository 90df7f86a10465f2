//! Judges the backend's answer: every policy of the answer's stages, in order, before any of the answer leaves.

use model::{Leak, Mode, Outcome};

use super::{Pipeline, Said, Step, Trace, apply};
use crate::content::Coding;
use crate::denial::{Denial, Reason};
use crate::policy::{Answer, AnswerField, Body, Context, Hold};
use crate::sieve::{Hidden, Sieve};

/// The class on record of an answer that should have been searched and could not be read, or was too large.
const UNSEARCHED: &str = "unsearched";

/// A whole answer as it goes to the caller.
#[derive(Debug)]
pub struct Judged {
    /// The body that takes the place of the backend's; absent where that stays.
    pub body: Option<Vec<u8>>,
}

/// What reads a body as it passes.
#[derive(Debug)]
pub struct Passing {
    /// The control.
    pub id: &'static str,
    /// How it is applied.
    pub mode: Mode,
    /// The content coding that it reads through.
    pub coding: Coding,
    /// What it does.
    pub sieve: Sieve<Hidden>,
}

impl Pipeline {
    /// Whether any step looks at answers.
    pub fn judges_answers(&self) -> bool {
        !self.steps.is_empty()
    }

    /// How much of a successful answer is looked into at most, so that the backend must send it accordingly.
    pub fn holds_answers(&self) -> Hold {
        self.holds
    }

    /// Judges the head of an answer, and says how much of the body must be held back for [`Pipeline::answer_body`].
    ///
    /// # Errors
    /// Why the answer must not leave.
    pub fn answer_head(
        &self,
        cx: &Context<'_>,
        answer: &mut Answer<'_>,
        trace: &mut Trace,
    ) -> Result<Hold, Denial> {
        let mut hold = Hold::No;
        for step in &self.steps {
            let fields = answer.fields.len();
            let verdict = step.policy.answer_head(cx, answer);
            if step.mode == Mode::Shadow {
                answer.fields.truncate(fields);
            }
            if step.stage.is_of_answer() {
                trace.push(Said::nothing(step));
            }
            hold = hold.max(held(step, answer));
            apply(step.mode, verdict, trace.iter_mut().find(|said| said.id == step.id))?;
        }
        Ok(hold)
    }

    /// Judges a whole body, or that it `cannot` be read. What one step gives in its place the next one gets.
    ///
    /// # Errors
    /// Why the answer must not leave.
    pub fn answer_body(
        &self,
        cx: &Context<'_>,
        answer: &mut Answer<'_>,
        body: Result<&Body<'_>, &Denial>,
        trace: &mut Trace,
    ) -> Result<Judged, Denial> {
        let body = match body {
            Ok(body) => body,
            Err(cannot) => return self.unread(answer, cannot, trace),
        };
        let mut judged = Judged { body: None };
        let mut from = 0;
        loop {
            let changed = match &judged.body {
                None => self.changed_body(cx, answer, body, &mut from, trace)?,
                Some(bytes) => {
                    let body = Body::new(bytes, body.content_type, body.media_type, body.json_limits);
                    self.changed_body(cx, answer, &body, &mut from, trace)?
                }
            };
            match changed {
                Some(bytes) => judged.body = Some(bytes),
                None => break,
            }
        }
        if judged.body.is_some() {
            answer.fields.extend(STALE.iter().map(|name| AnswerField::Drop(name)));
        }
        Ok(judged)
    }

    /// What must read the body as it passes, where that was not held and judged; the trace has it as pending.
    ///
    /// # Errors
    /// Its content coding cannot be undone.
    pub fn passing(
        &self,
        cx: &Context<'_>,
        answer: &mut Answer<'_>,
        trace: &mut Trace,
    ) -> Result<Option<Passing>, Denial> {
        let Some(step) = self.of_bodies().find(|step| held(step, answer) == Hold::Passed) else {
            return Ok(None);
        };
        let Some(sieve) = step.policy.sieve(cx) else { return Ok(None) };
        let said = trace.iter_mut().find(|said| said.id == step.id);
        let coding = match Coding::of(answer.headers) {
            Ok(coding) => coding,
            Err(cannot) => {
                let denial = Denial { reason: Reason::AnswerUnreadable, control: step.id, ..cannot };
                return apply(step.mode, Err(denial), said).map(|()| None);
            }
        };
        if let Some(said) = said {
            said.otherwise = Outcome::Pending;
        }
        if step.mode == Mode::Enforce {
            answer.fields.extend(STALE.iter().map(|name| AnswerField::Drop(name)));
        }
        Ok(Some(Passing { id: step.id, mode: step.mode, coding, sieve }))
    }

    /// The first body that a step from the one at `from` gives in place of this one.
    fn changed_body(
        &self,
        cx: &Context<'_>,
        answer: &mut Answer<'_>,
        body: &Body<'_>,
        from: &mut usize,
        trace: &mut Trace,
    ) -> Result<Option<Vec<u8>>, Denial> {
        for step in self.of_bodies().skip(*from) {
            *from += 1;
            if held(step, answer) == Hold::No {
                continue;
            }
            let fields = answer.fields.len();
            let judgement = step.policy.answer_body(cx, answer, body);
            if step.mode == Mode::Shadow {
                answer.fields.truncate(fields);
            }
            let said = trace.iter_mut().find(|said| said.id == step.id && said.denied.is_none());
            match judgement {
                Err(denial) => apply(step.mode, Err(denial), said)?,
                Ok(None) => {}
                Ok(Some(bytes)) => {
                    if let Some(said) = said {
                        said.otherwise = Outcome::Changed;
                    }
                    if step.mode == Mode::Enforce {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
        Ok(None)
    }

    /// That it cannot be read is the verdict of every step that needs to; who only wants to says that it was not.
    fn unread(&self, answer: &mut Answer<'_>, cannot: &Denial, trace: &mut Trace) -> Result<Judged, Denial> {
        let reason = match cannot.reason {
            Reason::AnswerTooLarge | Reason::Overloaded => cannot.reason,
            _ => Reason::AnswerUnreadable,
        };
        for step in self.of_bodies() {
            match step.policy.holds(Some(answer)) {
                Hold::No | Hold::Passed => {}
                Hold::Wanted => answer.leaks.push(Leak { class: UNSEARCHED.into(), pointer: "".into() }),
                Hold::Needed => {
                    let denial = Denial { reason, control: step.id, ..cannot.clone() };
                    apply(step.mode, Err(denial), trace.iter_mut().find(|said| said.id == step.id))?;
                }
            }
        }
        Ok(Judged { body: None })
    }

    fn of_bodies(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().skip(self.bodies_from)
    }
}

/// Fields that speak of the body as the backend sent it.
const STALE: &[&str] =
    &["content-encoding", "content-md5", "digest", "content-digest", "repr-digest", "etag", "accept-ranges"];

/// How much of the answer's body a step must see. One in shadow must not be the reason that an answer is refused.
fn held(step: &Step, answer: &Answer<'_>) -> Hold {
    if !answer.has_body {
        return Hold::No;
    }
    capped(step, step.policy.holds(Some(answer)))
}

pub(super) fn capped(step: &Step, hold: Hold) -> Hold {
    if step.mode == Mode::Enforce { hold } else { hold.min(Hold::Wanted) }
}

impl Denial {
    /// An answer of which more than `bytes_max` bytes would have to be held.
    pub(crate) fn answer_too_large(bytes_max: usize) -> Denial {
        let detail = model::Redacted::vouched(format!("more than {bytes_max} bytes would have to be held"));
        Denial::new(Reason::AnswerTooLarge, "upstream", detail)
    }
}
