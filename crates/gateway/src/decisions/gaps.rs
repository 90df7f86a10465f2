//! What cannot be enforced where another proxy sends requests on, in plain words.

use crate::config::{Asker, Bodies, Decisions};
use crate::pipeline::Step;
use crate::snapshot::{ApiPlan, Plan};

/// One thing that is not enforced through a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The control.
    pub control: &'static str,
    /// What becomes of it.
    pub what: &'static str,
}

const ANSWERS: &str = "answers go past the gateway and are not judged";
const CONCURRENCY: &str = "the end of a request is not seen, so those in flight are not counted";
const CERTIFICATES: &str = "the caller's certificate is not seen: whoever needs one is refused";
const KEPT: &str = "bodies are not seen: requests with one that it must read are refused";
const UNSEEN: &str = "bodies are not seen: those that it must read go unjudged";
const PREFLIGHTS: &str = "preflights are refused: have the proxy answer them";

/// What of `api` a listener with these `settings` does not enforce, and on which operations.
pub fn gaps<'a>(settings: &Decisions, api: &'a ApiPlan) -> Vec<(Gap, Vec<&'a Plan>)> {
    let mut gaps: Vec<(Gap, Vec<&Plan>)> = Vec::new();
    for plan in &api.operations {
        for gap in plan.pipeline.steps().iter().filter_map(|step| of_step(settings, step)) {
            match gaps.iter_mut().find(|(known, _)| *known == gap) {
                Some((_, plans)) => plans.push(plan),
                None => gaps.push((gap, vec![plan])),
            }
        }
    }
    gaps.sort_by_key(|(gap, _)| *gap);
    gaps
}

fn of_step(settings: &Decisions, step: &Step) -> Option<Gap> {
    let what = match step.id {
        _ if step.stage.is_of_answer() => ANSWERS,
        "concurrency" => CONCURRENCY,
        "mtls" => CERTIFICATES,
        _ if step.policy.answers_preflights() && settings.asker != Asker::Envoy => PREFLIGHTS,
        _ if step.policy.needs_body(None) => match settings.bodies {
            Bodies::Sent => return None,
            Bodies::Withheld => KEPT,
            Bodies::Unseen => UNSEEN,
        },
        _ => return None,
    };
    Some(Gap { control: step.id, what })
}
