//! For GitHub Actions: workflow commands that annotate lines of a pull request.

use model::{Position, Problem, Severity};

use super::Report;

/// One line for each thing that was not judged and for each finding, then the summary as plain lines.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for Problem { severity, message, position, .. } in &report.not_judged {
        let title = "not judged";
        text.push_str(&command(*severity, position.as_ref(), title, message));
    }
    for finding in report.findings() {
        let message = format!("{}\n{}", finding.message, finding.fix);
        text.push_str(&command(finding.severity, Some(&finding.position), finding.rule, &message));
    }
    for line in report.summary() {
        text.push_str(&line);
        text.push('\n');
    }
    text
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
