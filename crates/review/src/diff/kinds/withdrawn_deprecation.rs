//! Finds operations that were deprecated and are not any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::matching::Matched;
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "withdrawn-deprecation",
    title: "an operation is not deprecated any more",
    matter: Matter::Security,
    severity: Severity::Note,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "What was announced to end goes on, and callers who left did so for nothing. Often it is a word that was lost in an \
          edit. AsyncAPI has no word for it; `x-deprecated` is read there as well.",
    fix: "say `deprecated: true` again, or allow the change with a reason",
    old: "
paths:
  /orders:
    get: { deprecated: true, responses: {} }
    put: { deprecated: true, responses: {} }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' }, x-deprecated: true }
",
    bad: "
paths:
  /orders:
    get: { responses: {} }
#   ^^^
    put: { deprecated: false, responses: {} }
#                      ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
# ^^^^
",
    good: "
paths:
  /orders:
    get: { deprecated: true, responses: {} }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations:
  told: { action: send, channel: { $ref: '#/channels/orders' }, x-deprecated: true }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Matched { old, new } in pair.called() {
        if old.is_deprecated() && !new.is_deprecated() {
            let own = ["deprecated", "x-deprecated"].into_iter().find_map(|key| new.spot.get(key));
            let at = own.unwrap_or(new.spot);
            changes.add(At::New(at), format!("`{}` was deprecated, and is not any more", new.name()));
        }
    }
}
