//! The operations as a table for people.

use anstyle::{AnsiColor, Style};
use discover::Findings;
use model::Timestamp;

use super::operations::Listed;
use crate::cli::Status;
use crate::output::Look;

const HEAD: [&str; 8] =
    ["status", "requests", "2xx/3xx/4xx/5xx", "clients", "first seen", "last seen", "shows", "operation"];

/// One line an operation, its path last; what is counted and not listed comes below.
pub(super) fn text(listed: &[Listed<'_>], findings: &Findings, look: Look) -> String {
    let rows: Vec<[String; 8]> = listed.iter().map(row).collect();
    let mut widths = HEAD.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let has_status = listed.iter().any(|operation| operation.status.is_some());
    let mut text = line(&HEAD.map(str::to_owned), &widths, has_status, Style::new().dimmed(), look);
    for (operation, row) in listed.iter().zip(&rows) {
        text.push_str(&line(row, &widths, has_status, style(operation.status), look));
    }
    text.push_str(&format!("\n{}\n", summary(listed, findings)));
    if !findings.hosts.is_empty() {
        text.push_str("\nEncrypted, so that only the host is seen:\n");
    }
    for (name, port, host) in &findings.hosts {
        let protocols = host.protocols.join(", ");
        let protocols = if protocols.is_empty() { String::new() } else { format!(", {protocols}") };
        let by = host.evidence.name();
        let with = if host.shows_certificate { ", mtls" } else { "" };
        let count = host.connections;
        let s = if count == 1 { "" } else { "s" };
        text.push_str(&format!("  {name}:{port}  {count} connection{s} ({by}{protocols}{with})\n"));
    }
    text
}

fn row(operation: &Listed<'_>) -> [String; 8] {
    let status = operation.status.map(Status::name).unwrap_or_default().to_owned();
    let method_and_path = format!("{} {}{}", operation.method, host(operation), operation.path);
    let what: String = method_and_path.chars().flat_map(char::escape_debug).collect();
    let Some(tally) = operation.tally else {
        let none = String::new;
        return [status, "0".to_owned(), none(), none(), none(), none(), none(), what];
    };
    let [_, _, classes @ ..] = tally.classes;
    let day = |time: Option<Timestamp>| {
        time.map(|time| time.to_string().chars().take(16).collect()).unwrap_or_default()
    };
    [
        status,
        tally.count.to_string(),
        classes.map(|count| count.to_string()).join("/"),
        tally.clients.count().to_string(),
        day(tally.first_seen),
        day(tally.last_seen),
        operation.authentication.join(","),
        what,
    ]
}

/// The host of what is not declared; the title of an API says nothing in front of a path.
fn host<'o>(operation: &Listed<'o>) -> &'o str {
    if matches!(operation.status, None | Some(Status::Shadow)) { operation.api } else { "" }
}

fn line(row: &[String; 8], widths: &[usize; 8], has_status: bool, style: Style, look: Look) -> String {
    let mut text = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        match index {
            0 if !has_status => {}
            0 if look.color => text.push_str(&format!("{style}{cell:<width$}{style:#}  ")),
            1 | 3 => text.push_str(&format!("{cell:>width$}  ")),
            7 => text.push_str(cell),
            _ => text.push_str(&format!("{cell:<width$}  ")),
        }
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn style(status: Option<Status>) -> Style {
    match status {
        Some(Status::Shadow) => AnsiColor::Red.on_default().bold(),
        Some(Status::Zombie) => AnsiColor::Yellow.on_default(),
        Some(Status::Orphan) => Style::new().dimmed(),
        Some(Status::Declared) | None => Style::new(),
    }
}

fn summary(listed: &[Listed<'_>], findings: &Findings) -> String {
    let count = |status| listed.iter().filter(|operation| operation.status == Some(status)).count();
    let mut text = format!("{} operations", listed.len());
    for status in [Status::Shadow, Status::Zombie, Status::Orphan, Status::Declared] {
        if count(status) > 0 {
            text.push_str(&format!(", {} {}", count(status), status.name()));
        }
    }
    let (requests, paths) = findings.lesson.unanswered;
    if requests > 0 {
        text.push_str(&format!("; {requests} requests of {paths} paths that nobody answered"));
    }
    if findings.no_request > 0 {
        text.push_str(&format!("; {} that were no HTTP request", findings.no_request));
    }
    if findings.lesson.not_kept > 0 {
        text.push_str(&format!("; {} counted only, beyond what is kept", findings.lesson.not_kept));
    }
    text
}
