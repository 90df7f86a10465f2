//! For GitHub Actions: workflow commands that annotate lines of a pull request.

use std::io;

use model::{Position, Problem, Severity};

use super::Report;

/// One line for each thing that was not judged and for each finding, then the summary as plain lines.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    for Problem { severity, message, position, .. } in &report.not_judged {
        let title = "not judged";
        out.write_all(command(*severity, position.as_ref(), title, message).as_bytes())?;
    }
    for finding in report.findings() {
        let message = format!("{}\n{}", finding.message, finding.fix);
        let command = command(finding.severity, Some(&finding.position), finding.rule, &message);
        out.write_all(command.as_bytes())?;
    }
    for line in report.summary() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn command(severity: Severity, position: Option<&Position>, title: &str, message: &str) -> String {
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = position.map_or_else(String::new, |Position { file, line, column, .. }| {
        format!("file={},line={line},col={column},", property(file))
    });
    format!("::{level} {place}title={}::{}\n", property(title), data(message))
}

/// Escapes as the runner unescapes the message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes as the runner unescapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
