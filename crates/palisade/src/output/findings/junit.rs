//! For build servers: each document is a suite, and each rule about documents of its kind a test of it.

use std::fmt::Write;

use model::Finding;
use review::Page;

use super::{Report, Subject, is_about, word};

/// The id of a rule and its title.
type Asked = (&'static str, &'static str);

/// The whole report; a rule fails where it has a finding at or above the severity that fails.
pub(super) fn render(report: &Report) -> String {
    let mut suites = String::new();
    let (mut tests, mut failures) = (0, 0);
    for subject in &report.subjects {
        let rules = rules(subject, report);
        let (text, failed) = suite(subject, &rules, report);
        suites.push_str(&text);
        tests += rules.len();
        failures += failed;
    }
    let errors = report.not_judged.len();
    if errors > 0 {
        suites.push_str(&format!(
            "  <testsuite name=\"not judged\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\">\n"
        ));
        for problem in &report.not_judged {
            let said = escaped(&problem.to_string());
            suites.push_str(&format!("    <testcase classname=\"not judged\" name=\"{said}\"><error message=\"{said}\"/></testcase>\n"));
        }
        suites.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"palisade {}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">\n{suites}</testsuites>\n",
        report.command,
        tests + errors
    )
}

fn suite(subject: &Subject, rules: &[Asked], report: &Report) -> (String, usize) {
    let mut cases = String::new();
    let mut failures = 0;
    let file = escaped(&subject.file);
    for (rule, title) in rules {
        let found: Vec<&Finding> =
            subject.review.findings.iter().filter(|finding| finding.rule == *rule).collect();
        let failed = found.iter().filter(|finding| finding.severity >= report.fail_on).count();
        let head = format!("    <testcase classname=\"{file}\" name=\"{}\"", escaped(rule));
        if found.is_empty() {
            cases.push_str(&format!("{head}/>\n"));
            continue;
        }
        let lines = escaped(&lines(&found));
        if failed > 0 {
            failures += 1;
            let message = escaped(title);
            let kind = found.iter().map(|finding| finding.severity).max().map_or("note", word);
            cases.push_str(&format!(
                "{head}><failure message=\"{message}\" type=\"{kind}\">{lines}</failure></testcase>\n"
            ));
        } else {
            cases.push_str(&format!("{head}><system-out>{lines}</system-out></testcase>\n"));
        }
    }
    let tests = rules.len();
    let suite = format!(
        "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n{cases}  </testsuite>\n"
    );
    (suite, failures)
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

fn lines(found: &[&Finding]) -> String {
    found.iter().fold(String::new(), |mut lines, finding| {
        let at = &finding.position;
        // Writing to a string cannot fail.
        let written = writeln!(
            lines,
            "{}:{}:{}: {}: {}",
            at.file,
            at.line,
            at.column,
            word(finding.severity),
            finding.message
        );
        debug_assert!(written.is_ok());
        lines
    })
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
