//! Finds alternatives with other schemes that prove as much.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "other-authentication",
    title: "an operation is opened by a scheme that did not open it before",
    matter: Matter::Security,
    severity: Severity::Note,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-287"],
    nist: &["REC-API-11"],
    why: "Another way in is another issuer to trust and another set of callers. It is what a move from one provider to the next \
          looks like.",
    fix: "say who may call by the new scheme",
    old: "
paths:
  /orders:
    get: { security: [{ token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    bad: "
paths:
  /orders:
    get: { security: [{ token: [] }, { login: [] }], responses: {} }
#                                    ^^^^^^^^^^^^^
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
    login: { type: openIdConnect, openIdConnectUrl: https://a.example }
",
    good: "
paths:
  /orders:
    get: { security: [{ session: [] }], responses: {} }
components: { securitySchemes: { session: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at, weaker) in pair.weakened(How::OtherSchemes) {
        let message = format!("`{name}` is opened by {} as well", weaker.asks_for);
        changes.add(*at, message);
    }
}
