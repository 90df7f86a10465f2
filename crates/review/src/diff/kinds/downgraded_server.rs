//! Finds servers without TLS that are new.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::diff::server::Server;

pub(super) const CHANGE: Change = Change {
    id: "downgraded-server",
    title: "the API is served without TLS where it was not",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "security-headers",
    owasp: &["API8:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-10"],
    why: "Tokens and answers pass in the clear to whoever is on the way. Of messages, `mqtt`, `ws`, `amqp` and \
          `kafka` are without TLS, but for ports, schemes and bindings that ask for it. Addresses of this machine are left out.",
    fix: "serve the API over TLS alone",
    old: "
servers: [{ url: https://api.example/v1 }]
paths: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'mq.example:8883', protocol: mqtts } }
channels: {}
",
    bad: "
servers: [{ url: http://api.example/v1 }]
#                ^^^^^^^^^^^^^^^^^^^^^
paths: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'mq.example:1883', protocol: mqtt } }
#                          ^^^^^^^^^^^^^^^^^
channels: {}
",
    good: "
servers: [{ url: 'https://{host}/v1', variables: { host: { default: api.example } } }, { url: http://localhost }]
paths: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'mq.example:8883', protocol: mqtt }, desk: { host: 'localhost:1883', protocol: mqtt } }
channels: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let is_known = |server: &Server<'_>| {
        pair.old_servers.iter().any(|known| known.is_plain && known.host() == server.host())
    };
    for server in pair.new_servers.iter().filter(|server| server.is_plain && !is_known(server)) {
        changes.add(At::New(server.spot), format!("`{}` is without TLS, and new", server.url));
    }
}
