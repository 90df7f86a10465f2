//! The load under which the gateway is watched before it is built for release: some of everything that is measured.

use std::path::Path;

use identity::Algorithm;

use super::field::{Contender, Field};
use super::load::Plan;
use super::{Arguments, controls, palisade, sample};
use crate::failure::Outcome;

/// Sizes of the bodies, and how many are sent of each.
const BODIES: &[(usize, usize)] = &[(1_000, 4_000), (10_000, 1_000), (100_000, 100)];

pub(super) fn run(arguments: &Arguments, program: &Path) -> Outcome<()> {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let plan = Plan::mixed(arguments.principals, algorithm)?;
        let field = Field::open(&plan, program)?;
        let mut contenders = controls::contenders(arguments, &field)?;
        contenders.push(palisade::start_bare("bare", &field)?);
        contenders.push(palisade::start_requests("requests", &field)?);
        contenders.push(palisade::start_answers("answers", &field)?);
        for contender in contenders {
            watch(contender, &plan, arguments.requests, arguments)?;
        }
    }
    for &(bytes, requests) in BODIES {
        let plan = Plan::bodies(bytes, Algorithm::Es256)?;
        let field = Field::open(&plan, program)?;
        watch(palisade::start_grown(&field, 2)?, &plan, requests, arguments)?;
    }
    Ok(())
}

/// A program that is killed does not say what it did.
fn watch(contender: Contender, plan: &Plan, requests: usize, arguments: &Arguments) -> Outcome<()> {
    sample::take(&contender, plan, requests, arguments.connections)?;
    contender.process.end()
}
