//! Finds values that callers may not send any more.

use model::Severity;

use super::short;
use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "removed-choice",
    title: "callers may not send a value that they might before",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused.",
    fix: "go on to accept the value",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { type: string, enum: [tea, coffee] } } }
#                                                                                   ^^^^^^
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { type: string, enum: [tea] } } }
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { type: string } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent() {
        let (name, Some((now, spot))) = (&value.name, &new.choice) else { continue };
        let Some((before, _)) = &old.choice else {
            changes.add(At::New(*spot), format!("{name} might be any value, and is one of {}", now.len()));
            continue;
        };
        for (text, gone) in before.iter().filter(|(text, _)| !now.contains_key(*text)) {
            changes.add(At::Gone(*gone, new.spot), format!("{name} may not be `{}` any more", short(text)));
        }
    }
}
