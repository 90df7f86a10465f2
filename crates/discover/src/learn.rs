//! Learns which operations there are from the paths that were asked.
//!
//! Paths grow a tree, a level a segment. A value that shows its kind (a number, a UUID) is a parameter at once; of words it can
//! only be told once there are many of them, whether they are names of places or values of a parameter: see [`settle`].

mod hosts;
mod segment;
mod settle;
mod template;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use crate::kind::Kind;
use crate::tally::{Confidence, Observation, Tally};
pub(crate) use hosts::is_common;
use tree::Node;

/// Bounds of what is kept while learning.
#[derive(Debug, Clone, Copy)]
pub struct LearnLimits {
    /// Nodes of the tree, of about 300 bytes each; when there are as many, words are told from values.
    pub nodes: usize,
    /// Hosts that are kept apart, many names of one server as one of them; others are counted without one.
    pub hosts: usize,
    /// Paths that nobody answered and that are kept until the end; others are counted.
    pub unanswered: usize,
    /// Shapes of values in the bodies of all requests, of about 150 bytes each; when there are as many, no other members of
    /// objects are looked into. As many again are kept of requests that are declared.
    pub shapes: u32,
}

impl Default for LearnLimits {
    fn default() -> LearnLimits {
        LearnLimits { nodes: 1 << 17, hosts: 1 << 10, unanswered: 1 << 12, shapes: 1 << 18 }
    }
}

/// The most segments of a path, and the most bytes of one.
const SEGMENTS_MAX: usize = 32;
const SEGMENT_BYTES_MAX: usize = 256;

/// Learns from observations.
#[derive(Debug, Clone)]
pub struct Learner {
    limits: LearnLimits,
    /// Trees by host.
    hosts: BTreeMap<Box<str>, Node>,
    /// That of requests without a host: by itself, since every line of many logs is one, and comparing with an empty name is
    /// slow on some processors.
    hostless: Node,
    /// Trees of servers with many names, by what those have in common.
    patterns: BTreeMap<Box<str>, Node>,
    /// Names of those servers, as far as there is room: what is learned of one elsewhere is of the same, however little it shows.
    names: BTreeMap<Box<str>, Box<str>>,
    nodes: usize,
    /// For how many shapes there is room.
    room: u32,
    /// Whether telling words from values did not help any more, so that no further paths are learned.
    is_full: bool,
    /// The same of hosts.
    is_full_of_hosts: bool,
    /// Requests that nobody answered, until it is known which operation they were meant for.
    unanswered: BTreeMap<Asked, Tally>,
    not_kept: u64,
}

/// Host, method and path of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    host: Box<str>,
    method: Box<str>,
    path: Box<str>,
}

/// An operation as far as it is known from requests.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The host that was asked, with `{name}` or `{address}` where it has many; empty where the log does not tell.
    pub host: Box<str>,
    /// The method.
    pub method: Box<str>,
    /// The path, with `{name}` for parameters.
    pub path: String,
    /// Names of the parameters, in order, and the kind of their values.
    pub parameters: Vec<(String, Kind)>,
    /// Its requests.
    pub tally: Tally,
}

/// Everything that was learned.
#[derive(Debug, Default)]
pub struct Lesson {
    /// Operations by host, path and method.
    pub operations: Vec<Learned>,
    /// Requests of paths that nobody ever answered, and how many such paths there were.
    pub unanswered: (u64, u64),
    /// Requests that were counted and not looked at, since a limit was reached.
    pub not_kept: u64,
}

impl Learner {
    /// Knows nothing yet.
    pub fn new(limits: LearnLimits) -> Learner {
        Learner {
            limits,
            hosts: BTreeMap::new(),
            hostless: Node::default(),
            patterns: BTreeMap::new(),
            names: BTreeMap::new(),
            nodes: 0,
            room: limits.shapes,
            is_full: false,
            is_full_of_hosts: false,
            unanswered: BTreeMap::new(),
            not_kept: 0,
        }
    }

    /// Learns from one request, which has a path.
    pub fn observe(&mut self, seen: &Observation<'_>) {
        let (Some(path), Some(method)) = (&seen.line.path, &seen.line.method) else {
            self.not_kept += 1;
            return;
        };
        // With a brace it would be taken for what hosts are called together.
        let host = seen.line.host.as_deref().filter(|host| !host.contains('{')).unwrap_or_default();
        if is_too_large(path) {
            self.not_kept += 1;
            return;
        }
        if Confidence::of(seen.line.status) == Confidence::None {
            return self.ask(host, method, path, seen);
        }
        if self.nodes >= self.limits.nodes && !self.is_full {
            self.settle();
            // What little would become free again would not be worth going through all of it so soon.
            self.is_full = self.nodes > self.limits.nodes / 4 * 3;
        }
        let may_grow = self.nodes < self.limits.nodes && !self.is_full;
        let (mut nodes, mut room) = (self.nodes, self.room);
        let root = self.root(host);
        match root.and_then(|root| root.grow(segments(path), may_grow, &mut nodes)) {
            Some(end) => end.of_method(method, seen.place, may_grow, &mut nodes).add(seen, &mut room),
            None => self.not_kept += 1,
        }
        (self.nodes, self.room) = (nodes, room);
    }

    /// The tree of a host, if there is one: its own, or that of the server that it is a name of.
    fn known_root(&mut self, host: &str) -> Option<&mut Node> {
        if host.is_empty() {
            return Some(&mut self.hostless);
        }
        if self.hosts.contains_key(host) {
            return self.hosts.get_mut(host);
        }
        self.patterns.iter_mut().find(|(pattern, _)| hosts::takes(pattern, host)).map(|(_, root)| root)
    }

    /// The tree of a host; that of requests without one where there is no room for another.
    fn root(&mut self, host: &str) -> Option<&mut Node> {
        if self.known_root(host).is_none() {
            if self.servers() >= self.limits.hosts && !self.is_full_of_hosts {
                self.fold_hosts();
                self.is_full_of_hosts = self.servers() > self.limits.hosts / 4 * 3;
            }
            if self.known_root(host).is_none() {
                if self.servers() >= self.limits.hosts {
                    return Some(&mut self.hostless);
                }
                self.hosts.insert(host.into(), Node::default());
            }
        }
        self.known_root(host)
    }

    /// The tree of a host that another learner kept apart: one of its own as far as there is room, since it takes all that it
    /// serves to tell whether it is a name among many.
    fn root_apart(&mut self, host: &str) -> Option<&mut Node> {
        if self.servers() < self.limits.hosts {
            self.hosts.entry(host.into()).or_default();
        }
        self.root(host)
    }

    /// How many trees with a host there are.
    fn servers(&self) -> usize {
        self.hosts.len() + self.patterns.len()
    }

    fn ask(&mut self, host: &str, method: &str, path: &str, seen: &Observation<'_>) {
        // What nobody answered has no bodies that are looked into.
        let room = &mut 0;
        let end = self.known_root(host).and_then(|root| root.find(segments(path)));
        if let Some(tally) = end.and_then(|end| end.find_method(method)) {
            return tally.add(seen, room);
        }
        let asked = Asked { host: host.into(), method: method.into(), path: path.into() };
        if let Some(tally) = self.unanswered.get_mut(&asked) {
            return tally.add(seen, room);
        }
        if self.unanswered.len() < self.limits.unanswered {
            self.unanswered.entry(asked).or_insert_with(|| Tally::new(seen.place)).add(seen, room);
        } else {
            self.not_kept += 1;
        }
    }

    /// Learns all that `other` learned.
    pub fn merge(&mut self, other: Learner) {
        self.hostless.merge(other.hostless);
        for (pattern, node) in other.patterns {
            self.patterns.entry(pattern).or_default().merge(node);
        }
        let room = self.limits.hosts.saturating_sub(self.names.len());
        self.names.extend(other.names.into_iter().take(room));
        for (host, node) in other.hosts {
            if let Some(root) = self.root_apart(&host) {
                root.merge(node);
            }
        }
        self.weigh();
        for (asked, tally) in other.unanswered {
            let may_keep = self.unanswered.len() < self.limits.unanswered;
            match self.unanswered.get_mut(&asked) {
                Some(known) => known.merge(tally),
                None if may_keep => {
                    self.unanswered.insert(asked, tally);
                }
                None => self.not_kept += tally.count,
            }
        }
        self.not_kept += other.not_kept;
        if self.nodes > self.limits.nodes {
            self.settle();
        }
    }

    /// Tells words from values, which makes the trees small again.
    fn settle(&mut self) {
        self.fold_hosts();
        settle::settle(&mut self.hostless);
        self.hosts.values_mut().chain(self.patterns.values_mut()).for_each(settle::settle);
        self.weigh();
    }

    /// Makes one of the trees of hosts that are one server.
    fn fold_hosts(&mut self) {
        let named = self.names.iter().filter(|(host, _)| self.hosts.contains_key(*host));
        let named: Vec<_> = named.map(|(host, pattern)| (host.clone(), pattern.clone())).collect();
        named.iter().for_each(|(host, pattern)| self.join(host, pattern));
        for (pattern, members) in hosts::groups(&self.hosts) {
            members.iter().for_each(|host| self.join(host, &pattern));
        }
        for (name, pattern) in hosts::of_known(&self.hosts, &self.patterns) {
            self.join(&name, &pattern);
        }
    }

    /// Makes a host, or what several are called together, a part of the server that is called `pattern`.
    fn join(&mut self, name: &str, pattern: &str) {
        let node = match (self.hosts.remove(name), self.patterns.remove(name)) {
            (Some(node), _) => {
                if self.names.len() < self.limits.hosts {
                    self.names.insert(name.into(), pattern.into());
                }
                node
            }
            (None, Some(node)) => {
                let names = self.names.values_mut().filter(|known| ***known == *name);
                names.for_each(|known| *known = pattern.into());
                node
            }
            (None, None) => return,
        };
        self.patterns.entry(pattern.into()).or_default().merge(node);
    }

    /// Counts what there is.
    fn weigh(&mut self) {
        let roots = || self.hosts.values().chain(self.patterns.values()).chain([&self.hostless]);
        let shapes = roots().map(Node::shapes).fold(0, u32::saturating_add);
        self.nodes = roots().map(Node::size).sum();
        self.room = self.limits.shapes.saturating_sub(shapes);
    }

    /// What was learned.
    pub fn finish(mut self) -> Lesson {
        self.settle();
        let mut lesson = Lesson { not_kept: self.not_kept, ..Lesson::default() };
        for (asked, tally) in std::mem::take(&mut self.unanswered) {
            let end = self.known_root(&asked.host).and_then(|root| root.find(segments(&asked.path)));
            match end.and_then(|end| end.find_method(&asked.method)) {
                Some(known) => known.merge(tally),
                None => {
                    lesson.unanswered.0 += tally.count;
                    lesson.unanswered.1 += 1;
                }
            }
        }
        self.hostless.tell("", &mut lesson.operations);
        for (host, root) in self.hosts.into_iter().chain(self.patterns) {
            root.tell(&host, &mut lesson.operations);
        }
        lesson
    }
}

/// Whether a path has more segments than are learned, or a longer one.
fn is_too_large(path: &str) -> bool {
    // The first slash begins the first segment.
    let slashes = memchr::memchr_iter(b'/', path.as_bytes()).count();
    let count = slashes + usize::from(!path.starts_with('/'));
    count > SEGMENTS_MAX
        || (path.len() > SEGMENT_BYTES_MAX && segments(path).any(|segment| segment.len() > SEGMENT_BYTES_MAX))
}

/// The segments of a path: what stands after each slash.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}
