//! Finds alternatives with schemes that prove less.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "weaker-authentication",
    title: "an operation is opened by a scheme that proves less than those before",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-1390"],
    nist: &["REC-API-11"],
    why: "An alternative is enough by itself: a key beside a token is an API that a key opens. From weak to strong the order is: \
          a key in the query, a key elsewhere, a password that is shown (`basic`, `digest`, `userPassword`), \
          one that is proven (`scramSha256`), a token, a certificate.",
    fix: "take the weaker alternative out",
    old: "
paths:
  /orders:
    get: { security: [{ token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    bad: "
paths:
  /orders:
    get: { security: [{ token: [] }, { key: [] }], responses: {} }
#                                    ^^^^^^^^^^^
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ key: [], token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at, weaker) in pair.weakened(How::WeakerSchemes) {
        let message = format!("`{name}` is opened by {}, which proves less than before", weaker.asks_for);
        changes.add(*at, message);
    }
}
