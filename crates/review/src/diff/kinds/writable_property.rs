//! Finds properties that callers may set now and might only read before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};
use crate::words;

pub(super) const CHANGE: Change = Change {
    id: "writable-property",
    title: "callers may set a property that they could only read",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-6", "REC-API-19"],
    why: "A property is `readOnly` because the API decides it. Without that, an object that is saved whole is saved with what \
          the caller says: an id of somebody else, a state, a price. One that decides what callers may do or own (`isAdmin`, \
          `balance`) is an error.",
    fix: "make the property `readOnly` again",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { id: { type: string, readOnly: true } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { id: { type: string } } }
#                                                 ^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { id: { $ref: '#/components/schemas/Id' } } }
      responses: {}
components: { schemas: { Id: { type: string, readOnly: true } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, .. } in pair.sent() {
        for (member, ids) in &value.members {
            let (Some(old), Some(new)) = *ids else { continue };
            let (Some(old), Some(new)) = (pair.old_shape(old), pair.new_shape(new)) else { continue };
            if old.read_only.is_some() && new.read_only.is_none() {
                let severity = words::privilege(member).map_or(CHANGE.severity, |_| Severity::Error);
                let at = pair.new_property(value.new, member).unwrap_or(new.spot);
                changes.add_as(
                    severity,
                    At::New(at),
                    format!("callers may set `{member}`, which was `readOnly`"),
                );
            }
        }
    }
}
