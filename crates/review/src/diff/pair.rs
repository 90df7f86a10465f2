//! Two versions of a document, and what of one is what of the other.

mod access;

use spec::Spot;

use super::events::{self, Events};
use super::matching::{Matched, Operations, matched};
use super::report::At;
use super::schemes::{How, Schemes, Weaker};
use super::server::{self, Server};
use super::shape::{Shape, ShapeId, Shapes};
use super::walk::{Flow, Forms, Value, Walk, Walked, Way};
use crate::view::{Operation, View};

/// Two versions of a document.
#[derive(Debug)]
pub(crate) struct Pair<'v, 'l> {
    pub(crate) old: &'v View<'l>,
    pub(crate) new: &'v View<'l>,
    /// Operations that are in both.
    pub(crate) operations: Vec<Matched<'v, 'l>>,
    /// Operations of the old version that the new one has not.
    pub(crate) removed: Vec<&'v Operation<'l>>,
    /// Operations that send messages where they received them, or the reverse: the old one and the new one.
    pub(crate) turned: Vec<(&'v Operation<'l>, &'v Operation<'l>)>,
    /// Servers and channels of messages.
    pub(crate) events: Events<'v, 'l>,
    /// Messages, by where they pass and which way.
    pub(crate) flows: Vec<Flow<'v, 'l>>,
    /// Values that are sent or returned in both, each pair once.
    pub(crate) values: Vec<Value<'l>>,
    /// Values that have other forms in one of the versions.
    pub(crate) forms: Vec<Forms>,
    pub(crate) old_servers: Vec<Server<'l>>,
    pub(crate) new_servers: Vec<Server<'l>>,
    weakened: Vec<(String, At<'l>, Weaker<'l>)>,
    schemes: Schemes<'v, 'l>,
    old_shapes: Shapes<'v, 'l>,
    new_shapes: Shapes<'v, 'l>,
}

/// A value in both versions, with what is said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Both<'p, 'l> {
    pub(crate) value: &'p Value<'l>,
    pub(crate) old: &'p Shape<'l>,
    pub(crate) new: &'p Shape<'l>,
}

impl Both<'_, '_> {
    /// Whether both versions allow the same types, so that what bounds them can be compared.
    pub(crate) fn is_of_one_type(&self) -> bool {
        self.old.types == self.new.types
    }
}

impl<'v, 'l> Pair<'v, 'l> {
    pub(crate) fn of(old: &'v View<'l>, new: &'v View<'l>) -> Pair<'v, 'l> {
        let (old_servers, new_servers) = (server::servers(old), server::servers(new));
        let events = Events::of(old, new);
        let Operations { both: operations, gone: removed, turned } = if new.format.is_asyncapi() {
            events::operations((old, new), &events.channels.both)
        } else {
            matched((old, &old_servers), (new, &new_servers))
        };
        let mut pair = Pair {
            old,
            new,
            operations,
            removed,
            turned,
            events,
            flows: Vec::new(),
            values: Vec::new(),
            forms: Vec::new(),
            old_servers,
            new_servers,
            weakened: Vec::new(),
            schemes: Schemes::of(old, new),
            old_shapes: Shapes::new(old),
            new_shapes: Shapes::new(new),
        };
        let mut walk = Walk::new(&mut pair.old_shapes, &mut pair.new_shapes);
        pair.operations.iter().for_each(|matched| walk.operation(matched));
        walk.channels(&pair.events);
        let passing = events::passing((old, new), &pair.events.channels.both);
        let flows = passing.into_iter().map(|passing| walk.messages(passing)).collect();
        let Walked { values, forms } = walk.finish(new);
        pair.flows = flows;
        let is_event = new.format.is_asyncapi();
        pair.weakened = if is_event { pair.weakened_events() } else { pair.weakened_operations() };
        (pair.values, pair.forms) = (values, forms);
        pair
    }

    /// Operations that callers can ask for, in both; of messages, all.
    pub(crate) fn called(&self) -> impl Iterator<Item = &Matched<'v, 'l>> {
        let is_event = self.new.format.is_asyncapi();
        self.operations.iter().filter(move |matched| is_event || matched.new.is_called())
    }

    pub(crate) fn old_shape(&self, id: ShapeId) -> Option<&Shape<'l>> {
        self.old_shapes.get(id)
    }

    pub(crate) fn new_shape(&self, id: ShapeId) -> Option<&Shape<'l>> {
        self.new_shapes.get(id)
    }

    /// Where the property called `name` of a value of the new version is declared.
    pub(crate) fn new_property(&self, value: ShapeId, name: &str) -> Option<Spot<'l>> {
        self.new_shape(value)?.properties.get(name)?.first().copied()
    }

    /// Values that callers send, in both versions.
    pub(crate) fn sent(&self) -> impl Iterator<Item = Both<'_, 'l>> {
        self.both(Way::Sent)
    }

    /// Values that callers get, in both versions.
    pub(crate) fn returned(&self) -> impl Iterator<Item = Both<'_, 'l>> {
        self.both(Way::Returned)
    }

    fn both(&self, way: Way) -> impl Iterator<Item = Both<'_, 'l>> {
        self.values.iter().filter(move |value| value.way == way).filter_map(|value| {
            Some(Both { value, old: self.old_shape(value.old)?, new: self.new_shape(value.new)? })
        })
    }

    /// Operations, and servers of messages, with the alternatives that let callers in, in this way, whom the old version did
    /// not, and where.
    pub(crate) fn weakened(&self, how: How) -> impl Iterator<Item = &(String, At<'l>, Weaker<'l>)> {
        self.weakened.iter().filter(move |(.., weaker)| weaker.how == how)
    }

    fn weakened_operations(&self) -> Vec<(String, At<'l>, Weaker<'l>)> {
        let mut weakened = Vec::new();
        for Matched { old, new } in self.called() {
            let is_own = new.spot.get("security").is_some();
            for weaker in self.schemes.weaker(&old.security, &new.security) {
                let spot = weaker.spot.filter(|_| is_own).unwrap_or(new.spot);
                weakened.push((new.name(), At::New(spot), weaker));
            }
        }
        weakened
    }

    /// Operations, and servers of messages, that let fewer callers in than the old version, and where.
    pub(crate) fn stricter(&self) -> Vec<(String, Spot<'l>)> {
        if self.new.format.is_asyncapi() {
            return self.stricter_events();
        }
        let is_stricter = |matched: &&Matched<'v, 'l>| {
            self.schemes.is_stricter(&matched.old.security, &matched.new.security)
        };
        let stricter = self.called().filter(is_stricter).map(|matched| matched.new);
        stricter.map(|new| (new.name(), new.spot.get("security").unwrap_or(new.spot))).collect()
    }
}
