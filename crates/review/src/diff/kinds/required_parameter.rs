//! Finds parameters that callers must send now.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "required-parameter",
    title: "callers must send a parameter that they need not before",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused. A parameter of the path is none: its path is another one.",
    fix: "make the parameter optional, with a default",
    old: "
paths:
  /orders:
    get: { parameters: [{ name: a, in: query }], responses: {} }
",
    bad: "
paths:
  /orders:
    get: { parameters: [{ name: a, in: query, required: true }, { name: B, in: header, required: true }], responses: {} }
#                                                       ^^^^
#                                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    parameters: [{ name: b, in: query }]
    get: { parameters: [{ name: a, in: query, required: false }], responses: {} }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        let name = matched.new.name();
        for (old, new) in matched.parameters() {
            if let Some(at) = new.spot.get("required").filter(|_| new.is_required() && !old.is_required()) {
                changes.add(At::New(at), format!("`{name}` must have the parameter `{}`", new.name));
            }
        }
        for added in matched.added_parameters().into_iter().filter(|added| added.is_required()) {
            changes
                .add(At::New(added.spot), format!("`{name}` must have the new parameter `{}`", added.name));
        }
    }
}
