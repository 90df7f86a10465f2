//! Finds properties that callers do not get any more, or not always.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};
use crate::diff::shape::Shape;

pub(super) const CHANGE: Change = Change {
    id: "removed-answer-property",
    title: "an answer has a property no more, or not always",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Clients that read it find nothing. One that was never promised (`required`) is a warning where it is gone.",
    fix: "go on to return the property",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string }, at: { type: string } } } } }
#                                                                                              ^^
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { at: { type: string } } } } }
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string }, at: { type: string } } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.returned() {
        let name = &value.name;
        for (member, (before, now)) in &value.members {
            let is_promised = old.required.contains_key(member);
            let Some(before) = before.and_then(|before| pair.old_shape(before)) else { continue };
            let is_out = |shape: &Shape<'_>| shape.write_only.is_some();
            let is_gone = now.and_then(|now| pair.new_shape(now)).is_none_or(is_out);
            if is_out(before) {
                continue;
            }
            if is_gone {
                let severity = if is_promised { CHANGE.severity } else { Severity::Warning };
                let spot = old.properties.get(member).and_then(|spots| spots.first()).copied();
                let at = At::Gone(spot.unwrap_or(before.spot), new.spot);
                changes.add_as(severity, at, format!("{name} has no `{member}` any more"));
            } else if is_promised && !new.required.contains_key(member) {
                let spot = pair.new_property(value.new, member).unwrap_or(new.spot);
                changes.add(At::New(spot), format!("{name} need not have `{member}` any more"));
            }
        }
    }
}
