//! Finds properties that callers may set now and that decide what they may do or own.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};
use crate::words::{self, Privilege};

pub(super) const CHANGE: Change = Change {
    id: "added-privileged-property",
    title: "callers may send a property that decides what they may do or own",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-6", "REC-API-19"],
    why: "A profile that is saved whole is saved with `isAdmin` or `balance`. Of roles, permissions and balances it is a \
          warning: there are operations to set them, and who may call those is what matters.",
    fix: "make the property `readOnly`, or take it out of what is sent",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string }, isAdmin: { type: boolean } } }
#                                                                         ^^^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string }, isAdmin: { type: boolean, readOnly: true } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, .. } in pair.sent() {
        for (member, (old, new)) in &value.members {
            let Some(new) = new.filter(|_| old.is_none()).and_then(|new| pair.new_shape(new)) else {
                continue;
            };
            let is_single = new.properties.is_empty() && new.read_only.is_none();
            let Some(privilege) = words::privilege(member).filter(|_| is_single) else { continue };
            let severity = if privilege == Privilege::Rank { CHANGE.severity } else { Severity::Warning };
            let at = pair.new_property(value.new, member).unwrap_or(new.spot);
            changes.add_as(severity, At::New(at), format!("callers may send `{member}` now"));
        }
    }
}
