//! Finds channels that have another address.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::matching::nameless;
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "moved-channel",
    title: "a channel has another address",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "The name of a channel is a word of the document; what others send to and wait at is its address. What they send to the \
          old one is lost, or heard by whoever is there next. Names of parameters in it do not matter. One whose address was \
          not said before is not found.",
    fix: "serve both addresses until nobody uses the old one",
    old: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: 'orders/{id}' }
",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: 'v2/orders/{id}' }
#                    ^^^^^^^^^^^^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  changes: { address: 'orders/{order}' }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (old, new) in &pair.events.channels.both {
        let (was, is) = (old.address, new.address);
        if !was.is_empty() && nameless(was) != nameless(is) {
            let is = if is.is_empty() { "known at run time only".to_owned() } else { format!("`{is}`") };
            let message = format!("the address of the channel `{}` is {is}, and was `{was}`", new.name);
            changes.add(At::New(new.spot.get("address").unwrap_or(new.spot)), message);
        }
    }
}
