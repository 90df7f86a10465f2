//! What gateways let through, as it is listed and written.

use discover::config::ConfigFindings;
use model::inventory::{Catalog, Exposure, Guard, Operation, Paths, Place, Word};
use serde::Serialize;

use crate::cli::Status;
use crate::commands::discover::unread::{NotRead, NotUnderstood, not_read, not_understood};
use crate::output::problems::Tool;

/// What is let through, and what is declared.
#[derive(Debug)]
pub(super) struct Listed<'c> {
    pub(super) exposures: Vec<Exposed<'c>>,
    pub(super) operations: Vec<Declared<'c>>,
}

/// One line of a table of routes, and an API that it is part of.
#[derive(Debug, Serialize)]
pub(super) struct Exposed<'c> {
    /// The title of the specification; of what is not declared, the host.
    pub(super) api: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    gateway: &'c str,
    methods: Vec<&'c str>,
    hosts: &'c [String],
    paths: &'c Paths,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    conditions: &'c [String],
    guards: &'c [Guard],
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leads_to: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<&'c str>,
    #[serde(flatten)]
    place: &'c Place,
    #[serde(skip)]
    pub(super) exposure: &'c Exposure,
}

/// An operation that is declared.
#[derive(Debug, Serialize)]
pub(super) struct Declared<'c> {
    pub(super) api: &'c str,
    pub(super) method: &'c str,
    pub(super) path: &'c str,
    /// What it is declared to ask of callers.
    authentication: Vec<&'static str>,
    pub(super) status: Status,
    sources: Vec<Source<'c>>,
    #[serde(skip)]
    pub(super) place: Option<&'c Place>,
}

#[derive(Debug, Serialize)]
struct Source<'c> {
    kind: &'static str,
    #[serde(flatten)]
    place: &'c Place,
}

impl Listed<'_> {
    /// Whether something has this status.
    pub(super) fn has(&self, status: Status) -> bool {
        self.count(status) > 0
    }

    /// How many routes and operations have this status.
    pub(super) fn count(&self, status: Status) -> usize {
        let exposures = self.exposures.iter().filter(|exposed| exposed.status == Some(status)).count();
        exposures + self.operations.iter().filter(|operation| operation.status == status).count()
    }
}

/// Everything of `catalog`; routes have a status where something is declared.
pub(super) fn listed(catalog: &Catalog, is_compared: bool) -> Listed<'_> {
    let mut listed = Listed { exposures: Vec::new(), operations: Vec::new() };
    for api in &catalog.apis {
        for exposed in &api.exposures {
            let status = if exposed.is_declared { Status::Declared } else { Status::Shadow };
            let exposure = &exposed.exposure;
            listed.exposures.push(Exposed {
                api: &api.name,
                status: is_compared.then_some(status),
                gateway: &exposure.gateway,
                methods: exposure.methods.iter().map(String::as_str).collect(),
                hosts: &exposure.hosts,
                paths: &exposure.paths,
                conditions: &exposure.conditions,
                guards: &exposure.guards,
                encrypted: exposure.is_encrypted,
                leads_to: exposure.leads_to.as_deref(),
                replaced_by: exposure.replaced_by.as_deref(),
                place: &exposure.place,
                exposure,
            });
        }
        listed.operations.extend(api.operations.iter().map(declared));
    }
    listed.exposures.sort_by_key(|exposed| (exposed.status, &exposed.exposure.hosts, exposed.place));
    listed
}

fn declared(operation: &Operation) -> Declared<'_> {
    let (declaration, place) = operation.declaration().unzip();
    let is_deprecated = declaration.is_some_and(|declaration| declaration.deprecated);
    let status = match (operation.exposures.is_empty(), is_deprecated) {
        (true, _) => Status::Orphan,
        (false, true) => Status::Zombie,
        (false, false) => Status::Declared,
    };
    let place = place.flatten();
    let spec = place.map(|place| Source { kind: "spec", place });
    let configs =
        operation.exposures.iter().map(|exposure| Source { kind: "config", place: &exposure.place });
    Declared {
        api: &operation.key.api,
        method: &operation.key.method,
        path: &operation.key.path,
        authentication: operation.authentication().into_iter().flatten().map(Word::name).collect(),
        status,
        sources: spec.into_iter().chain(configs).collect(),
        place,
    }
}

/// All of it and what was not understood, as one document.
pub(super) fn json(listed: &Listed<'_>, findings: &ConfigFindings) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report<'r> {
        schema_version: u32,
        tool: Tool,
        exposures: &'r [Exposed<'r>],
        operations: &'r [Declared<'r>],
        not_understood: Vec<NotUnderstood<'r>>,
        not_read: Vec<NotRead<'r>>,
    }
    let report = Report {
        schema_version: model::SCHEMA_VERSION,
        tool: Tool::THIS,
        exposures: &listed.exposures,
        operations: &listed.operations,
        not_understood: not_understood(&findings.unclear),
        not_read: not_read(&findings.not_read),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}
