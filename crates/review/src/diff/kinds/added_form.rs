//! Finds forms of a value that callers get, or may send, and did not before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::walk::Way;

pub(super) const CHANGE: Change = Change {
    id: "added-form",
    title: "a value may have a form that it had not before",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "A branch of `oneOf` or `anyOf` is new, and clients that switch over the forms of an answer meet one that they do not know. \
          Of what callers send it is a note: the backend meets a form that nobody may have thought of.",
    fix: "return the new form to callers who ask for it",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { id: {} } } } }
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { oneOf: [{ properties: { id: {} } }, { type: string }] } } }
#                                                                                      ^^^^^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { anyOf: [{ type: object, properties: { id: {} } }] } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for forms in &pair.forms {
        let severity = if forms.way == Way::Sent { Severity::Note } else { CHANGE.severity };
        for added in forms.added.iter().filter_map(|added| pair.new_shape(*added)) {
            changes.add_as(severity, At::New(added.spot), format!("{} may have this form now", forms.name));
        }
    }
}
