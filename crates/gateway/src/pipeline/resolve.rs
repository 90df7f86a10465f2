//! Holds back a request until it is known where the hosts lead that it names.

use super::{Admitted, Judged, Pipeline, Trace, apply};
use crate::denial::Denial;
use crate::policy::Context;
use crate::resolution::{Resolved, Unresolved};

/// A request that every policy let through as far as it is known, and that names hosts which must be looked up.
#[derive(Debug)]
pub struct Resolving<'s> {
    pipeline: &'s Pipeline,
}

impl Pipeline {
    /// Lets the request through, unless [`Context::names`] must be looked up before: last of all, so that nobody is asked
    /// about what is refused anyway.
    pub(super) fn admit(&self, cx: &Context<'_>) -> Judged<'_> {
        match cx.names.is_empty() {
            true => Judged::Admitted(Admitted(())),
            false => Judged::Resolve(Resolving { pipeline: self }),
        }
    }
}

impl Resolving<'_> {
    /// Goes on by what was `resolved`, in the order of [`Context::names`]. A name of which nothing is said leads nowhere.
    ///
    /// # Errors
    /// Why a name must not be followed.
    pub fn answered(
        self,
        cx: &Context<'_>,
        resolved: &[Resolved],
        trace: &mut Trace,
    ) -> Result<Admitted, Denial> {
        let answers = resolved.iter().chain(std::iter::repeat(&Err(Unresolved::Unknown)));
        for step in &self.pipeline.steps {
            let mut answered = cx.names.iter().zip(answers.clone());
            let verdict = answered.try_for_each(|(host, resolved)| step.policy.resolved(host, resolved));
            let said = trace.iter_mut().find(|said| said.id == step.id && said.denied.is_none());
            apply(step.mode, verdict, said)?;
        }
        Ok(Admitted(()))
    }
}
