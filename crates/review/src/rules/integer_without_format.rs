//! Finds integers of no said width that callers send.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "integer-without-format",
    title: "an integer that callers send has neither a width nor bounds",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API8:2023", "API4:2023"],
    cwe: &["CWE-190"],
    nist: &["REC-API-5", "REC-API-13"],
    why: "Where nobody says whether 32 or 64 bits are meant, each side assumes its own, and numbers overflow in between. One \
          with both `minimum` and `maximum` has said more than a width. Integers that are returned alone are left out.",
    fix: "give the integer a `format`: `int32` or `int64`",
    bad: "
components:
  schemas:
    Count: { type: integer }
#   ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Count: { type: integer }
#   ^^^^^
",
    good: "
components:
  schemas:
    Count: { type: integer, format: int32 }
    Page: { type: integer, minimum: 1, maximum: 100 }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::INTEGER).filter(|schema| schema.is_sent()) {
        let says = |keywords: Keywords| view.says_any(schema, keywords);
        let is_bounded = says(Keywords::MINIMUM) && says(Keywords::MAXIMUM);
        if !is_bounded && !says(Keywords::FORMAT.or(Keywords::CHOICE)) {
            let name = view.name_of(schema.spot).unwrap_or("items");
            findings.add(schema.spot, format!("the integer `{name}` has no `format`"));
        }
    }
}
