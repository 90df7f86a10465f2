//! What the store keeps: everything that was told, as it was told.

use std::collections::BTreeMap;

use super::{Change, Event, Fact, Field, Sighting, Source, SourceId, Subject, Whose};

/// Everything that was told of all APIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Grows with each commit. An edit that was made for another revision is not taken.
    pub revision: u64,
    /// The number of the last event.
    pub last_event: u64,
    /// Who told, by number.
    pub sources: BTreeMap<SourceId, Source>,
    /// What each told of each operation.
    pub sightings: BTreeMap<(SourceId, Subject), Sighting>,
    /// What people said of each API.
    pub facts: BTreeMap<(String, Field), Fact>,
}

impl Inventory {
    /// Makes one change. The store makes the same in its tables.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Source(source) => {
                self.sources.insert(source.id, source.clone());
            }
            Change::Sighting(sighting) => {
                self.sightings.insert((sighting.source, sighting.subject.clone()), sighting.clone());
            }
            Change::Fact { api, field, fact } => {
                let key = (api.clone(), *field);
                match fact {
                    Some(fact) => drop(self.facts.insert(key, fact.clone())),
                    None => drop(self.facts.remove(&key)),
                }
            }
            Change::Gone(source) => {
                self.sources.remove(source);
                self.sightings.retain(|(of, _), _| of != source);
            }
            Change::Event(Event { id, .. }) => self.last_event = self.last_event.max(*id),
        }
    }

    /// Sources that count: those that nobody took back and that no later one of the same file took the place of.
    pub fn current(&self) -> impl Iterator<Item = &Source> {
        let mut newest: BTreeMap<_, SourceId> = BTreeMap::new();
        for source in self.sources.values().filter(|source| !source.is_withdrawn) {
            newest.insert((source.kind, source.name.as_str()), source.id);
        }
        self.sources.values().filter(move |source| {
            let is_newest = newest.get(&(source.kind, source.name.as_str())) == Some(&source.id);
            !source.is_withdrawn && (source.kind.is_additive() || is_newest)
        })
    }

    /// What one source told.
    pub fn told_by(&self, source: SourceId) -> impl Iterator<Item = &Sighting> {
        let first = Subject { whose: Whose::Api(String::new()), method: String::new(), path: String::new() };
        let from = self.sightings.range((source, first)..);
        from.take_while(move |((of, _), _)| *of == source).map(|(_, sighting)| sighting)
    }
}
