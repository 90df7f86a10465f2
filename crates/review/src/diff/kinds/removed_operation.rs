//! Finds operations that are gone.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "removed-operation",
    title: "an operation is gone",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Whoever calls it is answered 404, or by whatever stands at that path next. Paths are compared without the names of \
          their parameters, and with the base paths of the servers. Where it was deprecated, it is a warning, and a note where \
          its last day was announced.",
    fix: "deprecate the operation, with a day on which it ends",
    old: "
paths:
  /orders/{id}:
    get: { responses: {} }
    delete: { responses: {} }
#   ^^^^^^
",
    bad: "
paths:
  /orders/{id}:
    get: { responses: {} }
",
    good: "
servers: [{ url: https://a.example/orders }]
paths:
  /{order}: { get: { responses: {} }, delete: { responses: {} } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for operation in &pair.removed {
        let severity = if !operation.spot.is_true("deprecated") {
            CHANGE.severity
        } else if operation.says_when_it_ends(pair.old) {
            Severity::Note
        } else {
            Severity::Warning
        };
        let kept = changes.kept_path(operation);
        changes.add_as(severity, At::Gone(operation.spot, kept), format!("`{}` is gone", operation.name()));
    }
}
