//! Which server, channel and operation of the old version of an AsyncAPI document is which of the new one.

use std::collections::{HashMap, HashSet};

use spec::{Format, Spot};

use super::matching::{Matched, Operations, nameless, names_in};
use super::walk::Way;
use crate::view::{Channel, Direction, Message, Operation, Parameter, Server, View};

/// What is in both versions, and in one alone.
#[derive(Debug)]
pub(crate) struct Twins<'v, T> {
    pub(crate) both: Vec<(&'v T, &'v T)>,
    pub(crate) gone: Vec<&'v T>,
    pub(crate) added: Vec<&'v T>,
}

/// Servers and channels; none of OpenAPI.
#[derive(Debug)]
pub(crate) struct Events<'v, 'l> {
    pub(crate) servers: Twins<'v, Server<'l>>,
    pub(crate) channels: Twins<'v, Channel<'l>>,
}

/// Messages that pass one way, in both versions.
#[derive(Debug)]
pub(super) struct Passing<'v, 'l> {
    pub(super) way: Way,
    /// Where: `RECEIVE orders`.
    pub(super) name: String,
    /// What of the new version it is.
    pub(super) kept: Spot<'l>,
    pub(super) old: Vec<&'v Message<'l>>,
    pub(super) new: Vec<&'v Message<'l>>,
}

/// By what two may be the same; nothing says that it is not told.
pub(super) type Key<T> = fn(&T) -> Option<String>;

impl<'v, 'l> Events<'v, 'l> {
    pub(super) fn of(old: &'v View<'l>, new: &'v View<'l>) -> Events<'v, 'l> {
        let servers: &[Key<Server<'_>>] = &[
            |server| Some(format!("{} {}", server.name, server.host)),
            |server| (!server.host.is_empty()).then(|| format!("{} {}", server.host, server.language())),
            |server| Some(server.name.to_owned()),
        ];
        let own = |view: &'v View<'l>| view.events.own_servers().iter().collect();
        // A channel without an address is known by its name alone.
        let channels: &[Key<Channel<'_>>] = &[
            |channel| Some(format!("{} {}", channel.name, channel.address)),
            |channel| (!channel.address.is_empty()).then(|| channel.address.to_owned()),
            |channel| (!channel.address.is_empty()).then(|| nameless(channel.address)),
            |channel| Some(channel.name.to_owned()),
        ];
        Events {
            servers: twins(own(old), own(new), servers),
            channels: twins(own_channels(old), own_channels(new), channels),
        }
    }

    /// The parameters of addresses that are in both, by their places.
    pub(super) fn parameters(&self) -> Vec<(&'v Parameter<'l>, &'v Parameter<'l>)> {
        let mut found = Vec::new();
        for (old, new) in &self.channels.both {
            for (was, is) in names_in(old.address).zip(names_in(new.address)) {
                found.extend(parameter(old, was).zip(parameter(new, is)));
            }
        }
        found
    }
}

fn parameter<'v, 'l>(channel: &'v Channel<'l>, name: &str) -> Option<&'v Parameter<'l>> {
    channel.parameters.iter().find(|parameter| parameter.location == "address" && parameter.name == name)
}

/// What of `old` is what of `new`: by the first of `keys` first, and of what is left by the next.
pub(super) fn twins<'v, T>(mut old: Vec<&'v T>, mut new: Vec<&'v T>, keys: &[Key<T>]) -> Twins<'v, T> {
    let mut both = Vec::new();
    for key in keys {
        let mut known: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, item) in new.iter().enumerate().rev() {
            if let Some(key) = key(item) {
                known.entry(key).or_default().push(place);
            }
        }
        let mut taken = HashSet::new();
        old.retain(|item| {
            let place = key(item).and_then(|key| known.get_mut(&key)?.pop());
            let twin = place.and_then(|place| new.get(place));
            both.extend(twin.map(|twin| (*item, *twin)));
            taken.extend(place);
            place.is_none()
        });
        let mut place = 0..;
        new.retain(|_| !place.next().is_some_and(|place| taken.contains(&place)));
    }
    Twins { both, gone: old, added: new }
}

/// The channels of the document, and those that its operations are on; not what is only declared to be shared.
fn own_channels<'v, 'l>(view: &'v View<'l>) -> Vec<&'v Channel<'l>> {
    let listed = view.root.members_of("channels").filter_map(|(_, channel)| view.follow(channel));
    let named = own_operations(view).keys().copied().collect::<HashSet<_>>();
    let used = view.operations.iter().filter(|operation| named.contains(&operation.spot.key()));
    let own: HashSet<(u32, u32)> =
        listed.map(Spot::key).chain(used.map(|operation| operation.item.key())).collect();
    view.events.channels.iter().filter(|channel| own.contains(&channel.spot.key())).collect()
}

/// The operations that the document lists since 3.0, by place, and what they are called.
fn own_operations<'l>(view: &View<'l>) -> HashMap<(u32, u32), &'l str> {
    let listed = view.root.members_of("operations");
    listed.filter_map(|(name, operation)| Some((view.follow(operation)?.key(), name))).collect()
}

/// The operations of `channels`, which are in both versions. Where one became several, or the reverse, each is held against
/// one of the same channel that goes the same way, so that none is left out.
pub(super) fn operations<'v, 'l>(
    (old, new): (&'v View<'l>, &'v View<'l>),
    channels: &[(&'v Channel<'l>, &'v Channel<'l>)],
) -> Operations<'v, 'l> {
    let (old_names, new_names) = (own_operations(old), own_operations(new));
    let mut found = Operations::default();
    for (before, now) in channels {
        let (olds, news) = (own(old, before, &old_names), own(new, now, &new_names));
        let mut left: Vec<&'v Operation<'l>> = news.clone();
        let mut alone = Vec::new();
        for one in &olds {
            let name = old_names.get(&one.spot.key());
            let called = |other: &&&Operation<'l>| name == new_names.get(&other.spot.key());
            let goes = |other: &&&Operation<'l>| other.direction == one.direction;
            let twin = left.iter().filter(goes).find(called).or_else(|| left.iter().find(goes));
            match twin.or_else(|| news.iter().find(goes)).copied() {
                Some(twin) => {
                    left.retain(|other| other.spot.key() != twin.spot.key());
                    found.both.push(Matched { old: one, new: twin });
                }
                None => alone.push(*one),
            }
        }
        left.retain(|other| {
            let twin = olds.iter().find(|one| one.direction == other.direction);
            found.both.extend(twin.map(|twin| Matched { old: twin, new: other }));
            twin.is_none()
        });
        for one in alone {
            match left.pop() {
                Some(other) => found.turned.push((one, other)),
                None => found.gone.push(one),
            }
        }
    }
    found
}

fn own<'v, 'l>(
    view: &'v View<'l>,
    channel: &Channel<'l>,
    names: &HashMap<(u32, u32), &str>,
) -> Vec<&'v Operation<'l>> {
    let all = view.operations_of_channel(channel);
    let is_own = |operation: &&Operation<'l>| {
        view.format == Format::AsyncApi2 || names.contains_key(&operation.spot.key())
    };
    all.filter(is_own).collect()
}

/// What passes through `channels`: all that goes one way together, whichever operation carries it. Where no operation says
/// who sends, it is looked at both ways.
pub(super) fn passing<'v, 'l>(
    (old, new): (&'v View<'l>, &'v View<'l>),
    channels: &[(&'v Channel<'l>, &'v Channel<'l>)],
) -> Vec<Passing<'v, 'l>> {
    let (old_names, new_names) = (own_operations(old), own_operations(new));
    let mut found = Vec::new();
    for (before, now) in channels {
        let (olds, news) = (own(old, before, &old_names), own(new, now, &new_names));
        if olds.is_empty() && news.is_empty() {
            for way in [Way::Sent, Way::Returned] {
                let (old, new) = (old.events.messages_of(before), new.events.messages_of(now));
                let name = now.name.to_owned();
                found.push(Passing { way, name, kept: now.spot, old: old.collect(), new: new.collect() });
            }
        }
        for (direction, way, back) in
            [(Direction::Called, Way::Sent, Way::Returned), (Direction::Calling, Way::Returned, Way::Sent)]
        {
            let Some(first) = news.iter().find(|operation| operation.direction == direction) else {
                continue;
            };
            for (way, is_reply) in [(way, false), (back, true)] {
                let carried = |view: &'v View<'l>, all: &[&Operation<'l>]| -> Vec<&'v Message<'l>> {
                    let all = all.iter().filter(|operation| operation.direction == direction);
                    messages(view, all.copied(), is_reply)
                };
                let answer = if is_reply { "the reply of " } else { "" };
                let name = format!("{answer}{}", first.name());
                let (old, new) = (carried(old, &olds), carried(new, &news));
                found.push(Passing { way, name, kept: first.spot, old, new });
            }
        }
    }
    found
}

fn messages<'v, 'l, 'o>(
    view: &'v View<'l>,
    operations: impl Iterator<Item = &'o Operation<'l>>,
    is_reply: bool,
) -> Vec<&'v Message<'l>>
where
    'l: 'o,
{
    let mut places: Vec<usize> = Vec::new();
    for operation in operations {
        let carried = &operation.carried;
        let all = if is_reply { &carried.replies } else { &carried.messages };
        places.extend(all.iter().filter(|place| !places.contains(place)).copied().collect::<Vec<_>>());
    }
    places.into_iter().filter_map(|place| view.events.messages.get(place)).collect()
}
