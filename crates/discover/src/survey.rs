//! What a run finds out: the requests of operations that a specification declares, and those that nobody declared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::Method;
use spec::{Contract, OperationIndex};

use crate::host::{Host, HostTally, Hosts};
use crate::host_name;
use crate::learn::{LearnLimits, Learner, Lesson};
use crate::line::Line;
use crate::tally::{Observation, Place, Tally};

/// The most hosts of which it is kept which contracts they are of.
const HOSTS_MAX: usize = 1 << 10;

/// Observations, held against what is declared. Several, of parts of the same logs, are merged into one.
#[derive(Debug, Clone)]
pub struct Survey<'c> {
    contracts: &'c [Contract],
    /// Which contracts a request may be of, in the order in which they are asked, by the host that it is for.
    of_host: BTreeMap<Box<str>, Vec<usize>>,
    /// The same where a log does not tell the host.
    of_no_host: Vec<usize>,
    /// Requests of each operation of each contract, if there were any.
    declared: Vec<Vec<Option<Tally>>>,
    learner: Learner,
    /// For how many shapes in bodies of declared operations there is room, and was at first.
    room: u32,
    room_max: u32,
    hosts: Hosts,
    no_request: u64,
}

/// The contracts that name the host; where none does, all: first those that name no host, then those that name others, since a
/// server that nobody wrote down is more usual than another API with the same paths.
fn of_host(contracts: &[Contract], host: &str) -> Vec<usize> {
    let hosts = |at: usize| {
        contracts.get(at).into_iter().flat_map(|contract| &contract.servers).flat_map(|server| &server.hosts)
    };
    let is_named = |at: &usize| hosts(*at).any(|known| host_name::names(known, host));
    let named: Vec<usize> = (0..contracts.len()).filter(is_named).collect();
    if !named.is_empty() {
        return named;
    }
    let (none, others): (Vec<usize>, Vec<usize>) =
        (0..contracts.len()).partition(|at| hosts(*at).next().is_none());
    none.into_iter().chain(others).collect()
}

/// What was found out.
#[derive(Debug)]
pub struct Findings {
    /// Requests of each operation of each contract, in the order of both.
    pub declared: Vec<Vec<Option<Tally>>>,
    /// What no contract declares.
    pub lesson: Lesson,
    /// Hosts that were talked to in what is encrypted, with their ports.
    pub hosts: Vec<(Box<str>, u16, HostTally)>,
    /// Lines of what came and was no HTTP request.
    pub no_request: u64,
}

impl<'c> Survey<'c> {
    /// A survey that has seen nothing.
    pub fn new(contracts: &'c [Contract], limits: LearnLimits) -> Survey<'c> {
        let none = |contract: &Contract| contract.operations.iter().map(|_| None).collect();
        Survey {
            contracts,
            of_host: BTreeMap::new(),
            of_no_host: of_host(contracts, ""),
            declared: contracts.iter().map(none).collect(),
            learner: Learner::new(limits),
            room: limits.shapes,
            room_max: limits.shapes,
            hosts: Hosts::default(),
            no_request: 0,
        }
    }

    /// Takes in one line.
    pub fn observe(&mut self, seen: &Observation<'_>) {
        let (Some(path), Some(method)) = (seen.line.path.as_deref(), seen.line.method.as_deref()) else {
            self.no_request += 1;
            return;
        };
        if self.contracts.is_empty() {
            return self.learner.observe(seen);
        }
        // The templates of a specification win over what would be learned.
        let candidates = match seen.line.host.as_deref() {
            None | Some("") => self.of_no_host.as_slice(),
            Some(host) => {
                if !self.of_host.contains_key(host) {
                    if self.of_host.len() >= HOSTS_MAX {
                        self.of_host.clear();
                    }
                    self.of_host.insert(host.into(), of_host(self.contracts, host));
                }
                self.of_host.get(host).map(Vec::as_slice).unwrap_or_default()
            }
        };
        for (number, contract) in candidates.iter().filter_map(|at| Some((*at, self.contracts.get(*at)?))) {
            let Some(found) = contract.router.find(path) else { continue };
            let operation =
                Method::from_bytes(method.as_bytes()).ok().and_then(|method| found.route.operation(&method));
            match operation {
                Some(OperationIndex(index)) => self.count(number, index as usize, seen),
                None => {
                    let line = Line { path: Some(Cow::Borrowed(&found.route.template)), ..seen.line.clone() };
                    self.learner.observe(&Observation { line: &line, place: seen.place });
                }
            }
            return;
        }
        self.learner.observe(seen);
    }

    fn count(&mut self, contract: usize, operation: usize, seen: &Observation<'_>) {
        let place = self.declared.get_mut(contract).and_then(|operations| operations.get_mut(operation));
        if let Some(tally) = place {
            tally.get_or_insert_with(|| Tally::new(seen.place)).add(seen, &mut self.room);
        }
    }

    /// Takes in an encrypted connection.
    pub fn see_host(&mut self, host: Host, place: Place) {
        self.hosts.observe(host, place);
    }

    /// Takes in all that `other` saw.
    pub fn merge(&mut self, other: Survey<'_>) {
        let pairs = self.declared.iter_mut().flatten().zip(other.declared.into_iter().flatten());
        for (known, more) in pairs {
            match (known.as_mut(), more) {
                (Some(known), Some(more)) => known.merge(more),
                (None, more) => *known = more,
                (Some(_), None) => {}
            }
        }
        self.room = self.room.saturating_sub(other.room_max - other.room);
        self.learner.merge(other.learner);
        self.hosts.merge(other.hosts);
        self.no_request += other.no_request;
    }

    /// What was found out.
    pub fn finish(self) -> Findings {
        Findings {
            declared: self.declared,
            lesson: self.learner.finish(),
            hosts: self.hosts.finish(),
            no_request: self.no_request,
        }
    }
}

#[cfg(test)]
mod tests {
    use spec::{Document, Library, LibraryLimits, Limits};

    use super::*;
    use crate::tally::Position;

    fn contract(server: &str) -> Contract {
        let text = format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\nservers: [{{url: '{server}', variables: {{shop: {{default: x}}}}}}]\npaths: {{/orders: {{get: {{}}}}}}"
        );
        let (document, _) = Document::parse("t.yaml", text.into_bytes(), &Limits::default());
        let loader = |_: spec::Location<'_>| Err(std::io::ErrorKind::Unsupported.into());
        spec::compile(&Library::load(document, &LibraryLimits::default(), &loader).0).0
    }

    #[test]
    fn of_documents_with_the_same_path_that_counts_which_names_the_host() {
        let contracts = ["https://a.example", "/", "https://{shop}.b.example"].map(contract);
        let check = |request: &str, expected: &str| {
            let (host, path) = request.split_at(request.find('/').unwrap());
            let mut survey = Survey::new(&contracts, LearnLimits::default());
            let line = Line {
                method: Some("GET".into()),
                host: Some(host.into()),
                path: Some(path.into()),
                status: Some(200),
                ..Line::default()
            };
            survey
                .observe(&Observation { line: &line, place: Place { file: 0, position: Position::Line(1) } });
            let found = survey.finish();
            let counts = found.declared.iter().map(|tallies| u64::from(tallies[0].is_some()).to_string());
            let learned = found.lesson.operations.len();
            assert_eq!(format!("{} {learned}", counts.collect::<String>()), expected, "{request}");
        };
        check("a.example/orders", "100 0");
        check("x.b.example/orders", "001 0");
        check("c.example/orders", "010 0");
        check("/orders", "010 0");
        check("a.example/debug", "000 1");
    }
}
