//! Finds messages that are not received or sent any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::walk::Way;

pub(super) const CHANGE: Change = Change {
    id: "removed-message",
    title: "a message is not received or sent any more",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "What others go on to send is refused, or worse, taken for something else; what they wait for does not come. A name is a \
          word of the document, so messages are matched by what they hold, then by name, then by the properties that they have \
          in common: one that was changed is compared, and not found here. The messages of all operations on a channel that go \
          the same way are held against each other together.",
    fix: "go on to receive or send the message",
    old: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders:
    address: orders
    messages:
      placed: { payload: { type: object, properties: { id: { type: string } } } }
      paid: { payload: { type: object, properties: { sum: { type: integer } } } }
#     ^^^^
operations:
  order: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders:
    address: orders
    messages:
      placed: { payload: { type: object, properties: { id: { type: string } } } }
operations:
  order: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    good: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
channels:
  orders:
    publish:
      message:
        oneOf:
        - { payload: { type: object, properties: { sum: { type: integer } } } }
        - { payload: { type: object, properties: { id: { type: string } } } }
        - { payload: { type: string } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for flow in &pair.flows {
        let done = if flow.way == Way::Sent { "taken" } else { "sent" };
        for gone in &flow.gone {
            let message = format!("the message `{}` of `{}` is not {done} any more", gone.name, flow.name);
            changes.add(At::Gone(gone.spot, flow.kept), message);
        }
    }
}
