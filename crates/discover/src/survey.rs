//! What a run finds out: the requests of operations that a specification declares, and those that nobody declared.

use std::borrow::Cow;

use http::Method;
use spec::{Contract, OperationIndex};

use crate::host::{Host, HostTally, Hosts};
use crate::learn::{LearnLimits, Learner, Lesson};
use crate::line::Line;
use crate::tally::{Observation, Place, Tally};

/// Observations, held against what is declared. Several, of parts of the same logs, are merged into one.
#[derive(Debug, Clone)]
pub struct Survey<'c> {
    contracts: &'c [Contract],
    /// Requests of each operation of each contract, if there were any.
    declared: Vec<Vec<Option<Tally>>>,
    learner: Learner,
    hosts: Hosts,
    no_request: u64,
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
            declared: contracts.iter().map(none).collect(),
            learner: Learner::new(limits),
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
        // The templates of a specification win over what would be learned.
        for (number, contract) in self.contracts.iter().enumerate() {
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
            tally.get_or_insert_with(|| Tally::new(seen.place)).add(seen);
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
