//! `palisade inventory show`: one API with everything that is known of it, or all of them in one line each.

use anstyle::{AnsiColor, Style};
use discover::gaps::{Gap, Risk, gaps, risk};
use model::Timestamp;
use model::inventory::{Api, Calls, Catalog, Exposure, Field, Known, Proposal, Status, Word};
use serde::Serialize;

use super::gaps::Shown;
use super::kept::{Fault, Kept};
use super::list::{Listed, json_text, listed, minute, row, style};
use super::table::{Cell, Table};
use crate::cli::{Exit, InventoryFormat, InventoryShow};
use crate::output::problems::Tool;
use crate::output::{self, Look};

/// Shows one API or all.
pub(super) fn show(arguments: &InventoryShow) -> Result<Exit, Fault> {
    let catalog = Kept::open_existing(&arguments.place)?.catalog()?;
    let gaps = gaps(&catalog);
    let text = match &arguments.name {
        None => all(&catalog, &gaps, arguments.format)?,
        Some(name) => {
            let refused = || Fault::Refused(discover::inventory::Refusal::NoApi(name.clone()));
            let api = catalog.api(name).ok_or_else(refused)?;
            let gaps: Vec<&Gap> = gaps.iter().filter(|gap| gap.api == *name).collect();
            one(&Summed::of(api, gaps.iter().copied()), &gaps, arguments.format)?
        }
    };
    output::print(&text)?;
    Ok(Exit::Clean)
}

/// An API with what its operations come to.
pub(super) struct Summed<'c> {
    pub(super) api: &'c Api,
    pub(super) calls: Calls,
    pub(super) risk: Risk,
}

impl<'c> Summed<'c> {
    pub(super) fn of<'g>(api: &'c Api, gaps: impl IntoIterator<Item = &'g Gap>) -> Summed<'c> {
        let mut calls = Calls::default();
        for more in api.operations.iter().filter_map(|operation| operation.calls.as_ref()) {
            calls.add(more);
        }
        Summed { api, calls, risk: risk(api, gaps) }
    }

    fn count(&self, status: Status) -> usize {
        self.api.operations.iter().filter(|operation| operation.status == status).count()
    }

    /// The share of answers that say that the server failed, in percent.
    fn errors(&self) -> String {
        let failed = self.calls.of_class(5);
        match failed.saturating_mul(1000).checked_div(self.calls.count) {
            Some(mille) => format!("{}.{}", mille / 10, mille % 10),
            None => String::new(),
        }
    }

    /// What is known of a field, with `?` behind what nobody confirmed; empty where nothing is.
    pub(super) fn fact(&self, field: Field) -> String {
        let mark = |known: &Known| if known.is_confirmed() { "" } else { "?" };
        self.api.facts.get(&field).map(|known| format!("{}{}", known.fact(), mark(known))).unwrap_or_default()
    }
}

const HEAD: [&str; 13] = [
    "api",
    "#risk",
    "#operations",
    "#shadow",
    "#zombie",
    "#orphan",
    "#requests",
    "#5xx %",
    "last seen",
    "visibility",
    "lifecycle",
    "authentication",
    "owner",
];

pub(super) fn table(summed: &[Summed<'_>]) -> Table<13> {
    let rows = summed.iter().map(|summed| {
        let count = |status| summed.count(status).to_string();
        let marked = |status| match summed.count(status) {
            0 => Cell::of("0"),
            count => Cell::styled(&count.to_string(), style(status)),
        };
        [
            Cell::of(&summed.api.name),
            Cell::of(&summed.risk.points().to_string()),
            Cell::of(&summed.api.operations.len().to_string()),
            marked(Status::Shadow),
            marked(Status::Zombie),
            Cell::of(&count(Status::Orphan)),
            Cell::of(&summed.calls.count.to_string()),
            Cell::of(&summed.errors()),
            Cell::of(&minute(summed.calls.last_seen)),
            Cell::of(&summed.fact(Field::Visibility)),
            Cell::of(&summed.fact(Field::Lifecycle)),
            Cell::of(&summed.fact(Field::Authentication)),
            Cell::of(&summed.fact(Field::Owner)),
        ]
    });
    Table { head: HEAD, rows: rows.collect() }
}

fn all(catalog: &Catalog, gaps: &[Gap], format: InventoryFormat) -> Result<String, Fault> {
    let mut summed: Vec<Summed<'_>> = catalog.apis.iter().map(|api| Summed::of(api, gaps)).collect();
    summed.sort_by_key(|summed| std::cmp::Reverse(summed.risk.points()));
    let table = table(&summed);
    Ok(match format {
        InventoryFormat::Text => {
            let count = |of: fn(&Summed<'_>) -> usize| summed.iter().map(of).sum::<usize>();
            let operations = count(|summed| summed.api.operations.len());
            let s = if summed.len() == 1 { "" } else { "s" };
            format!(
                "{}\n{} API{s}, {operations} operations, {} gaps; `?` marks what nobody confirmed\n",
                table.text(Look::of_stdout()),
                summed.len(),
                gaps.len()
            )
        }
        InventoryFormat::Markdown => table.markdown(),
        InventoryFormat::Csv => table.csv(),
        InventoryFormat::Json => {
            #[derive(Serialize)]
            struct Report<'c> {
                schema_version: u32,
                tool: Tool,
                apis: Vec<Told<'c>>,
            }
            let apis = summed.iter().map(Told::of).collect();
            json_text(&Report { schema_version: model::SCHEMA_VERSION, tool: Tool::THIS, apis })?
        }
    })
}

/// An API in JSON.
#[derive(Serialize)]
struct Told<'c> {
    name: &'c str,
    is_declared: bool,
    hosts: &'c [String],
    hosts_seen: Vec<&'c str>,
    facts: std::collections::BTreeMap<&'static str, ToldFact<'c>>,
    /// What gateways let through to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exposures: Vec<ToldExposure<'c>>,
    operations: usize,
    shadow: usize,
    zombie: usize,
    orphan: usize,
    requests: u64,
    server_errors: u64,
    /// At least so many addresses called.
    clients: u64,
    consumers: &'c std::collections::BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    risk: ToldRisk<'c>,
}

#[derive(Serialize)]
struct ToldExposure<'c> {
    #[serde(flatten)]
    exposure: &'c Exposure,
    is_declared: bool,
}

#[derive(Serialize)]
struct ToldFact<'c> {
    value: String,
    confirmed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proposals: Vec<&'c Proposal>,
}

#[derive(Serialize)]
struct ToldRisk<'c> {
    points: u32,
    parts: Vec<Part<'c>>,
}

#[derive(Serialize)]
struct Part<'c> {
    reason: &'c str,
    points: u32,
}

impl<'c> Told<'c> {
    fn of(summed: &'c Summed<'c>) -> Told<'c> {
        let Summed { api, calls, risk } = summed;
        let facts = api.facts.iter().map(|(field, known)| {
            let proposals = match known {
                Known::Confirmed(_) => Vec::new(),
                Known::Proposed(first, others) => [first].into_iter().chain(others).collect(),
            };
            let value = known.fact().to_string();
            (field.name(), ToldFact { value, confirmed: known.is_confirmed(), proposals })
        });
        let parts = risk.parts.iter().map(|(reason, points)| Part { reason, points: *points });
        Told {
            name: &api.name,
            is_declared: api.is_declared,
            hosts: &api.hosts,
            hosts_seen: api.hosts_seen().into_iter().collect(),
            facts: facts.collect(),
            exposures: api
                .exposures
                .iter()
                .map(|exposed| ToldExposure { exposure: &exposed.exposure, is_declared: exposed.is_declared })
                .collect(),
            operations: api.operations.len(),
            shadow: summed.count(Status::Shadow),
            zombie: summed.count(Status::Zombie),
            orphan: summed.count(Status::Orphan),
            requests: calls.count,
            server_errors: calls.of_class(5),
            clients: calls.clients,
            consumers: &calls.consumers,
            first_seen: calls.first_seen,
            last_seen: calls.last_seen,
            risk: ToldRisk { points: risk.points(), parts: parts.collect() },
        }
    }
}

fn one(summed: &Summed<'_>, gaps: &[&Gap], format: InventoryFormat) -> Result<String, Fault> {
    let facts = facts(summed);
    let operations = Table {
        head: ["status", "#requests", "2xx/3xx/4xx/5xx", "first seen", "last seen", "sources", "operation"],
        rows: summed
            .api
            .operations
            .iter()
            .map(|operation| {
                let [_, cells @ ..] = row(operation);
                cells
            })
            .collect(),
    };
    let risk = Table {
        head: ["#points", "for"],
        rows: summed
            .risk
            .parts
            .iter()
            .map(|(reason, points)| [Cell::of(&points.to_string()), Cell::of(reason)])
            .collect(),
    };
    let gap_table = super::gaps::table(gaps);
    let look = Look::of_stdout();
    Ok(match format {
        InventoryFormat::Text => format!(
            "{}\n\n{}\n{}{}\nRisk: {} of {}\n{}\nGaps: {}\n{}\nOperations: {}\n{}",
            Cell::of(&summed.api.name).text,
            facts.text(look),
            seen(summed),
            exposed(summed.api),
            summed.risk.points(),
            Risk::MAX,
            risk.text(look),
            gaps.len(),
            gap_table.text(look),
            summed.api.operations.len(),
            operations.text(look)
        ),
        InventoryFormat::Markdown => format!(
            "# {}\n\n{}\n## Risk: {} of {}\n\n{}\n## Gaps\n\n{}\n## Operations\n\n{}",
            Cell::of(&summed.api.name).text,
            facts.markdown(),
            summed.risk.points(),
            Risk::MAX,
            risk.markdown(),
            gap_table.markdown(),
            operations.markdown()
        ),
        InventoryFormat::Csv => operations.csv(),
        InventoryFormat::Json => {
            #[derive(Serialize)]
            struct Report<'c> {
                schema_version: u32,
                tool: Tool,
                api: Told<'c>,
                gaps: Vec<Shown<'c>>,
                operations: Vec<Listed<'c>>,
            }
            json_text(&Report {
                schema_version: model::SCHEMA_VERSION,
                tool: Tool::THIS,
                api: Told::of(summed),
                gaps: gaps.iter().map(|gap| Shown::of(gap)).collect(),
                operations: summed.api.operations.iter().map(listed).collect(),
            })?
        }
    })
}

/// What gateways let through, a line each.
fn exposed(api: &Api) -> String {
    let lines = api.exposures.iter().map(|exposed| {
        let guards: Vec<&str> = exposed.exposure.guards.iter().map(|guard| guard.name.as_str()).collect();
        let guards = if guards.is_empty() { "nobody asks who calls".to_owned() } else { guards.join(", ") };
        format!("let through: {}\n", Cell::of(&format!("{} ({guards})", exposed.exposure)).text)
    });
    lines.collect()
}

/// Who called, when, and where; a line each of what is known.
fn seen(summed: &Summed<'_>) -> String {
    let Calls { count, clients, consumers, first_seen, last_seen, .. } = &summed.calls;
    if *count == 0 {
        return "No request was seen.\n".to_owned();
    }
    let (first, last) = (minute(*first_seen), minute(*last_seen));
    let times = if first.is_empty() { String::new() } else { format!(", {first} to {last}") };
    let mut text = format!("{count} requests of at least {clients} addresses{times}\n");
    let hosts: Vec<&str> = summed.api.hosts_seen().into_iter().collect();
    let consumers: Vec<&str> = consumers.iter().map(String::as_str).collect();
    for (what, names) in [("at", hosts), ("by", consumers)] {
        if !names.is_empty() {
            text.push_str(&format!("{what} {}\n", Cell::of(&names.join(", ")).text));
        }
    }
    text
}

/// Every field, with who says so or what is proposed.
fn facts(summed: &Summed<'_>) -> Table<3> {
    let rows = Field::WORDS.iter().map(|(field, name)| match summed.api.facts.get(field) {
        None => [Cell::of(name), Cell::styled("nobody says", Style::new().dimmed()), Cell::of("")],
        Some(known) => {
            let by = match known {
                Known::Confirmed(_) => "confirmed".to_owned(),
                Known::Proposed(proposal, others) => {
                    let place = proposal.place.as_ref().map(|place| match place.at {
                        model::inventory::At::Line(line) => format!(" by {}:{line}", place.file),
                        model::inventory::At::Entry(_) | model::inventory::At::Packet(_) => {
                            format!(" by {}", place.file)
                        }
                    });
                    let more = if others.is_empty() {
                        String::new()
                    } else {
                        format!(", and {} others", others.len())
                    };
                    format!("proposed{}{more}", place.unwrap_or_default())
                }
            };
            let style = if known.is_confirmed() { Style::new() } else { AnsiColor::Yellow.on_default() };
            [Cell::of(name), Cell::styled(&summed.fact(*field), style), Cell::of(&by)]
        }
    });
    Table { head: ["fact", "value", "by"], rows: rows.collect() }
}
