//! Finds channels whose address stands for any number of topics.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Channel, View};

pub(super) const RULE: Rule = Rule {
    id: "wildcard-channel",
    title: "the address of a channel stands for topics that nobody listed",
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023", "API5:2023"],
    cwe: &["CWE-285", "CWE-1059"],
    nist: &["REC-API-4", "REC-API-12"],
    why: "Who may subscribe to `devices/#` gets what every device says, and also what is added below it later; an application that \
          takes messages from there takes them from whoever may write to any of these topics. Looked for are `#` and `+` of \
          MQTT, `*` and `#` of AMQP, `*` and `>` of NATS, and `*` elsewhere, each where its protocol gives it that meaning. \
          Parameters (`{deviceId}`) are none.",
    fix: "name the topics, or write a parameter, and let each client subscribe to its own: `devices/{deviceId}/state`",
    bad: "
asyncapi: 3.0.0
info: { title: Lights, version: '1' }
servers: { broker: { host: broker.example, protocol: secure-mqtt } }
channels:
  all: { address: 'lights/+/state/#' }
#                 ^^^^^^^^^^^^^^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Lights, version: '1' }
servers: { broker: { host: broker.example, protocol: secure-mqtt } }
channels:
  state: { address: 'lights/{lightId}/state', parameters: { lightId: {} } }
  page: { address: 'c#/a+b' }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for channel in &view.events.channels {
        let mut protocols: Vec<&str> =
            view.events.servers_of(channel).map(|server| server.protocol.as_str()).collect();
        if protocols.is_empty() {
            protocols.push("mqtt");
        }
        if protocols.into_iter().any(|protocol| has_wildcard(channel, protocol)) {
            findings.add_named(
                channel.addressed(),
                format!("`{}` stands for any topic that fits", channel.address),
            );
        }
    }
}

fn has_wildcard(channel: &Channel<'_>, protocol: &str) -> bool {
    let is = |name: &str| protocol.contains(name);
    let (separator, wildcards): (char, &[&str]) = if is("mqtt") {
        ('/', &["#", "+"])
    } else if is("amqp") {
        ('.', &["#", "*"])
    } else if is("nats") {
        ('.', &["*", ">"])
    } else if is("http") || is("ws") || is("mercure") || is("sse") {
        return false;
    } else {
        return channel.address.contains('*');
    };
    channel.address.split(separator).any(|level| wildcards.contains(&level))
}
