//! Finds properties that callers may set and that say what callers may do.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};
use crate::words::{self, Privilege};

pub(super) const RULE: Rule = Rule {
    id: "writable-privileged-property",
    title: "a caller may set a property that decides what callers may do or own",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-6", "REC-API-19"],
    why: "A profile that is saved whole is saved with `isAdmin` or `balance`. Properties of bodies that callers send are looked \
          at by their name; one that is `readOnly` or has one value alone is none of theirs. Of roles, permissions and balances it is a note: there \
          are operations to set them, and who may call those is what matters.",
    fix: "make the property `readOnly`, or take it out of what is sent",
    bad: "
paths:
  /me:
    put:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string }, isAdmin: { type: boolean } } }
#                                                                         ^^^^^^^
      responses: {}
---
asyncapi: 2.6.0
info: { title: Users, version: '1' }
servers: { broker: { url: broker.example, protocol: amqps } }
channels:
  users: { publish: { message: { payload: { properties: { isAdmin: { type: boolean } } } } } }
#                                                         ^^^^^^^
",
    good: "
paths:
  /me:
    put:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { isAdmin: { type: boolean, readOnly: true } } }
      responses: { '200': { description: ok } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.schemas.iter().filter(|schema| schema.is_sent_for_sure()) {
        for (name, property) in schema.spot.members_of("properties") {
            let is_read_only = view.parts(property).iter().any(|part| part.is_true("readOnly"));
            let is_value = view.schema(property).is_none_or(|known| !known.types.has(Types::OBJECT));
            let Some(privilege) = words::privilege(name).filter(|_| !is_read_only && is_value) else {
                continue;
            };
            let severity = if privilege == Privilege::Rank { RULE.severity } else { Severity::Note };
            if !is_author(view, property) && !is_fixed(view, property) {
                findings.add_named_as(severity, property, format!("a caller may set `{name}`"));
            }
        }
    }
}

/// The author of a message in a conversation with a model is called its role.
fn is_author<'l>(view: &View<'l>, property: Spot<'l>) -> bool {
    let mut names = view.parts(property).into_iter().flat_map(|part| part.items_of("enum"));
    names.any(|name| name.node.as_str() == Some("assistant"))
}

/// Of one value nobody can choose.
fn is_fixed<'l>(view: &View<'l>, property: Spot<'l>) -> bool {
    let parts = view.parts(property);
    parts.iter().any(|part| {
        part.get("const").is_some() || part.get("enum").is_some_and(|names| names.node.len() == 1)
    })
}
