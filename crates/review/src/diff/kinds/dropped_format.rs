//! Finds formats of what callers send that were dropped.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "dropped-format",
    title: "a value that callers send needs no format any more",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-13", "REC-API-14"],
    why: "A format bounds a value as a pattern does: a UUID is no path, and an `int32` no overflow. One that became another is a \
          note.",
    fix: "set the format again",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { id: { type: string, format: uuid } } }
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
            schema: { type: object, properties: { id: { type: string, format: uuid, maxLength: 36 } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent().filter(|both| both.is_of_one_type()) {
        let Some(lost) = old.formats.keys().find(|format| !new.formats.contains_key(*format)) else {
            continue;
        };
        if new.choice.is_some() {
            continue;
        }
        let name = &value.name;
        match new.formats.iter().next() {
            None => changes.add(At::New(new.spot), format!("the `format` of {name}, `{lost}`, was dropped")),
            Some((now, spot)) => {
                let message = format!("the `format` of {name} is `{now}`, and was `{lost}`");
                changes.add_as(Severity::Note, At::New(*spot), message);
            }
        }
    }
}
