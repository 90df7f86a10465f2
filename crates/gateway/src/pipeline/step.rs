//! One step of a pipeline, and what it said of a request.

use model::{Mode, Outcome};
use smallvec::SmallVec;

use crate::denial::Denial;
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
}

impl Said {
    /// The verdict without its reason.
    pub fn outcome(&self) -> Outcome {
        if self.denied.is_some() { Outcome::Denied } else { Outcome::Allowed }
    }
}

/// What every step said, in order.
pub type Trace = SmallVec<[Said; 12]>;
