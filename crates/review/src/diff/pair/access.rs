//! Who is let in to messages: what a server asks for and what an operation asks for hold together, so that a requirement which
//! moves from the one to the other is no change.

use std::collections::{BTreeSet, HashMap, HashSet};

use spec::Spot;

use crate::diff::matching::Matched;
use crate::diff::pair::Pair;
use crate::diff::report::At;
use crate::diff::schemes::{Alternative, Way, Weaker, both};
use crate::view::{Operation, Server};

/// The most operations on one server that are asked whether they make up for it; one with more is judged by itself.
const INSIDE_MAX: usize = 1000;

/// Operations of both versions by the server of the new one.
type On<'p, 'v, 'l> = HashMap<(u32, u32), Vec<&'p Matched<'v, 'l>>>;

impl<'v, 'l> Pair<'v, 'l> {
    /// Servers and operations of messages with the alternatives that let callers in whom the old version did not, and where.
    pub(super) fn weakened_events(&self) -> Vec<(String, At<'l>, Weaker<'l>)> {
        let mut weakened = Vec::new();
        for Matched { old, new } in &self.operations {
            if self.schemes.weaker(&old.security, &new.security).is_empty() {
                continue;
            }
            for weaker in self.schemes.judged(&self.old_ways(old), &self.new_ways(new)) {
                weakened.push((new.name(), At::New(weaker.spot.unwrap_or(new.spot)), weaker));
            }
        }
        let on = self.on_servers();
        for (old, new) in self.servers() {
            let (known, ways) = (self.ways_of(&old), self.schemes.new_ways(&new.security));
            if self.schemes.judged(&known, &ways).is_empty() {
                continue;
            }
            // What is on it asks as well, so it is no more open than that.
            let mut weaker = Vec::new();
            let inside = self.inside(&known, &ways, on.get(&new.spot.key()));
            inside.iter().for_each(|(before, now)| weaker.extend(self.schemes.judged(before, now)));
            if inside.is_empty() {
                weaker = self.schemes.judged(&known, &ways);
            }
            let mut seen = HashSet::new();
            weaker.retain(|weaker| seen.insert((weaker.how, weaker.asks_for.clone(), weaker.lost.clone())));
            for weaker in weaker {
                weakened.push((new.name.to_owned(), At::New(weaker.spot.unwrap_or(new.spot)), weaker));
            }
        }
        weakened
    }

    /// Servers and operations of messages that let fewer callers in, and where.
    pub(super) fn stricter_events(&self) -> Vec<(String, Spot<'l>)> {
        let at = |spot: Spot<'l>| spot.get("security").unwrap_or(spot);
        let mut stricter = Vec::new();
        for Matched { old, new } in &self.operations {
            let is_own = self.schemes.is_stricter(&old.security, &new.security);
            if is_own && self.schemes.lets_fewer_in(&self.old_ways(old), &self.new_ways(new)) {
                stricter.push((new.name(), at(new.spot)));
            }
        }
        let on = self.on_servers();
        for (old, new) in &self.events.servers.both {
            if !self.schemes.is_stricter(&old.security, &new.security) {
                continue;
            }
            let (known, ways) = (self.ways_of(&[old]), self.schemes.new_ways(&new.security));
            let inside = self.inside(&known, &ways, on.get(&new.spot.key()));
            if inside.is_empty() || inside.iter().any(|(before, now)| self.schemes.lets_fewer_in(before, now))
            {
                stricter.push((new.name.to_owned(), at(new.spot)));
            }
        }
        stricter
    }

    /// The servers of the new version with what they were; one that is new, with all that there were.
    fn servers(&self) -> impl Iterator<Item = (Vec<&'v Server<'l>>, &'v Server<'l>)> {
        let servers = &self.events.servers;
        let known: Vec<&'v Server<'l>> = self.old.events.own_servers().iter().collect();
        let new = servers.added.iter().filter(|_| !self.old.events.own_servers().is_empty());
        let new = new.map(move |new| (known.clone(), *new));
        servers.both.iter().map(|(old, new)| (vec![*old], *new)).chain(new)
    }

    fn on_servers(&self) -> On<'_, 'v, 'l> {
        let mut on: On<'_, 'v, 'l> = HashMap::new();
        for matched in &self.operations {
            for server in self.new.servers_of_operation(matched.new) {
                on.entry(server.spot.key()).or_default().push(matched);
            }
        }
        on
    }

    /// The ways into each of `operations`, which are on a server, in both versions, where `known` and `ways` are those into the server.
    fn inside(
        &self,
        known: &[Alternative<'l>],
        ways: &[Way<'l>],
        operations: Option<&Vec<&Matched<'v, 'l>>>,
    ) -> Vec<(Vec<Alternative<'l>>, Vec<Way<'l>>)> {
        let of = |matched: &&Matched<'v, 'l>| {
            let before = self.schemes.old_ways(&matched.old.security);
            (products(known, &before), joined(ways, &self.schemes.new_ways(&matched.new.security)))
        };
        let operations = operations.filter(|operations| operations.len() <= INSIDE_MAX);
        operations.into_iter().flatten().map(of).collect()
    }

    fn ways_of(&self, servers: &[&Server<'l>]) -> Vec<Alternative<'l>> {
        let all = servers.iter().flat_map(|server| self.schemes.old_ways(&server.security));
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The ways into an operation of the old version, on whichever server it is.
    fn old_ways(&self, operation: &Operation<'l>) -> Vec<Alternative<'l>> {
        let own = self.schemes.old_ways(&operation.security);
        let servers: Vec<&Server<'l>> = self.old.servers_of_operation(operation).collect();
        if servers.is_empty() { own } else { products(&self.ways_of(&servers), &own) }
    }

    /// As [`Pair::old_ways`], of the new version.
    fn new_ways(&self, operation: &Operation<'l>) -> Vec<Way<'l>> {
        let own = self.schemes.new_ways(&operation.security);
        let servers: Vec<&Server<'l>> = self.new.servers_of_operation(operation).collect();
        if servers.is_empty() {
            return own;
        }
        let mut seen = HashSet::new();
        let ways = servers.iter().flat_map(|server| self.schemes.new_ways(&server.security));
        let ways: Vec<Way<'l>> = ways.filter(|way| seen.insert(way.alternative().clone())).collect();
        joined(&own, &ways)
    }
}

/// Each of `ones` together with each of `others`.
fn products<'l>(ones: &[Alternative<'l>], others: &[Alternative<'l>]) -> Vec<Alternative<'l>> {
    ones.iter().flat_map(|one| others.iter().map(|other| both(one, other))).collect()
}

/// Each of `ones` together with each of `others`; it stands where the one does.
fn joined<'l>(ones: &[Way<'l>], others: &[Way<'l>]) -> Vec<Way<'l>> {
    ones.iter().flat_map(|one| others.iter().map(|other| one.and(other))).collect()
}
