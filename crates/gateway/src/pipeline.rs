//! Decides one request: every policy of its operation in stage order. All control flow of a decision is here and in what
//! lies under it.

mod answer;
mod delay;
mod resolve;
mod step;

use identity::introspection::Answer;
use model::Mode;

use crate::content;
use crate::denial::Denial;
use crate::policy::{Authorization, Body, Context, Hold, Stage};
pub use answer::Passing;
pub use resolve::Resolving;
use step::apply;
pub use step::{Said, Step, Trace};

/// The policies of one operation, in the order they run.
#[derive(Debug, Default)]
pub struct Pipeline {
    steps: Vec<Step>,
    /// Where the steps begin that know who calls.
    identified_from: usize,
    /// Where the steps begin that judge answers alone.
    answers_from: usize,
    /// Where the steps begin of which some look into the bodies of answers.
    bodies_from: usize,
    needs_body: bool,
    /// The most that any step asks of a successful answer's body.
    holds: Hold,
}

/// A request that every policy let through. Only this file makes one, and only an `Admitted` can be forwarded.
#[derive(Debug)]
pub struct Admitted(());

/// A request whose head was let through and whose body is still to be judged.
#[derive(Debug)]
pub struct Pending<'s> {
    pipeline: &'s Pipeline,
}

/// A request that goes on once an issuer has said what its opaque token is.
#[derive(Debug)]
pub struct Waiting<'s> {
    pipeline: &'s Pipeline,
    /// The step that asked, which is asked again.
    step: usize,
}

/// What follows from the head.
#[derive(Debug)]
pub enum Judged<'s> {
    /// No policy needs the body: it may be streamed.
    Admitted(Admitted),
    /// The body must be read whole and judged first.
    Body(Pending<'s>),
    /// [`Context::lookup`] must be answered first.
    Introspect(Waiting<'s>),
    /// [`Context::names`] must be looked up first.
    Resolve(Resolving<'s>),
}

impl Pipeline {
    /// Sorts the steps by stage; within a stage they keep the registry's order.
    pub fn new(mut steps: Vec<Step>) -> Pipeline {
        steps.retain(|step| step.mode != Mode::Off);
        steps.sort_by_key(|step| step.stage);
        let needs_body = steps.iter().any(|step| step.policy.needs_body(None));
        let identified_from = steps.partition_point(|step| step.stage <= Stage::Identify);
        let answers_from = steps.partition_point(|step| !step.stage.is_of_answer());
        let holds = |step: &Step| answer::capped(step, step.policy.holds(None));
        let bodies_from = steps.iter().position(|step| holds(step) > Hold::No).unwrap_or(steps.len());
        let bodies_from = bodies_from.min(answers_from);
        let holds = steps.iter().map(holds).max().unwrap_or_default();
        Pipeline { steps, identified_from, answers_from, bodies_from, needs_body, holds }
    }

    /// The steps, in the order they run.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the body is of a type that some policy reads whole, as one of a doubtful type is.
    fn needs_body(&self, cx: &Context<'_>) -> bool {
        let media_type = content::media_type(cx.headers);
        self.needs_body && self.steps.iter().any(|step| step.policy.needs_body(media_type.as_deref()))
    }

    /// Whether some policy in force answers preflights that ask for the operation.
    pub fn answers_preflights(&self) -> bool {
        self.steps.iter().any(|step| step.mode == Mode::Enforce && step.policy.answers_preflights())
    }

    /// Judges the head.
    pub fn head<'s>(&'s self, cx: &mut Context<'_>, trace: &mut Trace) -> Result<Judged<'s>, Denial> {
        self.head_from(0, cx, trace)
    }

    fn head_from(&self, first: usize, cx: &mut Context<'_>, trace: &mut Trace) -> Result<Judged<'_>, Denial> {
        if let Some(step) = self.run(first, self.identified_from, cx, trace)? {
            return Ok(Judged::Introspect(Waiting { pipeline: self, step }));
        }
        for step in self.steps.iter().take(self.identified_from) {
            let said = trace.iter_mut().find(|said| said.id == step.id && said.denied.is_none());
            apply(step.mode, step.policy.identified(cx), said)?;
        }
        if let Some(step) = self.run(self.identified_from, self.answers_from, cx, trace)? {
            return Ok(Judged::Introspect(Waiting { pipeline: self, step }));
        }
        if cx.answer.is_none() && cx.has_body && self.needs_body(cx) {
            Ok(Judged::Body(Pending { pipeline: self }))
        } else {
            Ok(self.admit(cx))
        }
    }

    /// Asks the steps from `first` to before `end`, until one gives the answer. The step that has a question of its own.
    fn run(
        &self,
        first: usize,
        end: usize,
        cx: &mut Context<'_>,
        trace: &mut Trace,
    ) -> Result<Option<usize>, Denial> {
        if cx.answer.is_some() {
            return Ok(None);
        }
        for (index, step) in self.steps.iter().enumerate().take(end).skip(first) {
            let fields = cx.answer_fields.len();
            let verdict = step.policy.head(cx);
            if cx.lookup.is_some() {
                return Ok(Some(index));
            }
            // Neither caller nor backend can tell a control in shadow from one that is off.
            if step.mode == Mode::Shadow {
                cx.answer_fields.truncate(fields);
                cx.answer = None;
                cx.authorization = Authorization::AsSent;
            }
            trace.push(Said::nothing(step));
            apply(step.mode, verdict, trace.last_mut())?;
            if cx.answer.is_some() {
                break;
            }
        }
        Ok(None)
    }
}

impl<'s> Waiting<'s> {
    /// Goes on with the step that asked, by `answer`.
    pub fn answered(
        self,
        cx: &mut Context<'_>,
        trace: &mut Trace,
        answer: Answer,
    ) -> Result<Judged<'s>, Denial> {
        cx.lookup = None;
        cx.looked_up = Some(answer);
        self.pipeline.head_from(self.step, cx, trace)
    }
}

impl<'s> Pending<'s> {
    /// Judges the body. Where it cannot be read, that is the verdict of every policy that would have to.
    pub fn body(
        self,
        cx: &mut Context<'_>,
        body: Result<&Body<'_>, &Denial>,
        trace: &mut Trace,
    ) -> Result<Judged<'s>, Denial> {
        let media_type = content::media_type(cx.headers);
        let needs_body = |step: &&Step| step.policy.needs_body(media_type.as_deref());
        for step in self.pipeline.steps.iter().filter(needs_body) {
            let verdict = body.map_err(Denial::clone).and_then(|body| step.policy.body(cx, body));
            let said = trace.iter_mut().find(|said| said.id == step.id && said.denied.is_none());
            apply(step.mode, verdict, said)?;
        }
        Ok(self.pipeline.admit(cx))
    }

    /// Lets the body go unjudged, as the config says: `unseen` is what every policy that would have to read it says, as one
    /// in shadow does.
    pub fn unseen(self, cx: &Context<'_>, unseen: &Denial, trace: &mut Trace) -> Judged<'s> {
        let media_type = content::media_type(cx.headers);
        for step in self.pipeline.steps.iter().filter(|step| step.policy.needs_body(media_type.as_deref())) {
            if let Some(said) = trace.iter_mut().find(|said| said.id == step.id && said.denied.is_none()) {
                said.mode = Mode::Shadow;
                said.denied = Some(Box::new(unseen.clone()));
            }
        }
        self.pipeline.admit(cx)
    }
}
