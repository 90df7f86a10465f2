//! Finds properties that callers get back now and could only send before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "returned-write-only-property",
    title: "an answer may have a property that was `writeOnly`",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "response-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-213", "CWE-522"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "A property is `writeOnly` because nobody is to see it again: passwords, keys, answers to questions.",
    fix: "make the property `writeOnly` again",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { pin: { type: string, writeOnly: true } } } } }
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { pin: { type: string } } } } }
#                                                                              ^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, .. } in pair.returned() {
        for (member, ids) in &value.members {
            let (Some(old), Some(new)) = *ids else { continue };
            let (Some(old), Some(new)) = (pair.old_shape(old), pair.new_shape(new)) else { continue };
            if old.write_only.is_some() && new.write_only.is_none() {
                let at = pair.new_property(value.new, member).unwrap_or(new.spot);
                changes.add(At::New(at), format!("`{member}` is returned, and was `writeOnly`"));
            }
        }
    }
}
