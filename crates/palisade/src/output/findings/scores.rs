//! How each API stands in each row of OWASP's list, for people and for programs.

use review::{Cost, Score};
use serde::Serialize;

use super::{Report, Subject};

/// Rules that a line names; the others are counted.
const NAMED_MAX: usize = 3;

/// The scores of one document in JSON.
#[derive(Serialize)]
pub(super) struct Printed<'r> {
    file: &'r str,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    row: &'static str,
    /// From 0 to 100; nothing where nothing was judged.
    score: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_judged: Option<&'static str>,
    operations: usize,
    costs: Vec<Lost>,
}

/// What the findings of `rule` in the same document cost.
#[derive(Serialize)]
struct Lost {
    rule: &'static str,
    points: f64,
    operations: usize,
    findings: usize,
}

/// The scores of all documents.
pub(super) fn printed(report: &Report) -> Vec<Printed<'_>> {
    let scored = report.subjects.iter().filter(|subject| !subject.review.scores.is_empty());
    let printed = |subject: &'_ Subject| subject.review.scores.iter().map(row).collect();
    scored.map(|subject| Printed { file: &subject.file, rows: printed(subject) }).collect()
}

fn row(score: &Score) -> Row {
    let Score { row, tenths, operations, costs } = score;
    let lost = |cost: &Cost| Lost {
        rule: cost.rule,
        points: points(cost.tenths),
        operations: cost.operations,
        findings: cost.findings,
    };
    Row {
        row,
        score: tenths.ok().map(points),
        not_judged: tenths.err(),
        operations: *operations,
        costs: costs.iter().map(lost).collect(),
    }
}

fn points(tenths: u64) -> f64 {
    tenths as f64 / 10.0
}

/// The scores in lines: of one document with what cost them; of several, each in a line of its own.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let scored: Vec<&Subject> =
        report.subjects.iter().filter(|subject| !subject.review.scores.is_empty()).collect();
    match scored[..] {
        [only] => {
            let rows = only.review.scores.iter().map(|score| {
                let said = score
                    .tenths
                    .map_or_else(|why| format!("    -  {why}"), |tenths| with_costs(score, tenths));
                format!("  {:5} {said}", short(score.row))
            });
            std::iter::once("scores, of 100, and what cost them:".to_owned()).chain(rows).collect()
        }
        _ => scored
            .iter()
            .map(|subject| format!("scores of {}: {}", subject.file, in_one_line(subject)))
            .collect(),
    }
}

fn with_costs(score: &Score, tenths: u64) -> String {
    let named = score.costs.iter().take(NAMED_MAX);
    let mut costs: Vec<String> = named
        .map(|cost| {
            let Cost { rule, tenths, operations, .. } = *cost;
            format!("{rule} -{:.1} ({operations} of {} operations)", points(tenths), score.operations)
        })
        .collect();
    let rest: u64 = score.costs.iter().skip(NAMED_MAX).map(|cost| cost.tenths).sum();
    if let Some(more) = score.costs.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        costs.push(format!("{more} more -{:.1}", points(rest)));
    }
    format!("{:5.1}  {}", points(tenths), costs.join(", ")).trim_end().to_owned()
}

fn in_one_line(subject: &Subject) -> String {
    let rows = subject.review.scores.iter().map(|score| {
        let said = score.tenths.map_or_else(|_why| "-".to_owned(), |tenths| format!("{:.1}", points(tenths)));
        format!("{} {said}", short(score.row))
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// The scores as a table of Markdown, a column for each row of the list.
pub(super) fn table(report: &Report) -> String {
    let printed = printed(report);
    let Some(first) = printed.first() else { return String::new() };
    let head: Vec<&str> = first.rows.iter().map(|row| short(row.row)).collect();
    let mut text = format!("\n| score | {} |\n|---{}|\n", head.join(" | "), "|---".repeat(head.len()));
    for Printed { file, rows } in &printed {
        let cells =
            rows.iter().map(|row| row.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.1}")));
        text.push_str(&format!(
            "| {} | {} |\n",
            super::markdown::escaped(file),
            cells.collect::<Vec<_>>().join(" | ")
        ));
    }
    text
}

/// `API1` of `API1:2023`.
fn short(row: &str) -> &str {
    row.split(':').next().unwrap_or(row)
}
