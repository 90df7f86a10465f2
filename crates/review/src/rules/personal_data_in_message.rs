//! Finds personal data in messages.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Server, Transport, Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "personal-data-in-message",
    title: "a message holds personal data",
    severity: Severity::Note,
    control: "fields",
    owasp: &["API3:2023"],
    cwe: &["CWE-359", "CWE-213"],
    nist: &["REC-API-6", "REC-API-7"],
    why: "What is in a topic is kept there, and everybody who may read the topic reads all of it: no scope takes a field out, and \
          erasing one person is hard. Properties of payloads and headers are looked at by their name (`email`, `lastName`, \
          `dateOfBirth`, `iban`). It is a warning where a server of the channel is without TLS \
          or lets anybody connect, and for what hurts most in other hands.",
    fix: "send an id and let readers ask for the rest, encrypt the field, or bound who reads the topic and how long it is kept",
    bad: "
asyncapi: 3.0.0
info: { title: Users, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps, security: [{ type: X509 }] } }
channels:
  users:
    messages:
      signedUp: { payload: { type: object, properties: { id: { type: string }, email: { type: string } } } }
#                                                                              ^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Users, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps, security: [{ type: X509 }] } }
channels:
  users:
    messages:
      signedUp: { payload: { type: object, properties: { id: { type: string }, emailVerified: { type: boolean } } } }
",
    check,
};

/// Objects within objects that are looked at.
const LEVELS_MAX: usize = 8;

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let is_exposing = |server: &Server<'l>| {
        !server.is_loopback() && (server.transport == Transport::Plain || server.security.is_open())
    };
    let channels = view.events.channels.iter();
    let exposing = channels.filter(|channel| view.events.servers_of(channel).any(is_exposing));
    let exposed: HashSet<_> = exposing
        .flat_map(|channel| view.events.messages_of(channel))
        .map(|message| message.spot.key())
        .collect();
    let mut seen = HashSet::new();
    for message in &view.events.messages {
        let properties = message.schemas().flat_map(|schema| view.properties_below(schema, LEVELS_MAX));
        for property in properties.filter(|property| words::is_personal_name(property.name)) {
            let is_flag = view.schema(property.spot).is_some_and(|schema| schema.types == Types::BOOLEAN);
            if is_flag || !seen.insert(property.spot.key()) {
                continue;
            }
            let is_grave = exposed.contains(&message.spot.key()) || words::is_special_name(property.name);
            let severity = if is_grave { Severity::Warning } else { RULE.severity };
            let text = format!("the message `{}` holds `{}`", message.name, property.name);
            findings.add_named_as(severity, property.spot, text);
        }
    }
}
