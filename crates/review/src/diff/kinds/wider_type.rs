//! Finds values that callers send of which other types are allowed now.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "wider-type",
    title: "callers may send values of a type that was refused before",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20", "CWE-843"],
    nist: &["REC-API-13", "REC-API-14"],
    why: "A text where a number was, or anything where the type is gone, meets code that was written for one type. `null` is \
          left out: most code meets it anyway.",
    fix: "name the one type again",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { n: { type: integer } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { n: { type: [integer, string] } } }
#                                                 ^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { n: { type: [integer, 'null'] } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent().filter(|both| !both.old.types.is_empty()) {
        let name = &value.name;
        if new.types.is_empty() && new.choice.is_none() {
            changes.add(At::New(new.spot), format!("{name} may be of any type"));
        }
        let wider: Vec<&str> = new.types.difference(&old.types).copied().collect();
        if !wider.is_empty() {
            changes.add(At::New(new.spot), format!("{name} may be of type {} as well", wider.join(", ")));
        }
    }
}
