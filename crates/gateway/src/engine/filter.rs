//! Reads an answer's body as it passes, and lets through what its caller may see.

use model::{Mode, Outcome};

use crate::content::Unpacking;
use crate::pipeline::Passing;
use crate::sieve::{Hidden, Sieve};

/// What stands between an answer's body and its caller.
#[derive(Debug)]
pub(super) struct Filter {
    control: &'static str,
    mode: Mode,
    unpacking: Unpacking,
    sieve: Sieve<Hidden>,
    /// Why it cannot read on; absent while it can.
    fault: Option<&'static str>,
}

impl Filter {
    /// Reads a body that unpacks to at most `ratio_max` times its size.
    pub(super) fn new(passing: Passing, ratio_max: u32) -> Filter {
        let Passing { id, mode, coding, sieve } = passing;
        Filter { control: id, mode, unpacking: Unpacking::new(coding, ratio_max), sieve, fault: None }
    }

    /// Whether the caller gets what it lets through, and not the body as it was.
    pub(super) fn is_enforced(&self) -> bool {
        self.mode == Mode::Enforce
    }

    /// The control that it is for, and why it could not read on, if it could not.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        self.fault.map(|fault| (self.control, fault))
    }

    /// What the control says of what it has read.
    pub(super) fn outcome(&self) -> Outcome {
        match self.fault {
            Some(_) => Outcome::Denied,
            None if self.sieve.has_cut() => Outcome::Changed,
            None => Outcome::Allowed,
        }
    }

    /// Takes `bytes` of the body, and appends to `out` what of it may pass. False if the rest may not.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        self.apply(bytes, out, |unpacking, sieve, out| {
            unpacking.push(bytes, &mut |bytes| sieve.push(bytes, out).map_err(|error| error.kind.as_str()))
        })
    }

    /// Says that there is no more of the body. False if it cannot end here.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        self.apply(&[], out, |unpacking, sieve, out| {
            unpacking.finish(&mut |bytes| sieve.push(bytes, out).map_err(|error| error.kind.as_str()))?;
            sieve.finish(out).map_err(|error| error.kind.as_str())
        })
    }

    /// Neither caller nor backend can tell a control in shadow from one that is off.
    fn apply(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        read: impl FnOnce(&mut Unpacking, &mut Sieve<Hidden>, &mut Vec<u8>) -> Result<(), &'static str>,
    ) -> bool {
        let mut unseen = Vec::new();
        let to = if self.is_enforced() {
            &mut *out
        } else {
            out.extend_from_slice(bytes);
            &mut unseen
        };
        if self.fault.is_none() {
            self.fault = read(&mut self.unpacking, &mut self.sieve, to).err();
        }
        self.fault.is_none() || !self.is_enforced()
    }
}
