//! For code scanning: SARIF 2.1.0.

use std::io;

use model::{Finding, Position, Problem, Severity};
use review::Page;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Report, Subject};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Value,
    column_kind: &'static str,
    invocations: Value,
    results: Results<'r>,
}

/// All findings, each of which is made when it is written: there may be many.
struct Results<'r>(&'r Report);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.subjects.iter().flat_map(|subject| results(subject, self.0)))
    }
}

/// The whole report, as one run.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let rules: Vec<Value> = report.rules.iter().map(descriptor).collect();
    let notifications: Vec<Value> = report.not_judged.iter().map(notification).collect();
    let is_whole = report.not_judged.iter().all(|problem| problem.severity < Severity::Error);
    let run = Run {
        tool: json!({ "driver": { "name": "palisade", "version": env!("CARGO_PKG_VERSION"), "rules": rules } }),
        column_kind: "unicodeCodePoints",
        invocations: json!([{
            "executionSuccessful": is_whole,
            "toolExecutionNotifications": notifications,
        }]),
        results: Results(report),
    };
    serde_json::to_writer_pretty(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

fn descriptor(rule: &Page) -> Value {
    let tags: Vec<&str> =
        ["security"].iter().chain(rule.owasp).chain(rule.cwe).chain(rule.nist).copied().collect();
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\n{}", rule.why, rule.fix) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": tags, "security-severity": security_severity(rule.severity) },
    })
}

/// What code scanning ranks by, on the scale of CVSS.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.0",
        Severity::Note => "2.0",
    }
}

fn results(subject: &Subject, report: &Report) -> impl Iterator<Item = Value> {
    subject.review.findings.iter().map(|finding| {
        let index = report.rules.iter().position(|rule| rule.id == finding.rule);
        result(finding, index, subject.source_of(&finding.position.file))
    })
}

fn result(finding: &Finding, index: Option<usize>, source: Option<&str>) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": format!("{}: {}", finding.message, finding.fix) },
        "locations": [location(&finding.position, source)],
        "partialFingerprints": { "palisade/v1": finding.fingerprint },
        "properties": { "control": finding.control },
    });
    // Rules of rulesets have no descriptor, so no index leads to one.
    if let (Some(index), Some(members)) = (index, result.as_object_mut()) {
        members.insert("ruleIndex".to_owned(), json!(index));
    }
    result
}

fn location(position: &Position, source: Option<&str>) -> Value {
    let marked = source.and_then(|source| source.get(position.span.0..position.span.1));
    let (start, column) = (position.line, position.column);
    let region = match marked.and_then(|marked| marked.lines().next()) {
        Some(line) => {
            json!({ "startLine": start, "startColumn": column, "endColumn": column + line.chars().count() })
        }
        None => json!({ "startLine": start, "startColumn": column }),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&position.file) },
            "region": region,
        },
        "logicalLocations": [{ "fullyQualifiedName": position.pointer, "kind": "member" }],
    })
}

fn notification(problem: &Problem) -> Value {
    let locations: Vec<Value> = problem.position.iter().map(|position| location(position, None)).collect();
    json!({ "level": level(problem.severity), "message": { "text": problem.message }, "locations": locations })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A path as a URI reference, relative as it was named.
fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
