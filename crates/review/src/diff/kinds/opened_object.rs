//! Finds objects that may have properties now that nobody declared.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "opened-object",
    title: "an object may have properties that are not declared",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-6", "REC-API-14"],
    why: "What a caller sends beside the declared properties is bound to the model all the same, where nothing refuses it. In \
          answers it means that nobody says what is given away, and is a note. Properties of other names that have a schema are \
          closed as little as any.",
    fix: "set `additionalProperties: false` again, and declare what is needed",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, additionalProperties: false, properties: { a: { type: boolean } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { a: { type: boolean } } }
#           ^^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { properties: { a: { type: boolean } }, allOf: [{ additionalProperties: false }] }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let sent = pair.sent().map(|both| (both, CHANGE.severity));
    let returned = pair.returned().map(|both| (both, Severity::Note));
    for (Both { value, old, new }, severity) in sent.chain(returned) {
        if old.closed.is_some() && new.closed.is_none() && new.types.contains("object") {
            let message = format!("{} may have properties that are not declared", value.name);
            changes.add_as(severity, At::New(new.spot), message);
        }
    }
}
