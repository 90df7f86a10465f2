//! Finds scopes that others have taken the place of.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "replaced-scope",
    title: "an operation is opened by another scope than before",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-863"],
    nist: &["REC-API-12"],
    why: "Whoever holds the new scope is let in without the old one. Where the new one is wider (`orders` for `orders:read`), \
          clients must ask for more than they need; where it is narrower or older, tokens that were handed out for something \
          else open the operation.",
    fix: "ask for the old scope as well, or allow the change with a reason",
    old: "
paths:
  /orders:
    get: { security: [{ login: ['orders:read'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    bad: "
paths:
  /orders:
    get: { security: [{ login: ['orders:admin'] }], responses: {} }
#                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ login: ['orders:admin', 'orders:read'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at, weaker) in pair.weakened(How::OtherScopes) {
        let lost = weaker.lost.join(", ");
        let message = format!("`{name}` is opened by other scopes, without {lost}");
        changes.add(*at, message);
    }
}
