//! Which message of the old version is which of the new one, and what both hold.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Walk, Way, likeness};
use crate::diff::events::{Events, Key, Passing, Twins, twins};
use crate::diff::shape::{ShapeId, Shapes};
use crate::view::{Message, Payload};

/// Pairs of messages that are held against each other by what they have in common.
const ALIKE_MAX: usize = 10_000;

/// Messages that pass one way.
#[derive(Debug)]
pub(crate) struct Flow<'v, 'l> {
    pub(crate) way: Way,
    /// Where: `RECEIVE orders`.
    pub(crate) name: String,
    /// What of the new version it is.
    pub(crate) kept: spec::Spot<'l>,
    pub(crate) both: Vec<(&'v Message<'l>, &'v Message<'l>)>,
    pub(crate) gone: Vec<&'v Message<'l>>,
    pub(crate) added: Vec<&'v Message<'l>>,
}

/// A message of one version.
#[derive(Debug)]
struct Known<'v, 'l> {
    message: &'v Message<'l>,
    /// What it says.
    digest: u64,
    /// No other beside it has its name.
    is_alone: bool,
}

impl<'p, 'v, 'l> Walk<'p, 'v, 'l> {
    /// Begins with everything that channels take beside messages.
    pub(in crate::diff) fn channels(&mut self, events: &Events<'v, 'l>) {
        for (old, new) in events.parameters() {
            if let (Some(one), Some(other)) = (self.old.parameter(old), self.new.parameter(new)) {
                self.push(Way::Sent, &format!("`{}`", new.name), one, other);
            }
        }
        for (old, new) in &events.channels.both {
            for key in ["query", "headers"] {
                let one = self.old.view().schema_of_binding(old.spot, "ws", key);
                let other = self.new.view().schema_of_binding(new.spot, "ws", key);
                if one.is_none() && other.is_none() {
                    continue;
                }
                let one = self.old.schema_or_anything(one, old.spot);
                let other = self.new.schema_or_anything(other, new.spot);
                if let (Some(one), Some(other)) = (one, other) {
                    self.push(Way::Sent, &format!("the {key} of `{}`", new.name), one, other);
                }
            }
        }
    }

    /// Begins with the messages that are in both, and says which are.
    pub(in crate::diff) fn messages(&mut self, passing: Passing<'v, 'l>) -> Flow<'v, 'l> {
        let Passing { way, name, kept, old, new } = passing;
        let both = self.matched(&old, &new);
        for (one, other) in &both {
            let payloads = (payload(self.old, one), payload(self.new, other));
            if let (Some(old), Some(new)) = payloads {
                self.push(way, &format!("the message `{}`", other.name), old, new);
            }
            if one.headers.is_empty() && other.headers.is_empty() {
                continue;
            }
            if let (Some(old), Some(new)) = (headers(self.old, one), headers(self.new, other)) {
                self.push(way, &format!("the headers of `{}`", other.name), old, new);
            }
        }
        let known: HashSet<(u32, u32)> = both.iter().map(|(one, _)| one.spot.key()).collect();
        let gone = old.into_iter().filter(|one| !known.contains(&one.spot.key())).collect();
        let known: HashSet<(u32, u32)> = both.iter().map(|(_, other)| other.spot.key()).collect();
        let added = new.into_iter().filter(|other| !known.contains(&other.spot.key())).collect();
        Flow { way, name, kept, both, gone, added }
    }

    /// A name is a word of the document alone, so messages that say the same are the same; of what is left, those that are
    /// called alike are, then those that have most in common, and one that is alone in both versions.
    fn matched(
        &mut self,
        old: &[&'v Message<'l>],
        new: &[&'v Message<'l>],
    ) -> Vec<(&'v Message<'l>, &'v Message<'l>)> {
        if let ([one], [other]) = (old, new) {
            return vec![(*one, *other)];
        }
        let (mut olds, mut news): (Vec<Known<'v, 'l>>, Vec<Known<'v, 'l>>) = (
            old.iter()
                .map(|one| Known { message: one, digest: digest(self.old, one), is_alone: false })
                .collect(),
            new.iter()
                .map(|one| Known { message: one, digest: digest(self.new, one), is_alone: false })
                .collect(),
        );
        mark_alone(&mut olds);
        mark_alone(&mut news);
        let keys: &[Key<Known<'_, '_>>] = &[
            |known| Some(format!("{} {}", known.message.name, known.digest)),
            |known| known.is_alone.then(|| known.message.name.to_owned()),
            |known| Some(known.digest.to_string()),
            |known| Some(known.message.name.to_owned()),
        ];
        let Twins { both, gone, added } = twins(olds.iter().collect(), news.iter().collect(), keys);
        let mut both: Vec<_> = both.into_iter().map(|(one, other)| (one.message, other.message)).collect();
        let mut left: Vec<&'v Message<'l>> = added.into_iter().map(|known| known.message).collect();
        if gone.len().saturating_mul(left.len()) > ALIKE_MAX {
            return both;
        }
        for one in gone.into_iter().map(|known| known.message) {
            let alike = (0..left.len()).filter_map(|place| {
                let other = left.get(place)?;
                Some((self.likeness(one, other)?, Reverse(place)))
            });
            if let Some((_, Reverse(place))) = alike.filter(|(alike, _)| *alike > 0).max() {
                both.push((one, left.remove(place)));
            }
        }
        both
    }

    /// How many properties two messages share.
    fn likeness(&mut self, one: &Message<'l>, other: &Message<'l>) -> Option<usize> {
        let (one, other) = (payload(self.old, one)?, payload(self.new, other)?);
        let (one, other) = (self.old.get(one)?, self.new.get(other)?);
        Some(likeness(one, other) / super::BY_NAME)
    }
}

fn mark_alone(all: &mut [Known<'_, '_>]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    all.iter().for_each(|known| *counts.entry(known.message.name.to_owned()).or_default() += 1);
    for known in all {
        known.is_alone = counts.get(known.message.name) == Some(&1);
    }
}

/// What a message holds; nothing where that is said in a language that is not read.
fn payload<'l>(shapes: &mut Shapes<'_, 'l>, message: &Message<'l>) -> Option<ShapeId> {
    match message.payload {
        Payload::Schema(schema) => shapes.of(&[schema]),
        Payload::Missing => shapes.anything(message.spot),
        Payload::Foreign(_) => None,
    }
}

fn headers<'l>(shapes: &mut Shapes<'_, 'l>, message: &Message<'l>) -> Option<ShapeId> {
    if message.headers.is_empty() { shapes.anything(message.spot) } else { shapes.of(&message.headers) }
}

/// A number that is the same for messages that say the same, whatever document they are of.
fn digest<'l>(shapes: &mut Shapes<'_, 'l>, message: &Message<'l>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let foreign = matches!(message.payload, Payload::Foreign(_)).then(|| message.spot.get("payload"));
    foreign.flatten().map(|payload| payload.node.to_value().to_string()).hash(&mut hasher);
    for id in [payload(shapes, message), headers(shapes, message)] {
        id.map(|id| shapes.digest(id)).hash(&mut hasher);
    }
    hasher.finish()
}
