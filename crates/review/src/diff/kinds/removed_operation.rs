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
          its last day was announced. Operations of messages are the same where they go the same way on one channel, whatever \
          they are called.",
    fix: "deprecate the operation, with a day on which it ends",
    old: "
paths:
  /orders/{id}:
    get: { responses: {} }
    delete: { responses: {} }
#   ^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  place: { action: receive, channel: { $ref: '#/channels/orders' } }
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
# ^^^^
",
    bad: "
paths:
  /orders/{id}:
    get: { responses: {} }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  place: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    good: "
servers: [{ url: https://a.example/orders }]
paths:
  /{order}: { get: { responses: {} }, delete: { responses: {} } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  shout: { action: send, channel: { $ref: '#/channels/orders' } }
  take: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for operation in &pair.removed {
        let severity = if !operation.is_deprecated() {
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
