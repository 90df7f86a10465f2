//! What gateways let through as a table for people, and what is said of the reading.

use anstyle::{AnsiColor, Style};
use discover::config::ConfigFindings;
use model::inventory::{At, Place};

use super::routes::Listed;
use crate::cli::Status;
use crate::commands::inventory::{Cell, Table};
use crate::output::Look;

/// The most parts that were not understood, and files that were not read, that are said one by one.
const SHOWN_MAX: usize = 50;

/// What was not understood and not read, and how much there was.
pub(super) fn told(findings: &ConfigFindings) -> String {
    let unclear = findings.unclear.iter().map(|unclear| {
        format!(
            "warning: {}:{}: {}\n",
            unclear.file.escape_debug(),
            unclear.line,
            unclear.what.escape_debug()
        )
    });
    let not_read = findings
        .not_read
        .iter()
        .map(|one| format!("warning: `{}` was not read: {}\n", one.file.escape_debug(), one.why));
    let mut text: String = unclear.chain(not_read).take(SHOWN_MAX).collect();
    let more = (findings.unclear.len() + findings.not_read.len()).saturating_sub(SHOWN_MAX);
    if more > 0 {
        text.push_str(&format!("warning: {more} more of these\n"));
    }
    let formats = findings.formats.iter().map(|(name, files)| format!("{files} of {name}"));
    let formats: Vec<String> = formats.collect();
    text.push_str(&format!(
        "configs: {}; {} routes, {} parts not understood, {} files not read, {} of other kinds\n",
        if formats.is_empty() { "none".to_owned() } else { formats.join(", ") },
        findings.exposures.iter().filter(|exposure| !exposure.is_closed).count(),
        findings.unclear.len(),
        findings.not_read.len(),
        findings.others,
    ));
    text
}

/// One line a route, its place last, and below them the operations that none leads to.
pub(super) fn text(listed: &Listed<'_>, look: Look) -> String {
    let exposures = listed.exposures.iter().map(|exposed| {
        let guards: Vec<&str> = exposed.exposure.guards.iter().map(|guard| guard.name.as_str()).collect();
        [
            status(exposed.status),
            Cell::of(&guards.join(",")),
            Cell::of(&exposed.exposure.to_string()),
            Cell::of(exposed.exposure.leads_to.as_deref().unwrap_or_default()),
            Cell::of(exposed.api),
            Cell::of(&place(Some(&exposed.exposure.place))),
        ]
    });
    let orphans = listed.operations.iter().filter(|operation| operation.status != Status::Declared);
    let orphans = orphans.map(|operation| {
        [
            status(Some(operation.status)),
            Cell::of(""),
            Cell::of(&format!("{} {}", operation.method, operation.path)),
            Cell::of(""),
            Cell::of(operation.api),
            Cell::of(&place(operation.place)),
        ]
    });
    let head = ["status", "guards", "route", "leads to", "api", "place"];
    let table = Table { head, rows: exposures.chain(orphans).collect() };
    format!("{}\n{}\n", table.text(look), summary(listed))
}

fn status(status: Option<Status>) -> Cell {
    let style = match status {
        Some(Status::Shadow) => AnsiColor::Red.on_default().bold(),
        Some(Status::Zombie) => AnsiColor::Yellow.on_default(),
        Some(Status::Orphan) => Style::new().dimmed(),
        Some(Status::Declared) | None => Style::new(),
    };
    Cell::styled(status.map(Status::name).unwrap_or_default(), style)
}

fn place(place: Option<&Place>) -> String {
    match place {
        Some(Place { file, at: At::Line(line) }) => format!("{file}:{line}"),
        Some(Place { file, .. }) => file.clone(),
        None => String::new(),
    }
}

fn summary(listed: &Listed<'_>) -> String {
    let bare = listed.exposures.iter().filter(|exposed| exposed.exposure.guards.is_empty()).count();
    let mut text = format!("{} routes, {bare} without a guard that is seen", listed.exposures.len());
    for status in [Status::Shadow, Status::Zombie, Status::Orphan, Status::Declared] {
        let count = listed.count(status);
        if count > 0 {
            text.push_str(&format!(", {count} {}", status.name()));
        }
    }
    text
}
