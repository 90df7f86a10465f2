//! Finds servers of messages that let anybody connect.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Server, View};

pub(super) const RULE: Rule = Rule {
    id: "unauthenticated-server",
    title: "a server of messages lets anybody connect",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11", "REC-API-12"],
    why: "Whoever reaches a broker that asks for nothing reads every topic and writes to it, also those that this document does \
          not name. A server is open without `security`, or with an alternative that asks for nothing, unless each operation on \
          it asks for something itself. It is a warning where the document says so in words, where an HTTP or WebSocket server \
          only sends, since public data is a good reason, and where such a document declares no scheme at all. Of servers on \
          loopback addresses it is a note.",
    fix: "give the server a `security` that names a scheme",
    bad: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'broker.example:8883', protocol: secure-mqtt }
# ^^^^^^^^^^
channels:
  orders: { publish: { message: { payload: { type: object } } } }
components: { securitySchemes: { certificate: { type: X509 } } }
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers:
  production:
    host: broker.example
    protocol: secure-mqtt
    security: [{ $ref: '#/components/securitySchemes/certificate' }]
  push: { host: push.example, protocol: wss }
channels:
  orders: { servers: [{ $ref: '#/servers/push' }] }
operations:
  sendOrder: { action: send, channel: { $ref: '#/channels/orders' }, security: [{ type: X509 }] }
components: { securitySchemes: { certificate: { type: X509 } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for (index, server) in view.events.servers.iter().enumerate() {
        let on_server = view.operations_on(index);
        let all_ask =
            !on_server.is_empty() && on_server.iter().all(|operation| !operation.security.is_open());
        // Where some ask and others do not, those are what is wrong.
        let some_ask = on_server.iter().any(|operation| !operation.security.is_open());
        if server.security.is_open() && !all_ask && !some_ask {
            let is_received = on_server.iter().any(|operation| operation.is_called());
            findings.add_named_as(
                severity(view, server, is_received),
                server.spot,
                format!("the server `{}` lets anybody connect", server.name),
            );
        }
    }
}

fn severity(view: &View<'_>, server: &Server<'_>, is_received: bool) -> Severity {
    let is_meant = server.security.is_openly_said();
    let is_public = !server.is_broker() && (!is_received || view.schemes.is_empty());
    match (server.is_loopback(), is_meant || is_public) {
        (true, _) => Severity::Note,
        (false, true) => Severity::Warning,
        (false, false) => RULE.severity,
    }
}
