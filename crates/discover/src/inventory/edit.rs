//! Edits of the inventory: what is taken in and what people say, each with the events that remember it.

use std::collections::BTreeMap;
use std::fmt;

use model::inventory::{
    Account, Catalog, Change, Edit, Event, Fact, Field, Inventory, Known, Report, Sighting, Source, SourceId,
    SourceKind, Status, What,
};
use model::{OperationKey, Timestamp};

use super::{catalog, merge};

/// When an edit is made, by whom, and why.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// Why, if they say so.
    pub why: Option<String>,
}

/// Why an edit is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no API of this name; the nearest names.
    NoApi(String),
    /// Nothing proposes anything that is not confirmed.
    NothingProposed(String),
    /// The event follows from another one.
    Follows(u64),
    /// What the event changed was changed again since.
    ChangedSince,
    /// The event was taken back already.
    Undone,
    /// What the event brought was added to other things, and cannot be told from them any more.
    Merged,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoApi(name) => write!(f, "there is no API `{name}`"),
            Refusal::NothingProposed(name) => write!(f, "nothing is proposed of `{name}`"),
            Refusal::Follows(cause) => write!(f, "it follows from event {cause}"),
            Refusal::ChangedSince => f.write_str("what it changed was changed again since"),
            Refusal::Undone => f.write_str("it was taken back already"),
            Refusal::Merged => f.write_str("what it brought was added to other sources since"),
        }
    }
}

/// Builds an edit: numbers its events, and adds those that follow.
pub(super) struct Draft<'i> {
    before: &'i Inventory,
    pub(super) after: Inventory,
    stamp: &'i Stamp,
    edit: Edit,
}

impl<'i> Draft<'i> {
    pub(super) fn new(before: &'i Inventory, stamp: &'i Stamp) -> Draft<'i> {
        Draft { before, after: before.clone(), stamp, edit: Edit::default() }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.after.apply(&change);
        self.edit.changes.push(change);
    }

    /// Remembers something; its number.
    pub(super) fn event(&mut self, what: What, undoes: Option<u64>) -> u64 {
        let Stamp { at, who, why } = self.stamp.clone();
        let id = self.after.last_event + 1;
        self.change(Change::Event(Event { id, at, who, why, what, undoes }));
        id
    }

    fn next_source(&self) -> SourceId {
        self.after.sources.last_key_value().map_or(1, |(id, _)| id + 1)
    }

    /// What became of operations.
    fn consequences(&self) -> Vec<(OperationKey<'static>, Option<Status>, Option<Status>)> {
        let (before, after) = (catalog(self.before), catalog(&self.after));
        let (before, after) = (statuses(&before), statuses(&after));
        let mut keys: Vec<_> = before.keys().chain(after.keys()).copied().collect();
        keys.sort();
        keys.dedup();
        let pairs =
            keys.into_iter().map(|key| (key.clone(), before.get(key).copied(), after.get(key).copied()));
        pairs.filter(|(_, before, after)| before != after).collect()
    }

    /// The edit, with what follows from the event `cause`.
    pub(super) fn finish(mut self, cause: u64) -> Edit {
        for (operation, before, after) in self.consequences() {
            self.event(What::Status { operation, before, after, cause }, None);
        }
        self.edit
    }
}

fn statuses(catalog: &Catalog) -> BTreeMap<&OperationKey<'static>, Status> {
    catalog.operations().map(|(_, operation)| (&operation.key, operation.status)).collect()
}

/// Takes in what a source tells. Nothing changes where a specification is the same as before, where nothing is told, or
/// where a gateway that goes on telling was taken back.
pub fn take_in(inventory: &Inventory, report: &Report, stamp: &Stamp) -> Option<Edit> {
    let same_name = |source: &&Source| source.kind == report.kind && source.name == report.name;
    let known = inventory.current().filter(same_name).last();
    if known.is_some_and(|known| !report.kind.is_additive() && is_same(inventory, known, report)) {
        return None;
    }
    if report.kind.is_additive() && report.accounts.is_empty() {
        return None;
    }
    let is_gateway = report.kind == SourceKind::Gateway;
    if is_gateway && known.is_none() && inventory.sources.values().any(|source| same_name(&source)) {
        return None;
    }
    Some(told(inventory, report, stamp, known.filter(|_| is_gateway).map(|source| source.id)))
}

/// Takes in everything that a source tells since it began, in place of what it told before by the edit `last`. None where that
/// does not stand any more as it was told: others were added to it, or it was taken back.
pub fn go_on(inventory: &Inventory, last: &Edit, report: &Report, stamp: &Stamp) -> Option<Edit> {
    let source = last.changes.iter().find_map(|change| match change {
        Change::Source(source) => Some(source),
        _ => None,
    })?;
    let mut alone = Inventory::default();
    last.changes.iter().for_each(|change| alone.apply(change));
    let stands = inventory.sources.get(&source.id) == Some(source)
        && alone.told_by(source.id).eq(inventory.told_by(source.id));
    stands.then(|| told(inventory, report, stamp, Some(source.id)))
}

/// The edit by which a source tells, a new one or the one that goes on. Who goes on tells each time of everything since they
/// began, in which templates become others as they learn.
fn told(inventory: &Inventory, report: &Report, stamp: &Stamp, continued: Option<SourceId>) -> Edit {
    let mut draft = Draft::new(inventory, stamp);
    let id = continued.unwrap_or_else(|| draft.next_source());
    if continued.is_some() {
        draft.change(Change::Gone(id));
    }
    draft.change(Change::Source(Source {
        id,
        kind: report.kind,
        name: report.name.clone(),
        taken_at: stamp.at,
        is_withdrawn: false,
        told: report.told.clone(),
    }));
    let mut requests = 0;
    for (subject, place, account) in &report.accounts {
        if let Account::Called(calls) = account {
            requests += calls.count;
        }
        let told =
            Sighting { source: id, subject: subject.clone(), place: place.clone(), account: account.clone() };
        let sighting = match draft.after.sightings.get(&(id, subject.clone())) {
            Some(known) => merge::sighting(known, &told),
            None => told,
        };
        draft.change(Change::Sighting(sighting));
    }
    if continued.is_some() && draft.consequences().is_empty() {
        return draft.edit;
    }
    let operations = report.accounts.len() as u64;
    let (of, name) = (report.kind, report.name.clone());
    let cause = draft.event(What::Read { source: id, of, name, operations, requests }, None);
    merge::old_sources(&mut draft, report.kind);
    draft.finish(cause)
}

fn is_same(inventory: &Inventory, known: &Source, report: &Report) -> bool {
    let told =
        inventory.told_by(known.id).map(|sighting| (&sighting.subject, &sighting.place, &sighting.account));
    let mut reported: Vec<_> =
        report.accounts.iter().map(|(subject, place, account)| (subject, place, account)).collect();
    reported.sort_by_key(|(subject, _, _)| *subject);
    known.told == report.told && told.eq(reported)
}

/// Takes down what a person says of an API: each fact, or that nothing is to be said of a field any more.
///
/// # Errors
/// Where there is no such API.
pub fn set(
    inventory: &Inventory,
    api: &str,
    facts: &[(Field, Option<Fact>)],
    stamp: &Stamp,
) -> Result<Option<Edit>, Refusal> {
    if catalog(inventory).api(api).is_none() {
        return Err(Refusal::NoApi(api.to_owned()));
    }
    let mut draft = Draft::new(inventory, stamp);
    let mut cause = None;
    for (field, fact) in facts {
        let before = draft.after.facts.get(&(api.to_owned(), *field)).cloned();
        if before != *fact {
            cause = Some(say(&mut draft, (api, *field), fact.clone(), None));
        }
    }
    Ok(cause.map(|cause| draft.finish(cause)))
}

/// Makes a fact of what is proposed of an API: of the fields given, or of all.
///
/// # Errors
/// Where there is no such API, or nothing is proposed that is not confirmed.
pub fn confirm(inventory: &Inventory, api: &str, fields: &[Field], stamp: &Stamp) -> Result<Edit, Refusal> {
    let catalog = catalog(inventory);
    let known = catalog.api(api).ok_or_else(|| Refusal::NoApi(api.to_owned()))?;
    let facts: Vec<(Field, Option<Fact>)> = known
        .facts
        .iter()
        .filter(|(field, known)| !known.is_confirmed() && (fields.is_empty() || fields.contains(field)))
        .map(|(field, known): (&Field, &Known)| (*field, Some(known.fact().clone())))
        .collect();
    set(inventory, api, &facts, stamp)?.ok_or_else(|| Refusal::NothingProposed(api.to_owned()))
}

/// Changes one fact and remembers it; the number of the event.
pub(super) fn say(
    draft: &mut Draft<'_>,
    (api, field): (&str, Field),
    after: Option<Fact>,
    undoes: Option<u64>,
) -> u64 {
    let api = api.to_owned();
    let before = draft.after.facts.get(&(api.clone(), field)).cloned();
    draft.change(Change::Fact { api: api.clone(), field, fact: after.clone() });
    draft.event(What::Fact { api, field, before, after }, undoes)
}
