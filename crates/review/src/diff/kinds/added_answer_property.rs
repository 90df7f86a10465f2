//! Finds properties that callers get now and did not before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};
use crate::words;

pub(super) const CHANGE: Change = Change {
    id: "added-answer-property",
    title: "an answer has a property that it did not have",
    matter: Matter::Security,
    severity: Severity::Note,
    control: "fields",
    owasp: &["API3:2023"],
    cwe: &["CWE-213"],
    nist: &["REC-API-6", "REC-API-25"],
    why: "Whoever may ask for the object gets the new property with it, whether or not they may see it. A credential is an \
          error, what is personal by its name a warning, and anything else a note: answers grow, and most of what they grow by \
          is harmless.",
    fix: "take the property out, make it `writeOnly`, or show it by scope",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } }
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { id: { type: string }, email: { type: string } } } } }
#                                                                                                    ^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { id: { type: string }, email: { type: string, writeOnly: true } } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, .. } in pair.returned() {
        for (member, (old, new)) in &value.members {
            let Some(new) = new.filter(|_| old.is_none()).and_then(|new| pair.new_shape(new)) else {
                continue;
            };
            if new.write_only.is_some() {
                continue;
            }
            let severity = if words::is_credential(member) {
                Severity::Error
            } else if words::is_personal_name(member) {
                Severity::Warning
            } else {
                CHANGE.severity
            };
            let at = pair.new_property(value.new, member).unwrap_or(new.spot);
            changes.add_as(severity, At::New(at), format!("{} has `{member}` now", value.name));
        }
    }
}
