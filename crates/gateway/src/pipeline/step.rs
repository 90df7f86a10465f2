//! One step of a pipeline, what it said, and the one place where its mode decides what becomes of that.

use model::{Mode, Outcome};
use smallvec::SmallVec;

use crate::denial::{Denial, Verdict};
use crate::policy::{Policy, Stage};

/// One policy of an operation, and how it is applied.
#[derive(Debug)]
pub struct Step {
    /// The control it enforces.
    pub id: &'static str,
    /// When it runs.
    pub stage: Stage,
    /// How its verdict is applied. Policies never see it.
    pub mode: Mode,
    /// The policy.
    pub policy: Box<dyn Policy>,
}

/// What one step said, for the record.
#[derive(Debug)]
pub struct Said {
    /// The control.
    pub id: &'static str,
    /// How it was applied.
    pub mode: Mode,
    /// Its verdict: why it denied, if it did, which is rare.
    pub denied: Option<Box<Denial>>,
    /// What it said where it denied nothing.
    pub otherwise: Outcome,
}

impl Said {
    /// That `step` had nothing to say so far.
    pub(super) fn nothing(step: &Step) -> Said {
        Said { id: step.id, mode: step.mode, denied: None, otherwise: Outcome::Allowed }
    }

    /// The verdict without its reason.
    pub fn outcome(&self) -> Outcome {
        if self.denied.is_some() { Outcome::Denied } else { self.otherwise }
    }
}

/// What every step said, in order.
pub type Trace = SmallVec<[Said; 16]>;

/// The one place where a mode decides what becomes of a verdict.
pub(super) fn apply(mode: Mode, verdict: Verdict, said: Option<&mut Said>) -> Verdict {
    let Err(denial) = verdict else { return Ok(()) };
    if let Some(said) = said {
        said.denied = Some(Box::new(denial.clone()));
    }
    match mode {
        Mode::Enforce => Err(denial),
        Mode::Shadow | Mode::Off => Ok(()),
    }
}
