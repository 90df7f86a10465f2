//! The routes of source code as a table for people, and what is said of the reading.

use anstyle::{AnsiColor, Style};
use discover::code::CodeFindings;

use super::routes::Listed;
use crate::cli::Status;
use crate::output::Look;

/// The most parts that were not understood, and files that were not read, that are said one by one.
const SHOWN_MAX: usize = 50;

/// What was not understood and not read, and how much there was.
pub(super) fn told(findings: &CodeFindings) -> String {
    let mut text = String::new();
    for unclear in findings.unclear.iter().take(SHOWN_MAX) {
        let file = unclear.file.escape_debug();
        text.push_str(&format!("warning: {file}:{}: not understood: {}\n", unclear.line, unclear.what));
    }
    for one in findings.not_read.iter().take(SHOWN_MAX) {
        text.push_str(&format!(
            "warning: `{}` was not read as a whole: {}\n",
            one.file.escape_debug(),
            one.why
        ));
    }
    let more =
        findings.unclear.len().saturating_sub(SHOWN_MAX) + findings.not_read.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        text.push_str(&format!("warning: {more} more of these\n"));
    }
    for document in &findings.documents {
        let count = document.operations.map(|count| format!(", {count} operations")).unwrap_or_default();
        let (file, kind) = (document.file.escape_debug(), document.kind.name());
        text.push_str(&format!("document: `{file}` ({kind}{count})\n"));
    }
    let languages = findings.languages.iter().map(|(name, (files, _))| format!("{files} {name}"));
    let (files, lines) = findings.languages.values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    let languages: Vec<String> = languages.collect();
    let skipped = findings.skipped;
    text.push_str(&format!(
        "{files} files ({}), {lines} lines; {} parts not understood, {} files not read as a whole; passed over: {} folders of \
         dependencies and builds, {} bundles, {} files of tests, {} of examples, {} files and folders that are ignored, {} files of other kinds\n",
        if languages.is_empty() { "none".to_owned() } else { languages.join(", ") },
        findings.unclear.len(),
        findings.not_read.len(),
        skipped.folders,
        skipped.bundles,
        skipped.tests,
        skipped.examples,
        skipped.ignored,
        skipped.others,
    ));
    text
}

/// One line a route, its place last; how many there are comes below.
pub(super) fn text(listed: &[Listed<'_>], look: Look) -> String {
    let head = ["status", "guards", "route", "place"].map(str::to_owned);
    let rows: Vec<[String; 4]> = listed.iter().map(row).collect();
    let has_status = listed.iter().any(|route| route.status.is_some());
    let mut widths = [0; 4];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = line(&head, &widths, has_status, Style::new().dimmed(), look);
    for (route, row) in listed.iter().zip(&rows) {
        text.push_str(&line(row, &widths, has_status, style(route.status), look));
    }
    text.push_str(&format!("\n{}\n", summary(listed)));
    text
}

fn row(route: &Listed<'_>) -> [String; 4] {
    let plain = |text: &str| text.chars().flat_map(char::escape_debug).collect::<String>();
    let place = route.sources.first().map(|source| format!("{}:{}", plain(source.file), source.line));
    [
        route.status.map(Status::name).unwrap_or_default().to_owned(),
        plain(&route.authentication.join(",")),
        plain(&format!("{} {}", route.method, route.path)),
        place.unwrap_or_default(),
    ]
}

fn line(row: &[String; 4], widths: &[usize; 4], has_status: bool, style: Style, look: Look) -> String {
    let mut text = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        match index {
            0 if !has_status => {}
            0 if look.color => text.push_str(&format!("{style}{cell:<width$}{style:#}  ")),
            _ => text.push_str(&format!("{cell:<width$}  ")),
        }
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn style(status: Option<Status>) -> Style {
    match status {
        Some(Status::Shadow) => AnsiColor::Red.on_default().bold(),
        Some(Status::Orphan) => Style::new().dimmed(),
        Some(Status::Zombie | Status::Declared) | None => Style::new(),
    }
}

fn summary(listed: &[Listed<'_>]) -> String {
    let routes = listed.iter().filter(|route| route.status != Some(Status::Orphan)).count();
    let bare = listed
        .iter()
        .filter(|route| route.status != Some(Status::Orphan) && route.authentication.is_empty())
        .count();
    let mut text = format!("{routes} routes, {bare} without a guard that is seen");
    for status in [Status::Shadow, Status::Orphan, Status::Declared] {
        let count = listed.iter().filter(|route| route.status == Some(status)).count();
        if count > 0 {
            text.push_str(&format!(", {count} {}", status.name()));
        }
    }
    text
}
