//! For a comment on a pull request: counts by rule, then every place of errors and warnings.

use std::collections::BTreeMap;
use std::io;

use model::{Finding, Severity};

use super::{Report, scores, word};

/// The whole report. Places of notes are counted and not listed, which it says.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    write!(out, "## API {}\n\n", report.command)?;
    for line in report.summary() {
        writeln!(out, "- {}", escaped(&line))?;
    }
    if !report.not_judged.is_empty() {
        out.write_all(b"\n### Not judged\n\n")?;
        for problem in &report.not_judged {
            writeln!(out, "- {}", escaped(&problem.to_string()))?;
        }
    }
    out.write_all(scores::table(report).as_bytes())?;
    out.write_all(table(report).as_bytes())?;
    for severity in [Severity::Error, Severity::Warning] {
        let found: Vec<&Finding> = report.findings().filter(|finding| finding.severity == severity).collect();
        if found.is_empty() {
            continue;
        }
        write!(out, "\n<details><summary>{} {}s</summary>\n\n", found.len(), word(severity))?;
        for finding in found {
            let at = &finding.position;
            let place = escaped(&format!("{}:{}", at.file, at.line));
            writeln!(out, "- {place} **{}** {}", finding.rule, escaped(&finding.message))?;
        }
        out.write_all(b"\n</details>\n")?;
    }
    if report.findings().any(|finding| finding.severity == Severity::Note) {
        let command = report.command;
        writeln!(out, "\nNotes are counted above and not listed; `palisade {command} --all` shows them.")?;
    }
    Ok(())
}

fn table(report: &Report) -> String {
    let mut counts: BTreeMap<(std::cmp::Reverse<Severity>, &str), usize> = BTreeMap::new();
    for finding in report.findings() {
        *counts.entry((std::cmp::Reverse(finding.severity), finding.rule)).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut text = "\n| severity | rule | found | what to do |\n|---|---|---|---|\n".to_owned();
    for ((severity, rule), count) in counts {
        let fix = report.rule(rule).map_or("", |rule| rule.fix);
        text.push_str(&format!("| {} | `{rule}` | {count} | {} |\n", word(severity.0), escaped(fix)));
    }
    text
}

/// `text` in one line, in which nothing but code in backticks means anything.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '`' => {
                in_code = !in_code;
                escaped.push('`');
            }
            '|' => escaped.push_str("\\|"),
            '<' if !in_code => escaped.push_str("&lt;"),
            '*' | '_' | '[' | ']' | '#' | '@' if !in_code => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}
