//! Finds operations that send what they received, or the reverse.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "turned-operation",
    title: "an operation sends messages that it received, or the reverse",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Who sent is to listen, and who listened is to send: nobody does what the other waits for. Since AsyncAPI 3.0 it is the \
          application itself that an `action` speaks of; before, `publish` meant what others send to it. Documents that were \
          brought to 3.0 word by word are found here, and rightly: they say the opposite now.",
    fix: "turn the action again, or use a channel of its own",
    old: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
channels:
  orders: { publish: {} }
",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders }
operations:
  order: { action: send, channel: { $ref: '#/channels/orders' } }
#                  ^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders }
operations:
  order: { action: receive, channel: { $ref: '#/channels/orders' } }
  told: { action: send, channel: { $ref: '#/channels/orders' } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (old, new) in &pair.turned {
        let at = new.spot.get("action").unwrap_or(new.spot);
        changes.add(At::New(at), format!("`{}` was `{}`", new.name(), old.name()));
    }
}
