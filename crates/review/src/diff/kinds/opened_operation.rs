//! Finds operations that anybody may call now.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::Changes;
use crate::diff::schemes::How;

pub(super) const CHANGE: Change = Change {
    id: "opened-operation",
    title: "an operation that asked who calls lets anybody call",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11", "REC-API-12"],
    why: "What only known callers could do, everybody can. Alternatives are held against each other as sets, with those of the \
          root inherited and schemes compared by what they are: an alternative without a scheme (`{}`) beside others opens the \
          door as wide as `security: []`. Of messages, what a server asks for and what an operation asks for hold \
          together, and both are looked at. It is meant where an operation becomes public.",
    fix: "ask for a scheme again, or allow the change with a reason",
    old: "
paths:
  /orders:
    get: { security: [{ token: [] }], responses: {} }
    post: { security: [{ token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers:
  broker: { host: mq.example, protocol: mqtts, security: [{ $ref: '#/components/securitySchemes/password' }] }
channels: { orders: { address: orders } }
operations: { place: { action: receive, channel: { $ref: '#/channels/orders' } } }
components: { securitySchemes: { password: { type: userPassword } } }
",
    bad: "
paths:
  /orders:
    get: { security: [{ token: [] }, {}], responses: {} }
#                                    ^^
    post: { responses: {} }
#   ^^^^
components: { securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: x-key } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers:
  broker: { host: mq.example, protocol: mqtts }
# ^^^^^^
channels: { orders: { address: orders } }
operations: { place: { action: receive, channel: { $ref: '#/channels/orders' } } }
components: { securitySchemes: { password: { type: userPassword } } }
",
    good: "
security: [{ bearer: [] }]
paths:
  /orders:
    get: { responses: {} }
    post: { security: [{ bearer: [] }], responses: {} }
components: { securitySchemes: { bearer: { type: http, scheme: Bearer } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: mq.example, protocol: mqtts } }
channels: { orders: { address: orders } }
operations:
  place: { action: receive, channel: { $ref: '#/channels/orders' }, security: [{ type: userPassword }] }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (name, at, _) in pair.weakened(How::Open) {
        let message = format!("`{name}` lets anybody in, and did not before");
        changes.add(*at, message);
    }
}
