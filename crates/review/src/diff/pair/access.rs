//! Who is let in to messages: what a server asks for and what an operation asks for hold together, so that a requirement which
//! moves from the one to the other is no change.

use spec::Spot;

use crate::diff::matching::Matched;
use crate::diff::pair::Pair;
use crate::diff::report::At;
use crate::diff::schemes::{Alternative, Way, Weaker, both};
use crate::view::{Operation, Server};

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
        for (old, new) in self.servers() {
            let (known, ways) = (self.ways_of(&old), self.schemes.new_ways(&new.security));
            if self.schemes.judged(&known, &ways).is_empty() {
                continue;
            }
            // What is on it asks as well, so it is no more open than that.
            let mut weaker = Vec::new();
            let inside = self.inside(&known, &ways, new);
            inside.iter().for_each(|(before, now)| weaker.extend(self.schemes.judged(before, now)));
            if inside.is_empty() {
                weaker = self.schemes.judged(&known, &ways);
            }
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
        for (old, new) in &self.events.servers.both {
            if !self.schemes.is_stricter(&old.security, &new.security) {
                continue;
            }
            let (known, ways) = (self.ways_of(&[old]), self.schemes.new_ways(&new.security));
            let inside = self.inside(&known, &ways, new);
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

    /// The ways into each operation on the server `new` in both versions, where `known` and `ways` are those into the server.
    fn inside(
        &self,
        known: &[Alternative<'l>],
        ways: &[Way<'l>],
        new: &Server<'l>,
    ) -> Vec<(Vec<Alternative<'l>>, Vec<Way<'l>>)> {
        let is_on = |matched: &&Matched<'v, 'l>| {
            self.new.servers_of_operation(matched.new).any(|server| server.spot.key() == new.spot.key())
        };
        let of = |matched: &Matched<'v, 'l>| {
            let before = self.schemes.old_ways(&matched.old.security);
            (products(known, &before), joined(ways, &self.schemes.new_ways(&matched.new.security)))
        };
        self.operations.iter().filter(is_on).map(of).collect()
    }

    fn ways_of(&self, servers: &[&Server<'l>]) -> Vec<Alternative<'l>> {
        servers.iter().flat_map(|server| self.schemes.old_ways(&server.security)).collect()
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
        servers.iter().flat_map(|server| joined(&own, &self.schemes.new_ways(&server.security))).collect()
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
