//! Finds lists without an end.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-array",
    title: "a list has no end",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API4:2023", "API8:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-5", "REC-API-14"],
    why: "A caller who may send a million items sends work for a million. Of lists that are returned alone, it is a note: \
          how long a page may be. A bound is looked for in all parts of `allOf`, in every branch of `oneOf` and `anyOf`, and \
          beside them.",
    fix: "give the list a `maxItems`",
    bad: "
components:
  schemas:
    Lines: { type: array, items: { type: boolean } }
#   ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Lines: { type: array, items: { type: boolean } }
#   ^^^^^
",
    good: "
components:
  schemas:
    Lines:
      allOf:
      - { type: array, items: { type: boolean } }
      - { maxItems: 100 }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::ARRAY) {
        if view.says_any(schema, Keywords::MAX_ITEMS.or(Keywords::CHOICE)) {
            continue;
        }
        let name = view.name_of(schema.spot).unwrap_or("items");
        let severity = if schema.is_sent() { RULE.severity } else { Severity::Note };
        findings.add_as(severity, schema.spot, format!("the list `{name}` has no `maxItems`"));
    }
}
