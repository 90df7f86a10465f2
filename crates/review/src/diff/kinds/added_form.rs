//! Finds forms of a value that callers get, or may send, and did not before.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::walk::Way;

pub(super) const CHANGE: Change = Change {
    id: "added-form",
    title: "a value may have a form that it had not before",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "A branch of `oneOf` or `anyOf` is new, and clients that switch over the forms of an answer meet one that they do not know. \
          Of what callers send it is a note: the backend meets a form that nobody may have thought of. \
          So it is with a message where others pass already.",
    fix: "return the new form to callers who ask for it",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: object, properties: { id: {} } } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders, messages: { placed: { payload: { properties: { id: {} } } } } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { oneOf: [{ properties: { id: {} } }, { type: string }] } } }
#                                                                                      ^^^^^^^^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders:
    address: orders
    messages:
      placed: { payload: { properties: { id: {} } } }
      dropped: { payload: { properties: { why: {} } } }
#     ^^^^^^^
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { anyOf: [{ type: object, properties: { id: {} } }] } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders, messages: { made: { payload: { $ref: '#/components/schemas/Order' } } } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
components: { schemas: { Order: { properties: { id: {} } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for forms in &pair.forms {
        let severity = if forms.way == Way::Sent { Severity::Note } else { CHANGE.severity };
        for added in forms.added.iter().filter_map(|added| pair.new_shape(*added)) {
            changes.add_as(severity, At::New(added.spot), format!("{} may have this form now", forms.name));
        }
    }
    // Where nothing passed before, nobody waits there yet.
    for flow in pair.flows.iter().filter(|flow| !flow.both.is_empty() || !flow.gone.is_empty()) {
        let severity = if flow.way == Way::Sent { Severity::Note } else { CHANGE.severity };
        for added in &flow.added {
            let message = format!("the message `{}` of `{}` is new", added.name, flow.name);
            changes.add_as(severity, At::New(added.spot), message);
        }
    }
}
