//! Walks both versions of every value that is sent or returned, side by side, each pair once.

mod messages;

use std::collections::{BTreeMap, HashSet, VecDeque};

use spec::Spot;

use super::matching::{Matched, contents, fields};
use super::shape::{Shape, ShapeId, Shapes};
use crate::view::{Content, Direction, Response, View};

pub(crate) use messages::Flow;

/// The most pairs of schemas that are compared.
const PAIRS_MAX: usize = 400_000;

/// How much a property in common says of two forms, beside a type.
const BY_NAME: usize = 4;

/// Who gives a value to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// A caller, to the API.
    Sent,
    /// The API, to a caller.
    Returned,
}

/// A value in both versions.
#[derive(Debug)]
pub(crate) struct Value<'l> {
    pub(crate) way: Way,
    /// How it is spoken of: "`name`", "items of `name`", "the body of `POST /orders`".
    pub(crate) name: String,
    pub(crate) old: ShapeId,
    pub(crate) new: ShapeId,
    /// Its properties, in either version, by name.
    pub(crate) members: BTreeMap<&'l str, (Option<ShapeId>, Option<ShapeId>)>,
    /// Conditions of the old version that the new one has not, by keyword.
    pub(crate) lost_conditions: BTreeMap<&'static str, Spot<'l>>,
    /// Conditions of the new version that the old one has not.
    pub(crate) new_conditions: BTreeMap<&'static str, Spot<'l>>,
}

/// A value of which one version has a form, by `oneOf` or `anyOf`, that the other has not.
#[derive(Debug)]
pub(crate) struct Forms {
    pub(crate) way: Way,
    /// How it is spoken of.
    pub(crate) name: String,
    /// The forms of the old version that are gone.
    pub(crate) gone: Vec<ShapeId>,
    /// The forms of the new version that the old one has not.
    pub(crate) added: Vec<ShapeId>,
    /// One that is in the new version, for where it is.
    pub(crate) kept: ShapeId,
}

/// A pair of forms that is still to be compared.
#[derive(Debug)]
struct Step {
    way: Way,
    name: String,
    old: ShapeId,
    new: ShapeId,
}

/// Pairs of forms, those of the old version without a twin, and those of the new one.
type Twins = (Vec<(ShapeId, ShapeId)>, Vec<ShapeId>, Vec<ShapeId>);

#[derive(Debug)]
pub(super) struct Walk<'p, 'v, 'l> {
    old: &'p mut Shapes<'v, 'l>,
    new: &'p mut Shapes<'v, 'l>,
    left: VecDeque<Step>,
    seen: HashSet<(ShapeId, ShapeId, Way)>,
    values: Vec<Value<'l>>,
    forms: Vec<Forms>,
}

/// Everything that was met in both versions.
#[derive(Debug, Default)]
pub(super) struct Walked<'l> {
    pub(super) values: Vec<Value<'l>>,
    pub(super) forms: Vec<Forms>,
}

impl<'p, 'v, 'l> Walk<'p, 'v, 'l> {
    pub(super) fn new(old: &'p mut Shapes<'v, 'l>, new: &'p mut Shapes<'v, 'l>) -> Walk<'p, 'v, 'l> {
        Walk { old, new, left: VecDeque::new(), seen: HashSet::new(), values: Vec::new(), forms: Vec::new() }
    }

    /// Begins with everything that is sent and returned by an operation.
    pub(super) fn operation(&mut self, matched: &Matched<'v, 'l>) {
        let (old, new) = (matched.old, matched.new);
        let (sent, returned) = match new.direction {
            Direction::Called => (Way::Sent, Way::Returned),
            Direction::Calling => (Way::Returned, Way::Sent),
        };
        for (old, new) in matched.parameters() {
            if let (Some(one), Some(other)) = (old.schema, new.schema) {
                self.spots(sent, &format!("`{}`", new.name), &[one], &[other]);
            }
        }
        self.contents(sent, &format!("the body of `{}`", new.name()), &old.body, &new.body);
        self.forms(sent, matched);
        for (old, new) in matched.responses() {
            let name = format!("the answer {} of `{}`", new.status, matched.new.name());
            self.contents(returned, &name, &old.contents, &new.contents);
            self.headers(returned, &name, old, new);
        }
    }

    fn headers(&mut self, way: Way, name: &str, old: &Response<'l>, new: &Response<'l>) {
        for (header, old) in &old.headers {
            let twin = new.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(header));
            let Some((header, new)) = twin else { continue };
            let schemas = (self.old.view().schema_of_header(*old), self.new.view().schema_of_header(*new));
            if let (Some(old), Some(new)) = schemas {
                self.spots(way, &format!("`{header}` of {name}"), &[old], &[new]);
            }
        }
    }

    fn contents(&mut self, way: Way, name: &str, old: &[Content<'l>], new: &[Content<'l>]) {
        for (old, new) in contents(old, new) {
            if let (Some(old), Some(new)) = (old.schema, new.schema) {
                self.spots(way, name, &[old], &[new]);
            }
        }
    }

    /// A form is the parameters of Swagger 2.0, or the body of its successors.
    fn forms(&mut self, way: Way, matched: &Matched<'v, 'l>) {
        let (old_fields, new_fields) = (fields(matched.old), fields(matched.new));
        let body =
            |shapes: &mut Shapes<'v, 'l>, own: &[(&'l str, Spot<'l>)], content: Option<&Content<'l>>| {
                shapes.form(own).or_else(|| shapes.of(&[content?.schema?]))
            };
        if old_fields.is_empty() && new_fields.is_empty() {
            return;
        }
        let old = body(self.old, &old_fields, matched.old.body.first());
        let new = body(self.new, &new_fields, matched.new.body.first());
        if let (Some(old), Some(new)) = (old, new) {
            self.push(way, &format!("the body of `{}`", matched.new.name()), old, new);
        }
    }

    fn spots(&mut self, way: Way, name: &str, old: &[Spot<'l>], new: &[Spot<'l>]) {
        if let (Some(old), Some(new)) = (self.old.of(old), self.new.of(new)) {
            self.push(way, name, old, new);
        }
    }

    /// Each form of the one with its twin of the other.
    fn push(&mut self, way: Way, name: &str, old: ShapeId, new: ShapeId) {
        if !self.seen.insert((old, new, way)) {
            return;
        }
        let (twins, gone, added) = self.twins(old, new);
        if !gone.is_empty() || !added.is_empty() {
            self.forms.push(Forms { way, name: name.to_owned(), gone, added, kept: new });
        }
        for (old, new) in twins {
            self.left.push_back(Step { way, name: name.to_owned(), old, new });
        }
    }

    /// Walks on from what it began with, and gives every pair.
    pub(super) fn finish(mut self, view: &View<'l>) -> Walked<'l> {
        let mut done = HashSet::new();
        while let Some(step) = self.left.pop_front() {
            if !done.insert((step.old, step.new, step.way)) {
                continue;
            }
            if self.values.len() >= PAIRS_MAX {
                view.gap(
                    view.root,
                    format!("of more than {PAIRS_MAX} pairs of schemas the others are not compared"),
                );
                break;
            }
            self.step(step);
        }
        Walked { values: self.values, forms: self.forms }
    }

    fn step(&mut self, step: Step) {
        let Step { way, name, old, new } = step;
        let (Some(one), Some(other)) = (self.old.get(old).cloned(), self.new.get(new).cloned()) else {
            return;
        };
        if !one.is_whole || !other.is_whole {
            return;
        }
        let mut members: BTreeMap<&'l str, (Option<ShapeId>, Option<ShapeId>)> = BTreeMap::new();
        for (member, spots) in &one.properties {
            members.entry(member).or_default().0 = self.old.of(spots);
        }
        for (member, spots) in &other.properties {
            members.entry(member).or_default().1 = self.new.of(spots);
        }
        for (member, ids) in &members {
            if let (Some(old), Some(new)) = *ids
                && self.is_met(way, old, new)
            {
                self.push(way, &format!("`{member}`"), old, new);
            }
        }
        self.below(way, &name, &one, &other);
        let (was, is) = (self.old.conditions(&one), self.new.conditions(&other));
        let (lost_conditions, new_conditions) = (without(&was, &is), without(&is, &was));
        self.values.push(Value { way, name, old, new, members, lost_conditions, new_conditions });
    }

    fn below(&mut self, way: Way, name: &str, one: &Shape<'l>, other: &Shape<'l>) {
        if !one.items.is_empty() && !other.items.is_empty() {
            self.spots(way, &format!("items of {name}"), &one.items, &other.items);
        }
        if !one.additional.is_empty() && !other.additional.is_empty() {
            self.spots(way, &format!("other properties of {name}"), &one.additional, &other.additional);
        }
        for (one, other) in one.prefix_items.iter().zip(&other.prefix_items) {
            self.spots(way, &format!("items of {name}"), one, other);
        }
    }

    /// Whether a property goes this way in both versions: what is `readOnly` is not sent, and what is `writeOnly` not returned.
    fn is_met(&self, way: Way, old: ShapeId, new: ShapeId) -> bool {
        let is_out = |shape: Option<&Shape<'l>>| {
            shape.is_some_and(|shape| match way {
                Way::Sent => shape.read_only.is_some(),
                Way::Returned => shape.write_only.is_some(),
            })
        };
        !is_out(self.old.get(old)) && !is_out(self.new.get(new))
    }

    /// The forms of both versions that are the same, or most alike, and those of each that have no twin.
    fn twins(&mut self, old: ShapeId, new: ShapeId) -> Twins {
        let (mut old, mut new) = (self.old.variants(old), self.new.variants(new));
        if let ([old], [new]) = (old.as_slice(), new.as_slice()) {
            return (vec![(*old, *new)], Vec::new(), Vec::new());
        }
        let mut twins = Vec::new();
        old.retain(|one| {
            let digest = self.old.digest(*one);
            let same = new.iter().position(|other| self.new.digest(*other) == digest);
            twins.extend(same.map(|place| (*one, new.remove(place))));
            same.is_none()
        });
        old.retain(|one| {
            let Some(shape) = self.old.get(*one) else { return true };
            let likeness = |other: &ShapeId| self.new.get(*other).map_or(0, |other| likeness(shape, other));
            let best = (0..new.len())
                .max_by_key(|place| (new.get(*place).map_or(0, likeness), std::cmp::Reverse(*place)));
            twins.extend(best.map(|place| (*one, new.remove(place))));
            best.is_none()
        });
        (twins, old, new)
    }
}

/// The first of `conditions` of each keyword that are not among `others`.
fn without<'l>(
    conditions: &BTreeMap<(&'static str, u64), Spot<'l>>,
    others: &BTreeMap<(&'static str, u64), Spot<'_>>,
) -> BTreeMap<&'static str, Spot<'l>> {
    let lost = conditions.iter().filter(|(condition, _)| !others.contains_key(condition));
    lost.map(|((keyword, _), spot)| (*keyword, *spot)).collect()
}

/// How much two forms have in common.
fn likeness(one: &Shape<'_>, other: &Shape<'_>) -> usize {
    let names = one.properties.keys().filter(|name| other.properties.contains_key(*name)).count();
    BY_NAME * names + usize::from(one.types == other.types)
}
