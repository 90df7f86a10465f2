//! Finds values that callers get of types that they did not before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "wider-answer-type",
    title: "an answer may hold a value of a type that it did not",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Clients that read a number read a text, or nothing. `null` counts as a type.",
    fix: "keep the type, and return the new one under another name",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { n: { type: integer } } } } }
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { n: { type: [integer, 'null'] } } } } }
#                                                                              ^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { n: { type: integer, format: int32 } } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.returned().filter(|both| !both.old.types.is_empty()) {
        let name = &value.name;
        let mut wider: Vec<&str> = new.types.difference(&old.types).copied().collect();
        if new.is_nullable && !old.is_nullable {
            wider.push("null");
        }
        if new.types.is_empty() && new.choice.is_none() {
            changes.add(At::New(new.spot), format!("{name} may be of any type"));
        } else if !wider.is_empty() {
            changes.add(At::New(new.spot), format!("{name} may be of type {} as well", wider.join(", ")));
        }
    }
}
