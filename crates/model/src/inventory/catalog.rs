//! What follows from everything that was told: APIs with their operations.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Account, Authentication, Calls, Declaration, Exposure, Fact, Field, Lifecycle, Place, Proposal, Sighting,
    SourceKind, Visibility, Word,
};
use crate::OperationKey;

/// Every API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// By name.
    pub apis: Vec<Api>,
}

/// An API, as all sources together tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Its name: that of its specification, or the host that answers.
    pub name: String,
    /// Whether a specification declares it.
    pub is_declared: bool,
    /// Hosts that its specification names.
    pub hosts: Vec<String>,
    /// What is known of it. What is missing is a gap.
    pub facts: BTreeMap<Field, Known>,
    /// By path and method.
    pub operations: Vec<Operation>,
    /// What gateways let through to it.
    pub exposures: Vec<Exposed>,
}

/// What a gateway lets through to an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// What.
    pub exposure: Exposure,
    /// Whether an operation that is declared is behind it.
    pub is_declared: bool,
}

/// What is known of one field: somebody said so, or something proposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// A person says so.
    Confirmed(Fact),
    /// Sources propose it, the first of them most of all; there is at least one.
    Proposed(Proposal, Vec<Proposal>),
}

impl Known {
    /// What holds, as far as anybody knows.
    pub fn fact(&self) -> &Fact {
        match self {
            Known::Confirmed(fact) => fact,
            Known::Proposed(proposal, _) => &proposal.fact,
        }
    }

    /// Whether a person says so.
    pub fn is_confirmed(&self) -> bool {
        matches!(self, Known::Confirmed(_))
    }
}

/// What an operation is, by what is declared and what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Called or in code, and not declared.
    Shadow,
    /// Deprecated or retired, and called.
    Zombie,
    /// Declared, and not called.
    Orphan,
    /// Declared and called.
    Declared,
}

impl Word for Status {
    const WORDS: &'static [(Status, &'static str)] = &[
        (Status::Shadow, "shadow"),
        (Status::Zombie, "zombie"),
        (Status::Orphan, "orphan"),
        (Status::Declared, "declared"),
    ];
}

/// An operation, as all sources together tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name: API, method, and the template of whoever declares it, else of whoever tells of it.
    pub key: OperationKey<'static>,
    /// What it is.
    pub status: Status,
    /// What each source tells, in the order of their numbers; at least one.
    pub sightings: Vec<(SourceKind, Sighting)>,
    /// All requests together.
    pub calls: Option<Calls>,
    /// What lets it be called through gateways; none where no config tells of it.
    pub exposures: Vec<Exposure>,
}

impl Api {
    /// What is known of `field`, if anything.
    pub fn fact(&self, field: Field) -> Option<&Fact> {
        self.facts.get(&field).map(Known::fact)
    }

    /// Who is meant to call it, if anybody says so.
    pub fn visibility(&self) -> Option<Visibility> {
        match self.fact(Field::Visibility) {
            Some(Fact::Visibility(visibility)) => Some(*visibility),
            _ => None,
        }
    }

    /// Where it stands, if anybody says so.
    pub fn lifecycle(&self) -> Option<Lifecycle> {
        match self.fact(Field::Lifecycle) {
            Some(Fact::Lifecycle(lifecycle)) => Some(*lifecycle),
            _ => None,
        }
    }

    /// Hosts that were asked.
    pub fn hosts_seen(&self) -> BTreeSet<&str> {
        let calls = self.operations.iter().filter_map(|operation| operation.calls.as_ref());
        calls.flat_map(|calls| calls.hosts.iter().map(String::as_str)).collect()
    }
}

impl Operation {
    /// How it is declared; of several declarations the last that was read.
    pub fn declaration(&self) -> Option<(&Declaration, Option<&Place>)> {
        self.sightings.iter().rev().find_map(|(_, sighting)| match &sighting.account {
            Account::Declared(declaration) => Some((declaration, sighting.place.as_ref())),
            Account::Served(_) | Account::Called(_) => None,
        })
    }

    /// What callers must show, by its declaration, else what they were seen to show, else what guards in code are called
    /// after; absent where nothing tells.
    pub fn authentication(&self) -> Option<BTreeSet<Authentication>> {
        let declared = self.declaration().and_then(|(declaration, _)| declaration.authentication.clone());
        let seen = || {
            let calls = self.calls.as_ref()?;
            let is_told = !calls.authentication.is_empty() || calls.anonymous > 0;
            is_told.then(|| calls.authentication.clone())
        };
        let guarded = || {
            let of_code = self.sightings.iter().filter_map(|(_, sighting)| match &sighting.account {
                Account::Served(route) => Some(&route.authentication),
                Account::Declared(_) | Account::Called(_) => None,
            });
            let ways: BTreeSet<Authentication> = of_code.flatten().copied().collect();
            (!ways.is_empty()).then_some(ways)
        };
        declared.or_else(seen).or_else(guarded)
    }
}

impl Catalog {
    /// Every operation, with its API.
    pub fn operations(&self) -> impl Iterator<Item = (&Api, &Operation)> {
        self.apis.iter().flat_map(|api| api.operations.iter().map(move |operation| (api, operation)))
    }

    /// The API of this name.
    pub fn api(&self, name: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.name == name)
    }
}
