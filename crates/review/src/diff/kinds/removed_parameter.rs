//! Finds parameters that are gone.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "removed-parameter",
    title: "a parameter is gone",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Requests with it are refused where undeclared parameters are, and elsewhere they mean something else: a filter that is \
          ignored gives everything.",
    fix: "deprecate the parameter first",
    old: "
paths:
  /orders/{id}:
    get: { parameters: [{ name: owner, in: query }, { name: id, in: path, required: true }], responses: {} }
#                       ^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    bad: "
paths:
  /orders/{id}:
    get: { parameters: [{ name: id, in: path, required: true }], responses: {} }
",
    good: "
paths:
  /orders/{order}:
    parameters: [{ name: order, in: path, required: true }]
    get: { parameters: [{ name: owner, in: query, deprecated: true }], responses: {} }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for gone in matched.removed_parameters().into_iter().filter(|gone| gone.location != "path") {
            let message = format!("`{}` has no parameter `{}` any more", matched.new.name(), gone.name);
            changes.add(At::Gone(gone.spot, matched.new.spot), message);
        }
    }
}
