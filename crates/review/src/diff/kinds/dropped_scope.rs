//! Finds scopes that are not asked for any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "dropped-scope",
    title: "an operation is opened by a token with fewer scopes",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-862"],
    nist: &["REC-API-12"],
    why: "A token that was handed out for less opens more. All scopes of a scheme in one alternative are needed, so that fewer \
          of them let more callers in; so does an alternative beside it that asks for fewer.",
    fix: "ask for the scopes again",
    old: "
paths:
  /orders:
    delete: { security: [{ login: ['orders:delete'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  place:
    action: receive
    channel: { $ref: '#/channels/orders' }
    security: [{ type: openIdConnect, openIdConnectUrl: https://a.example, scopes: [place, read] }]
",
    bad: "
paths:
  /orders:
    delete: { security: [{ login: [] }], responses: {} }
#                        ^^^^^^^^^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  place:
    action: receive
    channel: { $ref: '#/channels/orders' }
    security: [{ type: openIdConnect, openIdConnectUrl: https://a.example, scopes: [read] }]
#              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    delete: { security: [{ login: ['orders:read', 'orders:delete'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  place: { action: receive, channel: { $ref: '#/channels/orders' }, security: [{ $ref: '#/components/securitySchemes/login' }] }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example, scopes: [read, place] } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at, weaker) in pair.weakened(How::FewerScopes) {
        let message = format!("`{name}` does not ask for the scope {} any more", weaker.lost.join(", "));
        changes.add(*at, message);
    }
}
