//! Tells the inventory of what goes on, each time of everything since it began.

use std::cell::{Cell, RefCell};

use discover::Findings;
use discover::inventory::{Observed, go_on, observed, take_in};
use model::inventory::{Account, Edit, FileMark, Inventory, Report, SourceKind};

use super::Declared;
use super::compared::Compared;
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
    /// What of files the inventory had when they were found; absent as long as none was.
    compared: Option<Compared>,
}

/// What became of what was to be told.
pub(super) enum Told {
    /// There was nothing.
    Nothing,
    /// It took the place of what was told before.
    GoesOn,
    /// What was told before stays as it is, and this is beside it.
    Anew,
    /// Nothing, since others have counted these files meanwhile, which may be those that are followed.
    Met(Vec<FileMark>),
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
        Ok(Some(Teller { kept, author: &outcome.author, kind, name, declared, last: None, compared: None }))
    }

    /// What is known of files that count, for those that were found to be compared with.
    pub(super) fn known(&mut self) -> Result<Vec<FileMark>, Fault> {
        let files: Vec<FileMark> = files(&self.kept.load()?).cloned().collect();
        self.compared.get_or_insert_with(|| Compared::with(&files));
        Ok(files)
    }

    /// Says that what is followed was compared with these as well.
    pub(super) fn compared(&mut self, marks: &[FileMark]) {
        self.compared.get_or_insert_default().add(marks);
    }

    /// Says that what is followed will be found anew: what was told stays as it is, with the marks of files that are gone by now.
    pub(super) fn start_over(&mut self) {
        self.compared = None;
        self.last = None;
    }

    /// Tells of everything since the source began; if that does not stand any more, of what was not told yet alone.
    pub(super) fn tell(
        &mut self,
        all: &Findings,
        untold: &Findings,
        marks: &[FileMark],
        names: &[String],
    ) -> Result<Told, Fault> {
        let untold = self.report(untold, marks, names);
        if untold.accounts.is_empty() {
            return Ok(Told::Nothing);
        }
        let all = self.report(all, marks, names);
        let (stamp, goes_on) = (author(self.author), Cell::new(false));
        let (met, compared) = (RefCell::default(), RefCell::default());
        let edit = self.kept.update(|inventory| {
            let others = self.compared.as_ref().map(|known| known.others(files(inventory)));
            met.replace(others.unwrap_or_default());
            if !met.borrow().is_empty() {
                return Err(Fault::Overtaken);
            }
            compared.replace(self.compared.as_ref().map(|_| Compared::with(files(inventory).chain(marks))));
            let last = self.last.as_ref();
            let continued = last.and_then(|last| go_on(inventory, last, &all, &stamp));
            goes_on.set(continued.is_some());
            Ok(continued.or_else(|| take_in(inventory, &untold, &stamp)))
        });
        let edit = match edit {
            Err(Fault::Overtaken) => return Ok(Told::Met(met.into_inner())),
            edit => edit?,
        };
        self.compared = compared.into_inner();
        let said = news(edit.as_slice());
        self.last = edit;
        output::report(&format!("{} requests; {said}\n", requests(&untold)))?;
        Ok(if goes_on.get() { Told::GoesOn } else { Told::Anew })
    }

    fn report(&self, findings: &Findings, marks: &[FileMark], files: &[String]) -> Report {
        observed(Observed {
            kind: self.kind,
            name: self.name.clone(),
            contracts: &self.declared.contracts,
            declared: &self.declared.reports,
            findings,
            files,
            marks: marks.to_vec(),
        })
    }
}

/// Files that count.
fn files(inventory: &Inventory) -> impl Iterator<Item = &FileMark> {
    inventory.current().flat_map(|source| &source.told.files)
}

/// How many requests a report tells of.
fn requests(report: &Report) -> u64 {
    let counts = report.accounts.iter().map(|(_, _, account)| match account {
        Account::Called(calls) => calls.count,
        _ => 0,
    });
    counts.sum()
}
