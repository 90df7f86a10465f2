//! One exchange as one readable line.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use model::{Completion, Exchange, Outcome, Verdict};

/// What one line tells of.
pub(super) struct Shown<'e> {
    pub(super) exchange: &'e Exchange<'e>,
    pub(super) completion: Option<Completion>,
    /// Whether it was told of before, without its end.
    pub(super) is_late: bool,
}

/// Writes an exchange: time, status, verdict or reason, milliseconds, address, caller, method and path, operation.
///
/// The columns that vary most come last, so that the others stand under each other.
pub(super) fn write(
    &Shown { exchange, completion, is_late }: &Shown<'_>,
    is_coloured: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let paint = |style: Style| if is_coloured { style } else { Style::new() };
    let status = paint(status_style(exchange.response.status));
    let dim = paint(Style::new().dimmed());
    let verdict = match (&exchange.denial, exchange.verdict) {
        _ if is_late => "ended".to_owned(),
        (Some(denial), _) => Printable(&denial.reason).to_string(),
        (None, Verdict::Refused) => "refused".to_owned(),
        (None, Verdict::Forwarded) => would_refuse(exchange),
    };
    // An answer of the backend may be refused, too.
    let is_refused = exchange.verdict == Verdict::Refused || exchange.denial.is_some();
    let verdict_style = if is_refused { paint(AnsiColor::Red.on_default()) } else { Style::new() };
    let total_us = completion.map_or(exchange.timing_us.total, |completion| completion.duration_us);
    let principal = exchange.principal.id.as_deref().or(exchange.principal.client.as_deref());
    let shown_status = match exchange.response.status {
        0 => "---".to_owned(),
        status => status.to_string(),
    };
    write!(
        out,
        "{dim}{}{dim:#} {status}{}{status:#} {verdict_style}{verdict:<22}{verdict_style:#} {:>9} ms {:<15} {:<20} {:<7} {}",
        exchange.time,
        shown_status,
        format!("{}.{:03}", total_us / 1000, total_us % 1000),
        exchange.client.ip.to_string(),
        Printable(principal.unwrap_or("-")).to_string(),
        Printable(&exchange.request.method).to_string(),
        Printable(&exchange.request.path),
    )?;
    if let Some(operation) = &exchange.operation {
        write!(out, "  {dim}{} {}{dim:#}", Printable(&operation.api), Printable(&operation.path))?;
    }
    if let Some(proxy) = &exchange.decided_for {
        write!(out, "  {dim}for {}{dim:#}", Printable(proxy))?;
    }
    if !exchange.leaks.is_empty() {
        let leaks = paint(AnsiColor::Yellow.on_default());
        let mut classes: Vec<&str> = exchange.leaks.iter().map(|leak| &*leak.class).collect();
        classes.dedup();
        write!(out, "  {leaks}leaks {}{leaks:#}", Printable(&classes.join(", ")))?;
    }
    if completion.is_some_and(|completion| completion.aborted) {
        let aborted = paint(AnsiColor::Yellow.on_default());
        write!(out, "  {aborted}aborted{aborted:#}")?;
    }
    out.write_all(b"\n")
}

/// `forwarded`, or what a control in shadow mode had against it.
fn would_refuse(exchange: &Exchange<'_>) -> String {
    let denied = exchange.controls.iter().find(|control| control.outcome == Outcome::Denied);
    match denied {
        Some(control) => format!("shadow:{}", Printable(control.reason.as_deref().unwrap_or(&control.id))),
        None => "forwarded".to_owned(),
    }
}

fn status_style(status: u16) -> Style {
    match status / 100 {
        2 => AnsiColor::Green.on_default(),
        3 => AnsiColor::Cyan.on_default(),
        4 => AnsiColor::Yellow.on_default(),
        5 => AnsiColor::Red.on_default().bold(),
        _ => Style::new(),
    }
}

/// Text that a client chose: what could move the cursor, hide or reorder text on a terminal is written as an escape.
struct Printable<'t>(&'t str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '"' | '\'' => f.write_char(letter)?,
                _ => write!(f, "{}", letter.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_cannot_speak_to_the_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(Printable(text).to_string(), expected);
        check("/orders/42?x='\"", "/orders/42?x='\"");
        check("josé 東京", "josé 東京");
        check("a\x1b[2J\x07b", "a\\u{1b}[2J\\u{7}b");
        check("a\r\nb\tc\0\x7f", "a\\r\\nb\\tc\\0\\u{7f}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\u{202e}b\u{200b}c\u{2028}", "a\\u{202e}b\\u{200b}c\\u{2028}");
        check("\\u{1b}", "\\\\u{1b}");
    }
}
