//! Finds conditions on what callers send that were dropped.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "dropped-condition",
    title: "what callers send need not meet a condition that it had to",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-13", "REC-API-14"],
    why: "`not`, `if` with `then` and `else`, `contains`, `dependentRequired` and `dependentSchemas` refuse what bounds and types cannot. One that became another cannot be \
          told to be wider or narrower, and is a note.",
    fix: "set the condition again",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, dependentSchemas: { card: { required: [name] } }, properties: { name: { type: string, not: { enum: [root] } } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { name: { type: string } } }
#           ^^^^^^
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
            schema: { type: object, dependencies: { card: { required: [name] } }, properties: { name: { type: string, not: { $ref: '#/components/schemas/Taken' } } } }
      responses: {}
components: { schemas: { Taken: { enum: [root] } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, new, .. } in pair.sent() {
        let name = &value.name;
        for keyword in value.lost_conditions.keys() {
            match value.new_conditions.get(keyword) {
                None => changes.add(At::New(new.spot), format!("the `{keyword}` of {name} was dropped")),
                Some(spot) => {
                    let message = format!("the `{keyword}` of {name} is another");
                    changes.add_as(Severity::Note, At::New(*spot), message);
                }
            }
        }
    }
}
