//! How the gateway's cost grows: with the operations of the API, the callers it knows, and the bodies it reads.

use std::path::Path;

use identity::Algorithm;

use super::field::Field;
use super::load::Plan;
use super::sample::{self, Sample};
use super::{Arguments, palisade, report, write};
use crate::failure::Outcome;
use crate::say::{self, FAINT, styled};

const OPERATIONS: &[usize] = &[10, 100, 1_000, 10_000];
const PRINCIPALS: &[usize] = &[1, 100, 10_000, 100_000];
const BODY_BYTES: &[usize] = &[200, 1_000, 10_000, 100_000, 1_000_000];

/// Bytes of bodies that one sample sends at most, so that the largest bodies take no longer than the smallest.
const BODY_BYTES_IN_ALL: usize = 2_000_000_000;

pub(super) fn run(arguments: &Arguments, program: &Path) -> Outcome<()> {
    // Signing a hundred thousand tokens with RSA would take longer than everything else.
    let algorithm = Algorithm::Es256;
    let mut rows = Vec::new();
    for &operations in OPERATIONS {
        let plan = Plan::spread(operations, algorithm)?;
        rows.push((
            "operations",
            operations,
            one((arguments, program), &plan, operations, arguments.requests)?,
        ));
    }
    for &principals in PRINCIPALS {
        let plan = Plan::mixed(principals, algorithm)?;
        let requests = arguments.requests.max(principals * 2);
        rows.push(("principals", principals, one((arguments, program), &plan, 2, requests)?));
    }
    for &bytes in BODY_BYTES {
        let plan = Plan::bodies(bytes, algorithm)?;
        let requests = arguments.requests.min(BODY_BYTES_IN_ALL / bytes);
        rows.push(("bytes of a body", bytes, one((arguments, program), &plan, 2, requests)?));
    }
    let report = table(arguments, &rows);
    say::result(&report);
    if arguments.write { write("growth", &report) } else { Ok(()) }
}

/// A gateway of its own, so that its memory tells what this load made of it.
fn one(
    (arguments, program): (&Arguments, &Path),
    plan: &Plan,
    collections: usize,
    requests: usize,
) -> Outcome<Sample> {
    let field = Field::open(plan, program)?;
    let contender = palisade::start_grown(&field, collections)?;
    let sample = sample::take(&contender, plan, requests, arguments.connections)?;
    say::progress(&styled(FAINT, &sample.line()));
    Ok(sample)
}

fn table(arguments: &Arguments, rows: &[(&str, usize, Sample)]) -> String {
    let mut text =
        "| | | CPU µs a request | p50 µs | p99 µs | memory MB |\n|---|---:|---:|---:|---:|---:|\n".to_owned();
    for (what, size, sample) in rows {
        text.push_str(&format!(
            "| {what} | {size} | {:.1} | {} | {} | {:.1} |\n",
            sample.processor_us,
            sample.p50.as_micros(),
            sample.p99.as_micros(),
            sample.resident_mb,
        ));
    }
    format!("{text}\n{}", report::growth_circumstances(arguments)).trim_end().to_owned()
}
