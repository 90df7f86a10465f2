//! Credentials as a table for people, and what is said of the search.

use anstyle::{AnsiColor, Style};
use discover::secrets::{Secret, SecretFindings};

use crate::commands::inventory::{Cell, Table};
use crate::output::Look;

/// The most files that were not read which are said one by one.
const SHOWN_MAX: usize = 20;

/// What was not read, and how much was.
pub(super) fn told(findings: &SecretFindings) -> String {
    let lines = findings
        .not_read
        .iter()
        .map(|one| format!("warning: `{}` was not read: {}\n", one.file.escape_debug(), one.why));
    let mut text: String = lines.take(SHOWN_MAX).collect();
    text.push_str(&format!(
        "{} files looked through, {} not read; {} values left out as made up\n",
        findings.files,
        findings.not_read.len(),
        findings.placeholders
    ));
    text
}

/// One line each, those of tests last, and how many there are.
pub(super) fn text(secrets: &[Secret], look: Look) -> String {
    let mut sorted: Vec<&Secret> = secrets.iter().collect();
    sorted.sort_by_key(|secret| secret.is_in_test);
    let rows = sorted.iter().map(|secret| {
        let style = match secret.is_in_test {
            true => Style::new().dimmed(),
            false => AnsiColor::Red.on_default().bold(),
        };
        let status = if secret.is_in_test { "in test" } else { "secret" };
        [
            Cell::styled(status, style),
            Cell::of(secret.class),
            Cell::of(secret.name.as_deref().unwrap_or_default()),
            Cell::of(&secret.masked),
            Cell::of(&format!("{}:{}:{}", secret.file, secret.line, secret.column)),
        ]
    });
    let table = Table { head: ["status", "class", "name", "value", "place"], rows: rows.collect() };
    let in_tests = secrets.iter().filter(|secret| secret.is_in_test).count();
    let found = secrets.len() - in_tests;
    let mut text = format!("{}\n{found} secrets, {in_tests} in tests and examples\n", table.text(look));
    if found > 0 {
        text.push_str("Whoever has the files has them: revoke each, give out a new one, and keep that in a store of secrets.\n");
    }
    text
}
