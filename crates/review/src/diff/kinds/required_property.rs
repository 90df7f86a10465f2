//! Finds properties and bodies that callers must send now.

use model::Severity;
use spec::Spot;

use crate::diff::change::{Change, Matter};
use crate::diff::matching::Matched;
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};
use crate::view::View;

pub(super) const CHANGE: Change = Change {
    id: "required-property",
    title: "callers must send a property or a body that they need not before",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused.",
    fix: "make it optional, with a default",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [a], properties: { a: { type: string }, b: { type: string } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [a, b], properties: { a: { type: string }, b: { type: string } } }
#                                                 ^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [a, c], properties: { a: { type: string }, b: { type: string }, c: { readOnly: true } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent() {
        for (name, spot) in new.required.iter().filter(|(name, _)| !old.required.contains_key(*name)) {
            let shape = value.members.get(name).and_then(|(_, new)| pair.new_shape((*new)?));
            if shape.is_none_or(|shape| shape.read_only.is_none()) {
                changes.add(At::New(*spot), format!("{} must have `{name}`", value.name));
            }
        }
    }
    for Matched { old, new } in pair.called() {
        let (Some(before), Some(now)) = (old.spot.get("requestBody"), new.spot.get("requestBody")) else {
            continue;
        };
        let is_required =
            |view: &View<'l>, body: Spot<'l>| view.follow(body).is_some_and(|body| body.is_true("required"));
        if is_required(pair.new, now) && !is_required(pair.old, before) {
            changes.add(At::New(now), format!("`{}` must have a body", new.name()));
        }
    }
}
