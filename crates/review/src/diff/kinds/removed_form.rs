//! Finds forms of a value that callers may not send any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::walk::Way;

pub(super) const CHANGE: Change = Change {
    id: "removed-form",
    title: "callers may not send a value in a form that they might before",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "A branch of `oneOf` or `anyOf` is gone, and requests of that form are refused. Branches are matched by what they say, and \
          then by the properties that they have in common, so that one that was changed is compared, and not found here.",
    fix: "go on to accept the form",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { oneOf: [{ type: object, properties: { id: {} } }, { type: string }] }
#                                                                       ^^^^^^^^^^^^^^^^
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { id: {} } }
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { anyOf: [{ type: string }, { type: object, properties: { id: {} } }, { type: boolean }] }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for forms in pair.forms.iter().filter(|forms| forms.way == Way::Sent) {
        let Some(kept) = pair.new_shape(forms.kept) else { continue };
        for gone in forms.gone.iter().filter_map(|gone| pair.old_shape(*gone)) {
            let message = format!("{} may not have this form any more", forms.name);
            changes.add(At::Gone(gone.spot, kept.spot), message);
        }
    }
}
