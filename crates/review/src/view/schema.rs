//! A schema with what it says by way of `allOf`, `oneOf`, `anyOf` and `$ref`.

use std::collections::HashSet;
use std::ops::BitOr;

use spec::Spot;

use super::{Keywords, Types, View};

/// Schemas within schemas that are asked whether they bound a value.
const DEPTH_MAX: usize = 8;

/// Schemas that speak of one value by way of `allOf` and `$ref`.
const PARTS_MAX: usize = 64;

/// A schema, each once.
#[derive(Debug)]
pub(crate) struct Schema<'l> {
    pub(crate) spot: Spot<'l>,
    /// What it or one of its parts says to be; nothing is said where it is empty.
    pub(crate) types: Types,
    /// What it and its parts say.
    pub(crate) says: Keywords,
    /// In which ways it was met.
    pub(super) met: Met,
    /// Lists of which one schema holds.
    branches: Vec<Vec<Spot<'l>>>,
    /// The schema that speaks of the same value, where this is one of its branches.
    pub(super) within: Option<Spot<'l>>,
}

/// Ways in which a schema was met, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Met(u8);

impl Met {
    /// It describes a value: a property, an item, a parameter, a body.
    pub(crate) const VALUE: Met = Met(1);
    /// It is one of the branches of `oneOf` or `anyOf`.
    pub(crate) const BRANCH: Met = Met(1 << 1);
    /// It is a part of another by `allOf`, or by its `$ref`, and speaks of that one's value.
    pub(crate) const PART: Met = Met(1 << 2);
    /// It is declared to be shared, whether or not anything refers to it.
    pub(crate) const DECLARED: Met = Met(1 << 5);
    /// Callers send what it describes.
    pub(crate) const SENT: Met = Met(1 << 3);
    /// Callers get what it describes.
    pub(crate) const RETURNED: Met = Met(1 << 4);

    pub(crate) fn has(self, other: Met) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn holds(self, other: Met) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn without(self, other: Met) -> Met {
        Met(self.0 & !other.0)
    }

    /// The directions alone.
    pub(crate) fn directions(self) -> Met {
        Met(self.0 & (Met::SENT.0 | Met::RETURNED.0))
    }
}

impl BitOr for Met {
    type Output = Met;

    fn bitor(self, other: Met) -> Met {
        Met(self.0 | other.0)
    }
}

impl<'l> Schema<'l> {
    /// Whether it describes a value by itself: not one that is used as a part of others alone.
    pub(crate) fn is_value(&self) -> bool {
        self.met.has(Met::VALUE | Met::BRANCH) || !self.met.has(Met::PART)
    }

    /// Whether it speaks of the value of another schema with that one, or is one of its branches.
    pub(crate) fn is_part(&self) -> bool {
        self.met.has(Met::PART | Met::BRANCH)
    }

    /// Whether callers may send what it describes: also where nothing says who does.
    pub(crate) fn is_sent(&self) -> bool {
        self.met.has(Met::SENT) || !self.met.has(Met::RETURNED)
    }

    /// Whether it describes what callers are known to send.
    pub(crate) fn is_sent_for_sure(&self) -> bool {
        self.met.has(Met::SENT)
    }

    pub(super) fn directions(&self) -> Met {
        self.met.directions()
    }

    /// Whether callers may get what it describes.
    pub(crate) fn is_returned(&self) -> bool {
        self.met.has(Met::RETURNED)
    }
}

impl<'l> View<'l> {
    /// Schemas that describe a value of one of `types` by themselves.
    pub(crate) fn values_of(&self, types: Types) -> impl Iterator<Item = &Schema<'l>> {
        self.schemas.iter().filter(move |schema| schema.types.has(types) && schema.is_value())
    }

    /// The objects of which some of `schemas` are properties, each with their names, and the others by themselves, in the order
    /// in which they were met.
    pub(crate) fn by_object(&self, schemas: &[&Schema<'l>]) -> Vec<(&Schema<'l>, Vec<&'l str>)> {
        let mut left: HashSet<(u32, u32)> = schemas.iter().map(|schema| schema.spot.key()).collect();
        let mut found = Vec::new();
        for object in &self.schemas {
            let properties = object.spot.members_of("properties");
            let names: Vec<&str> = properties
                .filter(|(_, property)| left.remove(&property.key()))
                .map(|(name, _)| name)
                .collect();
            if !names.is_empty() {
                found.push((object, names));
            }
        }
        let alone = self.schemas.iter().filter(|schema| left.contains(&schema.spot.key()));
        found.extend(alone.map(|schema| (schema, vec![self.name_of(schema.spot).unwrap_or("items")])));
        found
    }

    /// Whether `schema`, its parts, the schema that it is a branch of, or each of its own branches say one of `keywords`.
    pub(crate) fn says_any(&self, schema: &Schema<'l>, keywords: Keywords) -> bool {
        let around = schema.within.and_then(|within| self.schema(within));
        self.says_below(schema, keywords, 0) || around.is_some_and(|around| around.says.has_any(keywords))
    }

    fn says_below(&self, schema: &Schema<'l>, keywords: Keywords, depth: usize) -> bool {
        if schema.says.has_any(keywords) {
            return true;
        }
        depth < DEPTH_MAX
            && schema.branches.iter().any(|list| {
                let mut branches = list.iter().filter_map(|spot| self.schema(*spot));
                let says = |branch: &Schema<'l>| {
                    branch.types == Types::NULL || self.says_below(branch, keywords, depth + 1)
                };
                !list.is_empty() && branches.all(says)
            })
    }

    /// The schemas that speak of the value of `spot` with it, itself first: what it refers to, and the parts of `allOf`.
    pub(crate) fn parts(&self, spot: Spot<'l>) -> Vec<Spot<'l>> {
        let mut parts = vec![spot];
        let mut at = 0;
        while let Some(part) = parts.get(at).copied() {
            let referred = part.get("$ref").and_then(|_| self.follow(part));
            for more in referred.into_iter().chain(part.items_of("allOf")) {
                if parts.len() < PARTS_MAX && !parts.iter().any(|known| known.key() == more.key()) {
                    parts.push(more);
                }
            }
            at += 1;
        }
        parts
    }

    /// What is known of the schema at `spot`, but for the ways in which it is met.
    pub(super) fn schema_of(&self, spot: Spot<'l>) -> Schema<'l> {
        let mut types: Option<Types> = None;
        let mut says = Keywords::default();
        let mut branches = Vec::new();
        for part in self.parts(spot) {
            if let Some(said) = Types::said_by(part.node) {
                types = Some(types.map_or(said, |types| types.and(said)));
            }
            says = says.or(Keywords::said_by(part.node));
            for key in ["oneOf", "anyOf"] {
                branches.extend(part.get(key).map(|list| list.items().collect()));
            }
        }
        let types = types.unwrap_or_default();
        Schema { spot, types, says, met: Met::default(), branches, within: None }
    }
}
