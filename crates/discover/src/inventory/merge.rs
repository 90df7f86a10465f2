//! What sources told is added up where it would grow without end.

use model::inventory::{Account, Change, FileMark, Sighting, Source, SourceKind, What};

use super::edit::Draft;

/// So many runs over logs or recordings are kept apart, each of which can be taken back. The oldest are added up.
pub(super) const RUNS_MAX: usize = 64;

/// So many files are remembered of one source; the oldest are forgotten.
const FILES_MAX: usize = 1 << 12;

/// Both sightings, which one source may have of one operation: requests are added up, of other things the later holds.
pub(super) fn sighting(known: &Sighting, told: &Sighting) -> Sighting {
    match (&known.account, &told.account) {
        (Account::Called(calls), Account::Called(more)) => {
            let mut calls = calls.clone();
            calls.add(more);
            let place = known.place.clone().or_else(|| told.place.clone());
            Sighting { place, account: Account::Called(calls), ..known.clone() }
        }
        _ => told.clone(),
    }
}

/// Adds up the oldest sources of `kind` where there are too many.
pub(super) fn old_sources(draft: &mut Draft<'_>, kind: SourceKind) {
    if !matches!(kind, SourceKind::Log | SourceKind::Traffic) {
        return;
    }
    let runs: Vec<Source> = draft.after.current().filter(|source| source.kind == kind).cloned().collect();
    let too_many = runs.len().saturating_sub(RUNS_MAX);
    if too_many == 0 {
        return;
    }
    let (old, rest) = runs.split_at(too_many);
    let Some(kept) = rest.first() else { return };
    let mut kept = kept.clone();
    let mut files: Vec<FileMark> = old.iter().flat_map(|source| source.told.files.clone()).collect();
    files.append(&mut kept.told.files);
    kept.told.files = files.split_off(files.len().saturating_sub(FILES_MAX));
    let id = kept.id;
    draft.change(Change::Source(kept));
    for source in old {
        let sightings: Vec<Sighting> = draft.after.told_by(source.id).cloned().collect();
        for told in sightings {
            let told = Sighting { source: id, ..told };
            let sum = match draft.after.sightings.get(&(id, told.subject.clone())) {
                Some(known) => sighting(&told, known),
                None => told,
            };
            draft.change(Change::Sighting(sum));
        }
        draft.change(Change::Gone(source.id));
    }
    draft.event(What::Merged { source: id, count: old.len() as u64 }, None);
}
