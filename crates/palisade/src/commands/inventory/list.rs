//! `palisade inventory list` and `shadow`: operations, as all sources together tell of them.

use anstyle::{AnsiColor, Style};
use model::Timestamp;
use model::inventory::{
    Account, Api, BodyField, Calls, Confidence, Operation, Parameter, SourceKind, Status, Word,
};
use serde::Serialize;

use super::kept::{Fault, Kept, all_are_there};
use super::table::{Cell, Table};
use crate::cli::{self, Exit, InventoryFormat, InventoryList, InventoryShadow, InventoryView};
use crate::output::problems::Tool;
use crate::output::{self, Look};

/// Lists operations.
pub(super) fn list(arguments: &InventoryList) -> Result<Exit, Fault> {
    let statuses: Vec<Status> = arguments.status.iter().map(|status| Status::from(*status)).collect();
    let fail_on: Vec<Status> = arguments.fail_on.iter().map(|status| Status::from(*status)).collect();
    print(&arguments.view, &statuses, &fail_on)
}

/// Lists operations that nobody declares.
pub(super) fn shadow(arguments: &InventoryShadow) -> Result<Exit, Fault> {
    print(&arguments.view, &[Status::Shadow], &[])
}

fn print(view: &InventoryView, statuses: &[Status], fail_on: &[Status]) -> Result<Exit, Fault> {
    let catalog = Kept::open_existing(&view.place)?.catalog()?;
    all_are_there(&catalog, &view.api)?;
    let wanted: Vec<(&Api, &Operation)> = catalog
        .operations()
        .filter(|(api, _)| view.api.is_empty() || view.api.contains(&api.name))
        .filter(|(_, operation)| statuses.is_empty() || statuses.contains(&operation.status))
        .collect();
    let table = Table {
        head: [
            "api",
            "status",
            "#requests",
            "2xx/3xx/4xx/5xx",
            "first seen",
            "last seen",
            "sources",
            "operation",
        ],
        rows: wanted.iter().map(|(_, operation)| row(operation)).collect(),
    };
    output::print(&match view.format {
        InventoryFormat::Text => format!("{}\n{}\n", table.text(Look::of_stdout()), summary(&wanted)),
        InventoryFormat::Markdown => table.markdown(),
        InventoryFormat::Csv => table.csv(),
        InventoryFormat::Json => json(&wanted)?,
    })?;
    let is_found = wanted.iter().any(|(_, operation)| fail_on.contains(&operation.status));
    Ok(if is_found { Exit::Findings } else { Exit::Clean })
}

pub(super) fn row(operation: &Operation) -> [Cell; 8] {
    let none = Calls::default();
    let calls = operation.calls.as_ref().unwrap_or(&none);
    let classes = [2, 3, 4, 5].map(|class| calls.of_class(class).to_string()).join("/");
    let mut sources: Vec<&str> = operation.sightings.iter().map(|(kind, _)| kind.name()).collect();
    sources.extend(operation.exposures.iter().map(|_| SourceKind::Config.name()));
    sources.dedup();
    sources.sort_unstable();
    sources.dedup();
    [
        Cell::of(&operation.key.api),
        Cell::styled(operation.status.name(), style(operation.status)),
        Cell::of(&calls.count.to_string()),
        Cell::of(if calls.count > 0 { &classes } else { "" }),
        Cell::of(&minute(calls.first_seen)),
        Cell::of(&minute(calls.last_seen)),
        Cell::of(&sources.join(",")),
        Cell::of(&format!("{} {}", operation.key.method, operation.key.path)),
    ]
}

pub(super) fn style(status: Status) -> Style {
    match status {
        Status::Shadow => AnsiColor::Red.on_default().bold(),
        Status::Zombie => AnsiColor::Yellow.on_default(),
        Status::Orphan => Style::new().dimmed(),
        Status::Declared => Style::new(),
    }
}

/// A time without its seconds.
pub(super) fn minute(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string().chars().take(16).collect()).unwrap_or_default()
}

fn summary(operations: &[(&Api, &Operation)]) -> String {
    let s = if operations.len() == 1 { "" } else { "s" };
    let mut text = format!("{} operation{s}", operations.len());
    for (status, name) in Status::WORDS {
        let count = operations.iter().filter(|(_, operation)| operation.status == *status).count();
        if count > 0 {
            text.push_str(&format!(", {count} {name}"));
        }
    }
    text
}

/// One operation, as it is listed in JSON.
#[derive(Debug, Serialize)]
pub(super) struct Listed<'c> {
    api: &'c str,
    method: &'c str,
    path: &'c str,
    parameters: Vec<&'c Parameter>,
    authentication: Vec<&'static str>,
    status: Status,
    confidence: Confidence,
    /// Fields of bodies that were seen.
    #[serde(skip_serializing_if = "<[BodyField]>::is_empty")]
    fields: &'c [BodyField],
    consumers: Vec<&'c str>,
    /// At least so many addresses called.
    clients: u64,
    sources: Vec<Source<'c>>,
}

#[derive(Debug, Serialize)]
struct Source<'c> {
    kind: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<&'c model::inventory::Place>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    calls: Option<Counted<'c>>,
}

#[derive(Debug, Serialize)]
struct Counted<'c> {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    statuses: &'c std::collections::BTreeMap<u16, u64>,
}

pub(super) fn listed(operation: &Operation) -> Listed<'_> {
    let mut parameters: Vec<&Parameter> = Vec::new();
    for (_, sighting) in &operation.sightings {
        let told = match &sighting.account {
            Account::Declared(declaration) => &declaration.parameters,
            Account::Served(route) => &route.parameters,
            Account::Called(calls) => &calls.parameters,
        };
        for parameter in told {
            let is_known =
                |known: &&Parameter| known.name == parameter.name && known.place == parameter.place;
            if !parameters.iter().any(is_known) {
                parameters.push(parameter);
            }
        }
    }
    let calls = operation.calls.as_ref();
    let is_certain =
        operation.sightings.iter().any(|(_, sighting)| !matches!(sighting.account, Account::Called(_)));
    let sources = operation.sightings.iter().map(|(kind, sighting)| Source {
        kind: kind.name(),
        place: sighting.place.as_ref(),
        calls: match &sighting.account {
            Account::Called(calls) => Some(Counted {
                count: calls.count,
                first_seen: calls.first_seen,
                last_seen: calls.last_seen,
                statuses: &calls.statuses,
            }),
            Account::Declared(_) | Account::Served(_) => None,
        },
    });
    let exposures = operation.exposures.iter().map(|exposure| Source {
        kind: SourceKind::Config.name(),
        place: Some(&exposure.place),
        calls: None,
    });
    Listed {
        api: &operation.key.api,
        method: &operation.key.method,
        path: &operation.key.path,
        parameters,
        authentication: operation.authentication().into_iter().flatten().map(Word::name).collect(),
        status: operation.status,
        confidence: match is_certain {
            true => Confidence::High,
            false => calls.map(|calls| calls.confidence).unwrap_or_default(),
        },
        fields: calls.map(|calls| calls.fields.as_slice()).unwrap_or_default(),
        consumers: calls.into_iter().flat_map(|calls| &calls.consumers).map(String::as_str).collect(),
        clients: calls.map_or(0, |calls| calls.clients),
        sources: sources.chain(exposures).collect(),
    }
}

fn json(operations: &[(&Api, &Operation)]) -> Result<String, Fault> {
    #[derive(Serialize)]
    struct Report<'c> {
        schema_version: u32,
        tool: Tool,
        operations: Vec<Listed<'c>>,
    }
    let operations = operations.iter().map(|(_, operation)| listed(operation)).collect();
    json_text(&Report { schema_version: model::SCHEMA_VERSION, tool: Tool::THIS, operations })
}

/// A document of JSON, as results are printed.
pub(super) fn json_text(value: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_string_pretty(value).map_err(std::io::Error::other)? + "\n")
}

impl From<cli::Status> for Status {
    fn from(status: cli::Status) -> Status {
        match status {
            cli::Status::Shadow => Status::Shadow,
            cli::Status::Zombie => Status::Zombie,
            cli::Status::Orphan => Status::Orphan,
            cli::Status::Declared => Status::Declared,
        }
    }
}
