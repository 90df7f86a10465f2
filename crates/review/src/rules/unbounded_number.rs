//! Finds integers without bounds that callers send.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Schema, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-number",
    title: "a number that callers send has no bounds",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API4:2023", "API8:2023"],
    cwe: &["CWE-1284"],
    nist: &["REC-API-5", "REC-API-13"],
    why: "Page sizes of a billion and negative amounts are sent because nothing says that they are none. Since OpenAPI 3.1 \
          `exclusiveMinimum` and `exclusiveMaximum` are bounds of their own; before, they are said beside `minimum` and \
          `maximum`. Two minimums at once are a slip: one of them means nothing. Numbers that are returned alone are left \
          out.",
    fix: "give the number a `minimum` and a `maximum`",
    bad: "
components:
  schemas:
    Count: { type: integer, minimum: 1 }
#   ^^^^^
    Price: { type: number, minimum: 0 }
#   ^^^^^
    Twice: { type: integer, minimum: 1, exclusiveMinimum: 1, maximum: 4 }
#   ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Count: { type: integer, minimum: 1 }
#   ^^^^^
",
    good: "
components:
  schemas:
    Count: { type: integer, minimum: 1, exclusiveMaximum: 100 }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::INTEGER.or(Types::NUMBER)).filter(|schema| schema.is_sent()) {
        let name = view.name_of(schema.spot).unwrap_or("items");
        if let Some(lacks) = lacks(view, schema) {
            findings.add(schema.spot, format!("the {} `{name}` has no {lacks}", kind(schema)));
        } else if has_two(schema, "minimum", "exclusiveMinimum")
            || has_two(schema, "maximum", "exclusiveMaximum")
        {
            findings.add(schema.spot, format!("the {} `{name}` has two bounds of one side", kind(schema)));
        }
    }
}

fn kind(schema: &Schema<'_>) -> &'static str {
    if schema.types.has(Types::NUMBER) { "number" } else { "integer" }
}

fn lacks(view: &View<'_>, schema: &Schema<'_>) -> Option<&'static str> {
    let says = |bound: Keywords| view.says_any(schema, bound.or(Keywords::CHOICE));
    match (says(Keywords::MINIMUM), says(Keywords::MAXIMUM)) {
        (true, true) => None,
        (false, true) => Some("`minimum`"),
        (true, false) => Some("`maximum`"),
        (false, false) => Some("`minimum` and no `maximum`"),
    }
}

fn has_two(schema: &Schema<'_>, bound: &str, exclusive: &str) -> bool {
    let is_number = |key: &str| schema.spot.get(key).is_some_and(|value| value.node.number().is_some());
    is_number(bound) && is_number(exclusive)
}
