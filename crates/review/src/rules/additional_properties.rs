//! Finds objects that callers send with members of any name and kind.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};

pub(super) const RULE: Rule = Rule {
    id: "additional-properties",
    title: "an object that callers send is said to be open to any member",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "Members that nobody described are bound to fields that nobody meant: `isAdmin`, `balance`. Here the document says \
          `additionalProperties: true`, or gives the others a schema, beside named properties or alone, with no \
          `maxProperties`. Objects that are returned alone are left out.",
    fix: "write `additionalProperties: false`, or name the properties",
    bad: "
openapi: 3.0.3
info: { title: a, version: '1' }
paths: {}
components:
  schemas:
    User: { type: object, additionalProperties: true, properties: { name: { type: string } } }
#                                               ^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    User: { type: object, additionalProperties: true }
#                                               ^^^^
",
    good: "
openapi: 3.0.3
info: { title: a, version: '1' }
paths: {}
components:
  schemas:
    User: { type: object, additionalProperties: false, properties: { name: { type: string } } }
    Labels: { type: object, maxProperties: 10, additionalProperties: { type: string, maxLength: 100 } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::OBJECT).filter(|schema| schema.is_sent()) {
        let Some(others) = schema.spot.get("additionalProperties") else { continue };
        let takes_anything =
            others.node.as_bool() == Some(true) || (others.node.is_object() && others.node.is_empty());
        if takes_anything {
            let name = view.name_of(schema.spot).unwrap_or("items");
            findings.add(others, format!("the object `{name}` takes members of any name and kind"));
        }
    }
}
