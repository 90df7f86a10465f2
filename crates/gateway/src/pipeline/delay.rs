//! How long a refusal waits before it leaves.

use std::time::Duration;

use model::{Mode, Outcome};

use super::{Pipeline, Said, Trace};
use crate::denial::Denial;
use crate::policy::Context;

impl Pipeline {
    /// The longest wait that a step in force asks for, if one does. Those that do, or in shadow would, are in the trace.
    pub fn delay(&self, cx: &Context<'_>, denial: &Denial, trace: &mut Trace) -> Option<Duration> {
        let mut longest = None;
        for step in &self.steps {
            let Some(delay) = step.policy.delay(cx, denial) else { continue };
            let known = trace.iter().position(|said| said.id == step.id);
            let at = known.unwrap_or(trace.len());
            if known.is_none() {
                // It was not its turn when the request was refused.
                trace.push(Said::nothing(step));
            }
            if let Some(said) = trace.get_mut(at) {
                said.otherwise = Outcome::Changed;
            }
            if step.mode == Mode::Enforce {
                longest = longest.max(Some(delay));
            }
        }
        longest
    }
}
