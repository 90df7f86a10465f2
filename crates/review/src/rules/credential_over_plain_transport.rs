//! Finds credentials that are sent to servers of messages without TLS.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Scheme, Transport, View};

pub(super) const RULE: Rule = Rule {
    id: "credential-over-plain-transport",
    title: "a credential is sent to a server without TLS",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API8:2023"],
    cwe: &["CWE-523", "CWE-319"],
    nist: &["REC-API-9", "REC-API-11"],
    why: "With SASL PLAIN, a user name and password, a key or a token, the credential itself is sent, and who listens on the way \
          connects with it from then on. SCRAM and Kerberos prove a secret without sending it, and are left out here; so are \
          loopback addresses. Which servers are without TLS is judged as `plain-transport` does.",
    fix: "write the protocol with TLS, and change the credentials that were sent without",
    bad: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'broker.example:1883', protocol: mqtt, security: [{ login: [] }] }
#                                                                        ^^^^^
channels: {}
components: { securitySchemes: { login: { type: userPassword } } }
",
    good: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'broker.example:8883', protocol: secure-mqtt, security: [{ login: [] }] }
  stream: { url: kafka.example, protocol: kafka, security: [{ scram: [] }] }
channels: {}
components: { securitySchemes: { login: { type: userPassword }, scram: { type: scramSha512 } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let plain = view.events.servers.iter().filter(|server| server.transport == Transport::Plain);
    for server in plain.filter(|server| !server.is_loopback()) {
        for need in server.security.needs() {
            if let Some(scheme) = view.scheme_of(need).filter(|scheme| is_sent(scheme)) {
                let message =
                    format!("what `{}` asks for is sent to `{}` without TLS", scheme.name, server.name);
                findings.add_named(need.spot, message);
            }
        }
    }
}

fn is_sent(scheme: &Scheme<'_>) -> bool {
    ["plain", "userPassword", "apiKey", "httpApiKey", "http", "oauth2", "openIdConnect"]
        .iter()
        .any(|kind| scheme.is_type(kind))
}
