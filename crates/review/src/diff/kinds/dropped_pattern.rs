//! Finds patterns of what callers send that were dropped.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "dropped-pattern",
    title: "a text that callers send may hold any characters",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-13", "REC-API-14"],
    why: "A pattern is what kept quotes, slashes and line breaks out of the backend. One that became another cannot be told to \
          be wider or narrower, and is a note.",
    fix: "set the pattern again",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { code: { type: string, maxLength: 9, pattern: '^[a-z]+$' } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { code: { type: string, maxLength: 9 } } }
#                                                 ^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { code: { type: string, enum: [a, b] } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent().filter(|both| both.is_of_one_type()) {
        let lost = old.patterns.keys().any(|pattern| !new.patterns.contains_key(pattern));
        if !lost || new.choice.is_some() {
            continue;
        }
        let name = &value.name;
        match new.patterns.values().next() {
            None => changes.add(At::New(new.spot), format!("the `pattern` of {name} was dropped")),
            Some(spot) => {
                let message = format!("the `pattern` of {name} is another");
                changes.add_as(Severity::Note, At::New(*spot), message);
            }
        }
    }
}
