//! Finds conditions on what callers send that are new.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "added-condition",
    title: "what callers send must meet a condition that it had not to",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused: by `not`, by `if` with `then` and `else`, by `contains`, or by what \
          must be there beside another property (`dependentRequired`, `dependentSchemas`). It is what hardening \
          looks like, and what it refuses is seen in `shadow` before it is refused. A condition that became another is found by \
          `dropped-condition`.",
    fix: "see first whether callers send such values",
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
            schema: { type: object, dependentRequired: { card: [name] }, properties: { name: { type: string, not: { enum: [root] } } } }
#                                                               ^^^^
#                                                                                                            ^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string, description: a name } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, .. } in pair.sent() {
        for (keyword, spot) in &value.new_conditions {
            if !value.lost_conditions.contains_key(keyword) {
                changes.add(At::New(*spot), format!("{} has a `{keyword}` now", value.name));
            }
        }
    }
}
