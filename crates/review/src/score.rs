//! How an API stands in each row of the OWASP API Security Top 10, from 0 to 100, and which findings cost it what.

mod rows;

use std::collections::BTreeMap;

use model::Severity;

use crate::report::Found;
use crate::rule::Rule;
use crate::view::{Concerns, Set, View};
use rows::Row;

/// Tenths of a point that a row begins with.
pub const FULL_TENTHS: u64 = 1000;

/// How an API stands in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// `API1:2023` to `API10:2023`.
    pub row: &'static str,
    /// What is left of [`FULL_TENTHS`], or why nothing was judged.
    pub tenths: Result<u64, &'static str>,
    /// The operations that were judged, and of which shares are taken.
    pub operations: usize,
    /// What the findings of each rule cost, the dearest first. Together they are what the row lost, unless that is all.
    pub costs: Vec<Cost>,
}

/// What the findings of one rule cost in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The rule, whose findings in the same API are those that cost.
    pub rule: &'static str,
    /// Tenths of a point.
    pub tenths: u64,
    /// The operations that they matter to.
    pub operations: usize,
    /// How many they are.
    pub findings: usize,
}

/// Points that a finding costs which every operation is concerned by.
pub const fn weight(severity: Severity) -> u64 {
    match severity {
        Severity::Error => 50,
        Severity::Warning => 20,
        Severity::Note => 5,
    }
}

/// The scores of all rows.
pub(crate) fn scores(view: &View<'_>, rules: &[&Rule], found: &[Found<'_>]) -> Vec<Score> {
    let by_rule = by_rule(view, found);
    rows::of(view.kind()).iter().map(|row| score(view, row, rules, &by_rule)).collect()
}

/// What a rule's findings matter to.
#[derive(Debug, Clone)]
struct Concerned {
    errors: Set,
    warnings: Set,
    notes: Set,
    /// The worst of those that matter to the API as a whole.
    whole: Option<Severity>,
    findings: usize,
}

impl Concerned {
    fn nobody(view: &View<'_>) -> Concerned {
        let none = || Set::none(view);
        Concerned { errors: none(), warnings: none(), notes: none(), whole: None, findings: 0 }
    }

    /// The operations to which a finding of this severity matters.
    fn of(&mut self, severity: Severity) -> &mut Set {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        }
    }

    /// An operation counts for the worst that a rule says of it.
    fn settle(&mut self) {
        self.warnings.take(&self.errors);
        self.notes.take(&self.errors);
        self.notes.take(&self.warnings);
    }
}

fn by_rule(view: &View<'_>, found: &[Found<'_>]) -> BTreeMap<&'static str, Concerned> {
    let concerns = Concerns::of(view);
    let mut by_rule = BTreeMap::new();
    for Found { finding, spot } in found {
        let Some(spot) = spot else { continue };
        let concerned = by_rule.entry(finding.rule).or_insert_with(|| Concerned::nobody(view));
        concerned.findings += 1;
        if !concerns.add(*spot, concerned.of(finding.severity)) {
            concerned.whole = concerned.whole.max(Some(finding.severity));
        }
    }
    by_rule
}

fn score(view: &View<'_>, row: &Row, rules: &[&Rule], by_rule: &BTreeMap<&'static str, Concerned>) -> Score {
    let (row, is_judged, nothing) = *row;
    let is_of_row = |rule: &Rule| rule.owasp.contains(&row) && rule.kinds().any(|kind| kind == view.kind());
    let of_row: Vec<&&Rule> = rules.iter().filter(|rule| is_of_row(rule)).collect();
    let mut judged =
        Set::of(view, |index| view.operations.get(index).is_some_and(|operation| is_judged(view, operation)));
    let mut known: Vec<(&'static str, Concerned)> =
        of_row.iter().filter_map(|rule| Some((rule.id, by_rule.get(rule.id)?.clone()))).collect();
    for (_, concerned) in &known {
        [&concerned.errors, &concerned.warnings, &concerned.notes]
            .into_iter()
            .for_each(|set| judged.add(set));
    }
    for (_, concerned) in &mut known {
        if let Some(severity) = concerned.whole {
            concerned.of(severity).add(&judged);
        }
        concerned.settle();
    }
    let operations = judged.len();
    let mut costs: Vec<Cost> =
        known.iter().map(|(rule, concerned)| cost(rule, concerned, operations)).collect();
    costs.sort_by(|a, b| b.tenths.cmp(&a.tenths).then_with(|| a.rule.cmp(b.rule)));
    let lost: u64 = costs.iter().map(|cost| cost.tenths).sum();
    let tenths = if of_row.is_empty() && crate::ALL.iter().any(|rule| is_of_row(rule)) {
        Err("no rule of the row was asked")
    } else if operations == 0 || of_row.is_empty() {
        Err(nothing)
    } else {
        Ok(FULL_TENTHS.saturating_sub(lost))
    };
    Score { row, tenths, operations, costs }
}

/// Weight by weight, what share of the operations is concerned; rounded up, so that nothing that is found is free.
fn cost(rule: &'static str, concerned: &Concerned, operations: usize) -> Cost {
    let of = |severity, set: &Set| weight(severity) * 10 * set.len() as u64;
    let sum = of(Severity::Error, &concerned.errors)
        + of(Severity::Warning, &concerned.warnings)
        + of(Severity::Note, &concerned.notes);
    let count = concerned.errors.len() + concerned.warnings.len() + concerned.notes.len();
    Cost {
        rule,
        tenths: sum.div_ceil(operations.max(1) as u64),
        operations: count,
        findings: concerned.findings,
    }
}

#[cfg(test)]
mod tests;
