//! Finds servers of messages that speak another protocol.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "other-protocol",
    title: "a server speaks another protocol",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Whoever connects as before is not understood. That a protocol is encrypted now is no other one: `mqtts` is `mqtt`; the \
          reverse is found by `downgraded-server`. Servers are the same by name, or by host.",
    fix: "go on to speak the old protocol beside the new one",
    old: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: mqtt } }
channels: {}
",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: kafka } }
#                                                    ^^^^^
channels: {}
",
    good: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  broker: { url: 'broker.example:8883', protocol: secure-mqtt }
  other: { url: 'broker.example:9093', protocol: kafka }
channels: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (old, new) in &pair.events.servers.both {
        let (was, is) = (old.language(), new.language());
        if was != is && !was.is_empty() && !is.is_empty() {
            let message = format!("`{}` speaks `{is}`, and spoke `{was}`", new.name);
            changes.add(At::New(new.spot.get("protocol").unwrap_or(new.spot)), message);
        }
    }
}
