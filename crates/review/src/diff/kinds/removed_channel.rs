//! Finds channels that are gone.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::Operation;

pub(super) const CHANGE: Change = Change {
    id: "removed-channel",
    title: "a channel is gone",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Whoever sends to it is not heard, and whoever waits at it waits for ever: a broker says neither. Where it goes on to be \
          there and no document says so, nobody looks after it. Addresses are compared without the names of their parameters; a \
          channel of the same name with another address is found by `moved-channel`, and operations of a channel that is gone \
          are not told one by one. Where all of those were deprecated, it is a warning.",
    fix: "go on to serve the channel until nobody uses it",
    old: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: 'orders/{id}' }
  refunds: { address: refunds }
# ^^^^^^^
",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: 'orders/{id}' }
",
    good: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
channels:
  orders/{order}: {}
  refunds: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let kept = pair.new.root.get("channels").unwrap_or(pair.new.root);
    for gone in &pair.events.channels.gone {
        let mut operations = pair.old.operations_of_channel(gone).peekable();
        let is_announced = operations.peek().is_some() && operations.all(Operation::is_deprecated);
        let severity = if is_announced { Severity::Warning } else { CHANGE.severity };
        changes.add_as(severity, At::Gone(gone.spot, kept), format!("the channel `{}` is gone", gone.name));
    }
}
