//! Tells the inventory of what goes on, each time of everything since it began.

use std::cell::Cell;

use discover::Findings;
use discover::inventory::{Observed, go_on, observed, take_in};
use model::inventory::{Account, Edit, FileMark, Report, SourceKind};

use super::Declared;
use crate::cli::{Author, Outcome};
use crate::commands::inventory::{Fault, Kept, author, news};
use crate::output;

/// The inventory that is told.
pub(super) struct Teller<'d> {
    kept: Kept,
    author: &'d Author,
    kind: SourceKind,
    /// What the source is called.
    name: String,
    declared: &'d Declared,
    /// By which it was told last.
    last: Option<Edit>,
}

/// What became of what was to be told.
pub(super) enum Told {
    /// There was nothing.
    Nothing,
    /// It took the place of what was told before.
    GoesOn,
    /// What was told before stays as it is, and this is beside it.
    Anew,
}

impl<'d> Teller<'d> {
    /// Opens the inventory and tells it what is declared; nothing where it is to be left as it is.
    pub(super) fn begin(
        outcome: &'d Outcome,
        kind: SourceKind,
        name: String,
        declared: &'d Declared,
    ) -> Result<Option<Teller<'d>>, Fault> {
        if outcome.dry_run {
            return Ok(None);
        }
        let mut kept = Kept::open(&outcome.place)?;
        let edits = kept.take_in(&declared.reports, &author(&outcome.author))?;
        if !edits.is_empty() {
            output::report(&(news(&edits) + "\n"))?;
        }
        Ok(Some(Teller { kept, author: &outcome.author, kind, name, declared, last: None }))
    }

    /// What is known of files that count.
    pub(super) fn known(&mut self) -> Result<Vec<FileMark>, Fault> {
        let inventory = self.kept.load()?;
        let files = inventory.current().flat_map(|source| source.told.files.iter().cloned());
        Ok(files.collect())
    }

    /// Tells of everything since the source began; if that does not stand any more, of what was not told yet alone.
    pub(super) fn tell(
        &mut self,
        all: &Findings,
        untold: &Findings,
        marks: Vec<FileMark>,
        names: &[String],
    ) -> Result<Told, Fault> {
        let untold = self.report(untold, marks.clone(), names);
        if untold.accounts.is_empty() {
            return Ok(Told::Nothing);
        }
        let all = self.report(all, marks, names);
        let (stamp, goes_on) = (author(self.author), Cell::new(false));
        let edit = self.kept.update(|inventory| {
            let last = self.last.as_ref();
            let continued = last.and_then(|last| go_on(inventory, last, &all, &stamp));
            goes_on.set(continued.is_some());
            Ok(continued.or_else(|| take_in(inventory, &untold, &stamp)))
        })?;
        let said = news(edit.as_slice());
        self.last = edit;
        output::report(&format!("{} requests; {said}\n", requests(&untold)))?;
        Ok(if goes_on.get() { Told::GoesOn } else { Told::Anew })
    }

    fn report(&self, findings: &Findings, marks: Vec<FileMark>, files: &[String]) -> Report {
        observed(Observed {
            kind: self.kind,
            name: self.name.clone(),
            contracts: &self.declared.contracts,
            declared: &self.declared.reports,
            findings,
            files,
            marks,
        })
    }
}

/// How many requests a report tells of.
fn requests(report: &Report) -> u64 {
    let counts = report.accounts.iter().map(|(_, _, account)| match account {
        Account::Called(calls) => calls.count,
        _ => 0,
    });
    counts.sum()
}
