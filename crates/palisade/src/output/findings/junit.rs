//! For build servers: each document is a suite, and each rule about documents of its kind a test of it.

use std::collections::HashSet;
use std::io;

use model::Finding;
use review::Page;

use super::{Report, Subject, is_about, word};

/// The id of a rule and its title.
type Asked = (&'static str, &'static str);

/// The whole report; a rule fails where it has a finding at or above the severity that fails.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let suites: Vec<(&Subject, Vec<Asked>)> =
        report.subjects.iter().map(|subject| (subject, rules(subject, report))).collect();
    let errors = report.not_judged.len();
    let tests = suites.iter().map(|(_, rules)| rules.len()).sum::<usize>() + errors;
    let failures: usize = suites.iter().map(|(subject, rules)| failed(subject, rules, report)).sum();
    let command = report.command;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"palisade {command}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    )?;
    for (subject, rules) in &suites {
        suite(subject, rules, report, out)?;
    }
    if errors > 0 {
        writeln!(
            out,
            "  <testsuite name=\"not judged\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\">"
        )?;
        for problem in &report.not_judged {
            let said = escaped(&problem.to_string());
            writeln!(
                out,
                "    <testcase classname=\"not judged\" name=\"{said}\"><error message=\"{said}\"/></testcase>"
            )?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// How many of `rules` fail.
fn failed(subject: &Subject, rules: &[Asked], report: &Report) -> usize {
    let fails = |finding: &&Finding| finding.severity >= report.fail_on;
    let failing: HashSet<&str> =
        subject.review.findings.iter().filter(fails).map(|finding| finding.rule).collect();
    rules.iter().filter(|(rule, _)| failing.contains(rule)).count()
}

fn suite(subject: &Subject, rules: &[Asked], report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let (file, tests, failures) = (escaped(&subject.file), rules.len(), failed(subject, rules, report));
    writeln!(out, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    for (rule, title) in rules {
        let found: Vec<&Finding> =
            subject.review.findings.iter().filter(|finding| finding.rule == *rule).collect();
        let head = format!("    <testcase classname=\"{file}\" name=\"{}\"", escaped(rule));
        if found.is_empty() {
            writeln!(out, "{head}/>")?;
            continue;
        }
        let (open, close) = if found.iter().any(|finding| finding.severity >= report.fail_on) {
            let kind = found.iter().map(|finding| finding.severity).max().map_or("note", word);
            (format!("<failure message=\"{}\" type=\"{kind}\">", escaped(title)), "</failure>")
        } else {
            ("<system-out>".to_owned(), "</system-out>")
        };
        write!(out, "{head}>{open}")?;
        for finding in found {
            out.write_all(escaped(&line(finding)).as_bytes())?;
        }
        writeln!(out, "{close}</testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// The rules about documents of this kind, and those of rulesets that found something.
fn rules(subject: &Subject, report: &Report) -> Vec<Asked> {
    let is_asked = |rule: &&Page| subject.review.kind.is_some_and(|kind| is_about(rule, kind));
    let mut rules: Vec<Asked> =
        report.rules.iter().filter(is_asked).map(|rule| (rule.id, rule.title)).collect();
    for finding in &subject.review.findings {
        if !rules.iter().any(|(id, _)| *id == finding.rule) {
            rules.push((finding.rule, finding.rule));
        }
    }
    rules
}

fn line(finding: &Finding) -> String {
    let at = &finding.position;
    let severity = word(finding.severity);
    format!("{}:{}:{}: {severity}: {}\n", at.file, at.line, at.column, finding.message)
}

/// `text` in XML: what XML 1.0 has no character for is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {}
            other => escaped.push(other),
        }
    }
    escaped
}
