//! Finds maps without an end that callers send.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-additional-properties",
    title: "a map that callers send has no end",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API3:2023", "API8:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-5", "REC-API-14"],
    why: "Members of any name have a schema in `additionalProperties` or `unevaluatedProperties`, and nothing says how many \
          there may be. Maps that are returned alone are left out.",
    fix: "give the map a `maxProperties`",
    bad: "
components:
  schemas:
    Labels: { type: object, additionalProperties: { type: string } }
#   ^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Labels: { type: object, additionalProperties: { type: string } }
#   ^^^^^^
",
    good: "
components:
  schemas:
    Labels: { type: object, maxProperties: 10, additionalProperties: { type: string } }
    Closed: { type: object, unevaluatedProperties: false }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::OBJECT).filter(|schema| schema.is_sent()) {
        let is_map = |key: &str| schema.spot.get(key).is_some_and(|others| !others.node.is_empty());
        let is_open = is_map("additionalProperties") || is_map("unevaluatedProperties");
        if is_open && !view.says_any(schema, Keywords::MAX_PROPERTIES) {
            let name = view.name_of(schema.spot).unwrap_or("items");
            findings.add(schema.spot, format!("the map `{name}` has no `maxProperties`"));
        }
    }
}
