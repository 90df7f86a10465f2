//! Finds servers, and base paths, at which the API is not served any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::server::Server;

pub(super) const CHANGE: Change = Change {
    id: "removed-server",
    title: "the API is not served where it was",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Clients go on to call the host and the base path that they know. Where they still answer and no document says so, an old \
          version is served that nobody looks after. A base path that moved into the paths is the same, and is not found.",
    fix: "go on to name the server, or see first that nobody calls it",
    old: "
servers: [{ url: https://api.example/v1 }]
#                ^^^^^^^^^^^^^^^^^^^^^^
paths: { /orders: { get: { responses: {} } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'mq.example:8883', protocol: mqtts } }
#                          ^^^^^^^^^^^^^^^^^
channels: {}
",
    bad: "
servers: [{ url: https://api.example/v2 }]
paths: { /orders: { get: { responses: {} } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'mq2.example:8883', protocol: mqtts } }
channels: {}
",
    good: "
servers: [{ url: https://api.example }, { url: https://eu.api.example }]
paths: { /v1/orders: { get: { responses: {} } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { first: { host: 'mq.example:8883', protocol: secure-mqtt }, second: { host: mq2.example, protocol: mqtts } }
channels: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let root = |servers: &'_ [Server<'l>]| -> Vec<Server<'l>> {
        servers.iter().filter(|server| server.is_of_root).cloned().collect()
    };
    let (old, new) = (root(&pair.old_servers), root(&pair.new_servers));
    let Some(kept) = new.first().map(|server| server.spot) else { return };
    // Operations that are found by the same path have moved with the base path; the others have it in their own now.
    let has_moved =
        pair.new.format.is_asyncapi() || pair.called().any(|matched| matched.old.path == matched.new.path);
    for gone in old.iter().filter(|_| has_moved) {
        let is_there = |server: &Server<'l>| {
            let same_host = gone.host().is_none() || server.host().is_none() || server.host() == gone.host();
            same_host && server.base_path() == gone.base_path()
        };
        if !new.iter().any(is_there) {
            changes
                .add(At::Gone(gone.spot, kept), format!("the API is not served at `{}` any more", gone.url));
        }
    }
}
