//! Finds for each exposure the operations behind it, and for what nobody knows of the API that it is part of.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{Account, Exposure, Inventory, SourceKind, Whose};

use super::super::exposed::{Rule, Share};
use super::{Draft, DraftApi, Key, UNKNOWN_HOST};

/// Words in names of services that say nothing of which one it is.
const GENERIC: &[&str] = &["api", "service", "svc", "server", "backend", "app", "web", "public", "http"];

/// The exposures of one source: what is tried first stands first.
struct Table<'i> {
    rules: Vec<Rule<'i>>,
    /// For each, the API that what it leads to is called after.
    named: Vec<Option<&'i str>>,
}

impl<'i> Draft<'i> {
    /// Puts every exposure of `inventory` where it belongs.
    pub(super) fn expose(&mut self, inventory: &'i Inventory) {
        for source in inventory.current() {
            let rules: Vec<Rule<'i>> = source.told.exposures.iter().map(Rule::of).collect();
            if rules.is_empty() {
                continue;
            }
            let named = rules.iter().map(|rule| self.named(rule.exposure)).collect();
            let table = Table { rules, named };
            let mut behind: Vec<BTreeMap<&'i str, bool>> = vec![BTreeMap::new(); table.rules.len()];
            for (name, api) in &mut self.apis {
                api.expose(name, &table, &mut behind);
            }
            for (rule, apis) in table.rules.iter().zip(behind) {
                for (api, is_declared) in &apis {
                    self.apis.entry(api).or_default().exposures.push((rule.exposure, *is_declared));
                }
                if apis.is_empty() && !rule.exposure.is_closed {
                    let home = self.home(rule);
                    self.apis.entry(home).or_default().exposures.push((rule.exposure, false));
                }
            }
        }
    }

    /// The one API that is called like what an exposure leads to: `orders-svc` and `Orders API`.
    fn named(&self, exposure: &Exposure) -> Option<&'i str> {
        let wanted = core(exposure.leads_to.as_deref()?);
        let mut apis = self.apis.keys().filter(|name| !wanted.is_empty() && core(name) == wanted);
        match (apis.next(), apis.next()) {
            (Some(name), None) => Some(name),
            _ => None,
        }
    }

    /// The API that nobody knows what is behind of: the one that is declared to be at the host, else the host itself.
    fn home(&self, rule: &Rule<'i>) -> &'i str {
        let at_host = |api: &DraftApi<'_>| {
            !rule.exposure.hosts.is_empty() && api.hosts.iter().any(|host| rule.takes_host(host))
        };
        let mut apis = self.apis.iter().filter(|(_, api)| at_host(api));
        if let (Some((name, _)), None) = (apis.next(), apis.next()) {
            return name;
        }
        let leads_to = rule.exposure.leads_to.as_deref();
        self.named(rule.exposure)
            .or_else(|| rule.exposure.hosts.first().map(String::as_str))
            .or(leads_to)
            .unwrap_or(UNKNOWN_HOST)
    }
}

impl<'i> DraftApi<'i> {
    fn expose(&mut self, name: &'i str, table: &Table<'i>, behind: &mut [BTreeMap<&'i str, bool>]) {
        let hosts = self.served_at();
        let reached = reached(&table.rules, &hosts);
        let mut exposed = BTreeMap::new();
        for (key, seen) in &self.operations {
            let is_declared = seen.iter().any(|(kind, _)| *kind == SourceKind::Spec);
            let mut found = Vec::new();
            // Where everything that is asked of an operation is settled.
            let mut settled: BTreeSet<Gate<'_>> = BTreeSet::new();
            for (((rule, named), apis), gates) in
                table.rules.iter().zip(&table.named).zip(&mut *behind).zip(&reached)
            {
                let share = share(rule, (*named, name), &hosts, key);
                if gates.is_empty() || share == Share::None {
                    continue;
                }
                if !rule.exposure.is_closed {
                    *apis.entry(name).or_default() |= is_declared;
                }
                let mut is_first = false;
                for gate in gates {
                    is_first |= !settled.contains(gate);
                    if share == Share::All {
                        settled.insert(*gate);
                    }
                }
                if is_first && !rule.exposure.is_closed {
                    found.push(rule.exposure);
                }
            }
            exposed.insert(key.clone(), found);
        }
        for (key, mut found) in exposed {
            self.exposed.entry(key).or_default().append(&mut found);
        }
    }

    /// Hosts that it is declared at; else those that it was called at. None where it may be anywhere.
    fn served_at(&self) -> Vec<String> {
        if !self.hosts.is_empty() {
            return self.hosts.clone();
        }
        let sightings = self.operations.values().flatten();
        let called = sightings.filter(|(_, sighting)| matches!(sighting.account, Account::Called(_)));
        let hosts: BTreeSet<&str> = called
            .filter_map(|(_, sighting)| match &sighting.subject.whose {
                Whose::Host(host) => Some(host.as_str()).filter(|host| !host.is_empty()),
                Whose::Api(_) => None,
            })
            .collect();
        match self.is_declared {
            true => Vec::new(),
            false => hosts.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// How much of an operation of the API `name` is let through.
fn share(rule: &Rule<'_>, (named, name): (Option<&str>, &str), hosts: &[String], key: &Key) -> Share {
    let is_of_other = hosts.is_empty() && named.is_some_and(|named| named != name);
    if is_of_other {
        return Share::None;
    }
    // Only of an API that is known to be behind it are the paths known with which requests go on.
    let behind = if named == Some(name) { rule.share_behind(&key.1, &key.0) } else { Share::None };
    rule.share(&key.1, &key.0).max(behind)
}

/// Where a request comes in: the gateway, where that listens, if it matters, and the host.
type Gate<'r> = (&'r str, &'r str, &'r str);

/// The gates at which each rule takes some of what is asked of an API at `hosts`.
fn reached<'r>(rules: &'r [Rule<'_>], hosts: &'r [String]) -> Vec<Vec<Gate<'r>>> {
    let gates: Vec<Vec<Gate<'r>>> = rules.iter().map(|rule| gates(rule, hosts)).collect();
    let mut closest: BTreeMap<Gate<'r>, (u8, usize)> = BTreeMap::new();
    for (rule, gate) in
        rules.iter().zip(&gates).flat_map(|(rule, gates)| gates.iter().map(move |gate| (rule, gate)))
    {
        let known = closest.entry(*gate).or_default();
        *known = rule.closeness(gate.2).max(*known);
    }
    let is_reached = |rule: &Rule<'_>, gate: &Gate<'r>| {
        let (_, listener, host) = gate;
        listener.is_empty() || closest.get(gate).is_none_or(|closest| rule.closeness(host) == *closest)
    };
    let each = rules.iter().zip(gates);
    each.map(|(rule, mut gates)| {
        gates.retain(|gate| is_reached(rule, gate));
        gates
    })
    .collect()
}

/// The gates of which a rule names the host.
fn gates<'r>(rule: &'r Rule<'_>, hosts: &'r [String]) -> Vec<Gate<'r>> {
    let hosts: Vec<&str> = match hosts {
        [] if rule.exposure.hosts.is_empty() => vec![""],
        [] => rule.exposure.hosts.iter().map(String::as_str).collect(),
        hosts => hosts.iter().map(String::as_str).filter(|host| rule.takes_host(host)).collect(),
    };
    let listeners: Vec<&str> = match rule.exposure.listeners.is_empty() {
        true => vec![""],
        false => rule.exposure.listeners.iter().map(String::as_str).collect(),
    };
    let gateway = rule.exposure.gateway.as_str();
    hosts.iter().flat_map(|host| listeners.iter().map(move |listener| (gateway, *listener, *host))).collect()
}

/// What is left of a name without words that many have, and numbers of versions.
fn core(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_version = |word: &str| {
        let number = word.strip_prefix('v').unwrap_or(word);
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    words.filter(|word| !GENERIC.contains(word) && !is_version(word)).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;

#[test]
fn names_are_the_same_without_words_that_many_have() {
    assert_eq!(core("Orders API v2"), core("orders-svc"));
    assert_ne!(core("orders"), core("order-items"));
    assert_eq!(core("api-service"), "");
}
