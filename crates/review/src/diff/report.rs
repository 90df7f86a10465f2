//! Where kinds of changes put what they find: in the new version, or in the old one what the new one has no more.

use std::collections::HashSet;
use std::sync::Arc;

use model::{Finding, Severity};
use spec::Spot;

use super::change::Change;
use super::pair::Pair;
use crate::report::position;
use crate::view::{Operation, View};

/// A place in one of the versions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'l> {
    /// In the new one.
    New(Spot<'l>),
    /// In the old one: what the new one has no more, and what of the new one it was in.
    Gone(Spot<'l>, Spot<'l>),
}

/// A finding, and what of the new version it is about, for allowances.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) file: Arc<str>,
    pub(super) pointer: String,
}

/// What one kind finds.
#[derive(Debug)]
pub(crate) struct Changes<'r, 'v, 'l> {
    change: &'r Change,
    pair: &'r Pair<'v, 'l>,
    found: Vec<Found>,
    seen: HashSet<(Arc<str>, usize, String)>,
}

impl<'r, 'v, 'l> Changes<'r, 'v, 'l> {
    pub(super) fn new(change: &'r Change, pair: &'r Pair<'v, 'l>) -> Changes<'r, 'v, 'l> {
        Changes { change, pair, found: Vec::new(), seen: HashSet::new() }
    }

    pub(super) fn into_found(self) -> Vec<Found> {
        self.found
    }

    /// Something became worse at `at`.
    pub(crate) fn add(&mut self, at: At<'l>, message: impl Into<String>) {
        self.add_as(self.change.severity, at, message);
    }

    /// As [`Changes::add`], with another severity than the kind's.
    pub(crate) fn add_as(&mut self, severity: Severity, at: At<'l>, message: impl Into<String>) {
        let (view, spot, kept, version) = match at {
            At::New(spot) => (self.pair.new, spot, spot, "new"),
            At::Gone(spot, kept) => (self.pair.old, spot, kept, "old"),
        };
        let message = message.into();
        let finding = self.change.page().finding(view, spot, severity, message, None);
        let kept = self.pair.new.library.document(kept.document).map(|document| position(document, kept));
        let (Some(mut finding), Some(kept)) = (finding, kept) else { return };
        let place = (finding.position.file.clone(), finding.position.span.0, finding.message.clone());
        if !self.seen.insert(place) {
            return;
        }
        finding.evidence.push(("version", version.to_owned()));
        self.found.push(Found { finding, file: kept.file, pointer: kept.pointer });
    }

    /// Where the path of `operation`, which is of the old version, stands in the new one, or would.
    pub(crate) fn kept_path(&self, operation: &Operation<'l>) -> Spot<'l> {
        kept_path(self.pair.new, operation)
    }
}

fn kept_path<'l>(new: &View<'l>, operation: &Operation<'_>) -> Spot<'l> {
    let paths = new.root.get("paths").unwrap_or(new.root);
    paths.get(operation.path).unwrap_or(paths)
}
