//! Finds values that callers send of which fewer types are allowed.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "narrower-type",
    title: "callers may not send a value of a type that they might before",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused. `null` counts as a type.",
    fix: "allow the old type as well",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { n: { type: [string, integer] } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { n: { type: integer } } }
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
            schema: { type: object, properties: { n: { type: [integer, boolean, string] } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent().filter(|both| !both.new.types.is_empty()) {
        let name = &value.name;
        let mut lost: Vec<&str> = old.types.difference(&new.types).copied().collect();
        if old.is_nullable && !new.is_nullable {
            lost.push("null");
        }
        if old.types.is_empty() {
            let types: Vec<&str> = new.types.iter().copied().collect();
            let message = format!("{name} might be of any type, and is of type {} alone", types.join(", "));
            changes.add(At::New(new.spot), message);
        } else if !lost.is_empty() {
            changes.add(At::New(new.spot), format!("{name} may not be of type {} any more", lost.join(", ")));
        }
    }
}
