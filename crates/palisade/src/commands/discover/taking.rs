//! What was found goes into the inventory, and nothing of it twice.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use discover::inventory::{Observed, Stamp, observed, take_in};
use discover::{Marks, Progress, Source, marks};
use model::inventory::{Edit, FileMark, Inventory, Report, SourceKind};
use spec::Contract;

use super::compared::Compared;
use super::progress;
use crate::cli::Outcome;
use crate::commands::inventory::{Fault, Kept, author, news};

/// The inventory that is open to take in what is found, and what of the files it knows.
pub(super) struct Taking<'s> {
    kept: Kept,
    stamp: Stamp,
    kind: SourceKind,
    sources: &'s [Source],
    marks: Vec<Marks>,
    /// What of files the inventory had when they were compared.
    compared: Compared,
}

impl<'s> Taking<'s> {
    /// Opens the inventory and compares the files with those that it knows; nothing where it is to be left as it is.
    pub(super) fn begin(
        outcome: &Outcome,
        kind: SourceKind,
        sources: &'s [Source],
        workers: usize,
    ) -> Result<Option<Taking<'s>>, Fault> {
        if outcome.dry_run {
            return Ok(None);
        }
        let mut kept = Kept::open(&outcome.place)?;
        let inventory = kept.load()?;
        let (progress, total) = (Progress::default(), sources.iter().map(Source::length).sum());
        let marks = progress::shown(&progress, total, "files compared", || {
            compare(sources, kind, &inventory, (workers, &progress))
        });
        let compared = Compared::with(known(&inventory));
        Ok(Some(Taking { kept, stamp: author(&outcome.author), kind, sources, marks, compared }))
    }

    /// Up to where each file was counted before.
    pub(super) fn counted(&self) -> Vec<u64> {
        self.marks.iter().map(|marks| marks.counted).collect()
    }

    /// Takes in what specifications declare and what was found beside what was counted before; in words, what is new.
    pub(super) fn finish(
        mut self,
        declared: &[Report],
        contracts: &[Contract],
        findings: &discover::Findings,
        files: &[String],
    ) -> Result<String, Fault> {
        let is_new = |marks: &&Marks| marks.counted < u64::MAX;
        let fresh: Vec<FileMark> =
            self.marks.iter().filter(is_new).flat_map(|marks| marks.marks.clone()).collect();
        let name = match files {
            [] => String::new(),
            [file] => file.clone(),
            [file, others @ ..] => format!("{file} and {} more", others.len()),
        };
        let found =
            observed(Observed { kind: self.kind, name, contracts, declared, findings, files, marks: fresh });
        let mut edits = self.kept.take_in(declared, &self.stamp)?;
        edits.extend(self.take(&found)?);
        Ok(self.in_words(&edits))
    }

    /// Takes it in, unless another run has counted a part of the same files meanwhile.
    fn take(&mut self, report: &Report) -> Result<Option<Edit>, Fault> {
        loop {
            let (stamp, compared, met) = (&self.stamp, &self.compared, RefCell::default());
            let taken = self.kept.update(|inventory| {
                met.replace(compared.others(known(inventory)));
                match met.borrow().is_empty() {
                    true => Ok(take_in(inventory, report, stamp)),
                    false => Err(Fault::Overtaken),
                }
            });
            let met: Vec<FileMark> = met.into_inner();
            let is_log = self.kind == SourceKind::Log;
            let is_ours = |source: &Source| marks(source, is_log, &met, &AtomicU64::default()).counted > 0;
            match taken {
                Err(Fault::Overtaken) if !self.sources.iter().any(is_ours) => self.compared.add(&met),
                taken => return taken,
            }
        }
    }

    fn in_words(&self, edits: &[Edit]) -> String {
        let mut text = news(edits);
        let whole = self.marks.iter().filter(|marks| marks.counted == u64::MAX).count();
        let partly = self.marks.iter().filter(|marks| (1..u64::MAX).contains(&marks.counted)).count();
        if whole + partly > 0 {
            let of = self.marks.len();
            text.push_str(&format!(
                "; counted before: {whole} of {of} files, and {partly} up to where they have grown"
            ));
        }
        text + "\n"
    }
}

/// Files that count in the inventory.
fn known(inventory: &Inventory) -> impl Iterator<Item = &FileMark> {
    inventory.current().flat_map(|source| &source.told.files)
}

/// Compares files on all cores.
fn compare(
    sources: &[Source],
    kind: SourceKind,
    inventory: &Inventory,
    (workers, progress): (usize, &Progress),
) -> Vec<Marks> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(number) else { return found };
            let is_log = kind == SourceKind::Log;
            found.push((number, marks(source, is_log, known(inventory), &progress.bytes)));
            progress.lines.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut found: Vec<(usize, Marks)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|found| found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, marks)| marks).collect()
}
