//! Finds operations that let fewer callers in than before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "stricter-authentication",
    title: "callers who were let in are not any more",
    matter: Matter::Breaking,
    severity: Severity::Note,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-11"],
    why: "An operation asks for a scheme or a scope that it did not ask for, or does not take one any more that it took. For \
          security it is for the better; callers must know.",
    fix: "tell callers before it holds",
    old: "
paths:
  /orders:
    get: { responses: {} }
    put: { security: [{ token: [] }, { key: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    bad: "
security: [{ token: [] }]
paths:
  /orders:
    get: { responses: {} }
#   ^^^
    put: { responses: {} }
#   ^^^
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    good: "
paths:
  /orders:
    get: { responses: {} }
    put: { security: [{ key: [] }, { token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at) in pair.stricter() {
        changes.add(At::New(at), format!("`{name}` lets fewer callers in"));
    }
}
