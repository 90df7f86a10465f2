//! Finds alternatives that ask for fewer of the schemes that were asked for together.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "dropped-requirement",
    title: "a scheme that was asked for together with others is not asked for any more",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-308"],
    nist: &["REC-API-11"],
    why: "Schemes of one alternative must all be satisfied: a key and a token, a certificate and a token. With one of them gone, \
          whoever holds the other alone is let in. It is meant where the scheme that is left is enough by itself.",
    fix: "ask for the schemes together again",
    old: "
paths:
  /orders:
    get: { security: [{ token: [], key: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
",
    bad: "
paths:
  /orders:
    get: { security: [{ key: [] }], responses: {} }
#                     ^^^^^^^^^^^
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
    for (name, at, weaker) in pair.weakened(How::FewerSchemes) {
        let lost = weaker.lost.join(" and ");
        let message = format!("`{name}` asks for {} without {lost}", weaker.asks_for);
        changes.add(*at, message);
    }
}
