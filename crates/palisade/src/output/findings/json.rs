//! For programs: what was judged, what was not, and every finding.

use std::io;

use model::{Finding, Problem};
use serde::Serialize;

use super::{Report, scores};
use crate::output::problems::{Tally, Tool};

#[derive(Serialize)]
struct Printed<'r> {
    schema_version: u32,
    tool: Tool,
    judged: Judged,
    not_judged: &'r [Problem],
    counts: Tally,
    scores: Vec<scores::Printed<'r>>,
    findings: Vec<&'r Finding>,
}

/// How much was judged, and what was found and is left out.
#[derive(Serialize)]
struct Judged {
    documents: usize,
    operations: usize,
    channels: usize,
    messages: usize,
    schemas: usize,
    rules: usize,
    allowed: usize,
    in_baseline: usize,
}

/// The whole report.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let printed = Printed {
        schema_version: model::SCHEMA_VERSION,
        tool: Tool::THIS,
        judged: Judged {
            documents: report.sum(|review| review.judged.documents),
            operations: report.sum(|review| review.judged.operations),
            channels: report.sum(|review| review.judged.channels),
            messages: report.sum(|review| review.judged.messages),
            schemas: report.sum(|review| review.judged.schemas),
            rules: report.rules(),
            allowed: report.sum(|review| review.judged.allowed),
            in_baseline: report.known,
        },
        not_judged: &report.not_judged,
        counts: report.tally(),
        scores: scores::printed(report),
        findings: report.findings().collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &printed)?;
    writeln!(out)
}
