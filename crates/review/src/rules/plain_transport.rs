//! Finds servers of messages without TLS.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Transport, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "plain-transport",
    title: "messages travel without TLS",
    severity: Severity::Error,
    control: "security-headers",
    owasp: &["API8:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-9"],
    why: "Who listens on the way reads and changes every message, and takes the credentials of whoever connects. The `protocol` of \
          a server is looked at, or the scheme of its URL where it has one, and the address of a Kafka server's schema registry. \
          Left out is a plain protocol on a port that answers in TLS (8883 of MQTT, 5671 of AMQP, 9093 of Kafka), on the host of a \
          service that knows nothing else (`confluent.cloud`), with client certificates (`X509`), or with an extension that asks \
          for TLS (`x-security.protocol: SASL_SSL`); and so are loopback addresses.",
    fix: "write the protocol with TLS: `secure-mqtt`, `amqps`, `kafka-secure`, `wss`, `https`, `stomps`, `rediss`",
    bad: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'broker.example:1883', protocol: mqtt }
#                                                     ^^^^
  old: { url: 'amqp://queue.example', protocol: amqps }
#             ^^^^^^^^^^^^^^^^^^^^^^
channels: {}
",
    good: "
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'broker.example:8883', protocol: mqtt }
  stream: { url: kafka.example, protocol: kafka-secure }
  cloud: { url: 'pkc-1.confluent.cloud:9092', protocol: kafka }
  events: { url: kafka.example, protocol: kafka, security: [{ login: [] }] }
  local: { url: 'ws://localhost:8080', protocol: ws }
channels: {}
components: { securitySchemes: { login: { type: plain, x-security.protocol: SASL_SSL } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for server in view.events.servers.iter().filter(|server| !server.is_loopback()) {
        if server.transport == Transport::Plain {
            let says = |url: &str| url.split_once("://").is_some();
            let url = server.address.filter(|url| url.node.as_str().is_some_and(says));
            let at = url.or_else(|| server.spot.get("protocol")).unwrap_or(server.spot);
            findings.add_hidden(at, format!("the server `{}` is without TLS", server.name));
        }
        let kafka = server.spot.get("bindings").and_then(|bindings| bindings.get("kafka"));
        let registry = kafka.and_then(|kafka| kafka.get("schemaRegistryUrl"));
        if let Some(url) = registry.filter(|url| url.node.as_str().is_some_and(words::is_plain_http)) {
            findings.add_hidden(url, format!("the schema registry of `{}` is without TLS", server.name));
        }
    }
}
