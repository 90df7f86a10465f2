//! Finds texts that callers send and that may be anything.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};
use crate::words::shown;

pub(super) const RULE: Rule = Rule {
    id: "unrestricted-string",
    title: "a text that callers send may be anything",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API8:2023", "API4:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-5", "REC-API-13"],
    why: "What may be anything is what injections are written in. A note, for free text is free. Those of one object are \
          said together, at the object. Texts that are returned alone are left out.",
    fix: "give the text a `format`, `pattern`, `enum` or `const`",
    bad: "
components:
  schemas:
    Code: { type: string, maxLength: 10 }
#   ^^^^
    Order: { type: object, properties: { note: { type: string }, city: { type: string } } }
#   ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Code: { type: string, maxLength: 10 }
#   ^^^^
",
    good: "
components:
  schemas:
    Code: { type: string, pattern: '^[A-Z]{3}$' }
    Day: { type: string, format: date }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let kinds = Keywords::FORMAT.or(Keywords::PATTERN).or(Keywords::CHOICE);
    let texts = view.values_of(Types::STRING).filter(|schema| schema.is_sent());
    let free: Vec<_> = texts.filter(|schema| !view.says_any(schema, kinds)).collect();
    for (at, names) in view.by_object(&free) {
        findings.add(at.spot, format!("{} may be anything", shown(&names)));
    }
}
