//! Finds credentials in messages.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "credential-in-message",
    title: "a message holds a credential",
    severity: Severity::Warning,
    control: "fields",
    owasp: &["API3:2023", "API2:2023"],
    cwe: &["CWE-522", "CWE-312"],
    nist: &["REC-API-6", "REC-API-7"],
    why: "A broker keeps what it is given: everybody who may read the topic, and who finds a copy of its disk, has the password. \
          Texts of payloads and headers are looked at whose name is that of a password, or of a key, secret or token where a \
          broker stands between. A token in a message over a WebSocket, by which a client signs in, is left out.",
    fix: "send a reference, or let whoever needs the credential fetch it from where secrets are kept",
    bad: "
asyncapi: 3.0.0
info: { title: Users, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
channels:
  users:
    messages:
      signedUp: { payload: { type: object, properties: { id: { type: string }, password: { type: string } } } }
#                                                                              ^^^^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Prices, version: '1' }
servers: { push: { host: push.example, protocol: wss } }
channels:
  prices:
    messages:
      subscribe: { payload: { type: object, properties: { token: { type: string }, passwordChanged: { type: boolean } } } }
",
    check,
};

/// Objects within objects that are looked at.
const LEVELS_MAX: usize = 8;

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let channels = view.events.channels.iter();
    let brokered =
        channels.filter(|channel| view.events.servers_of(channel).any(|server| server.is_broker()));
    let kept: HashSet<_> = brokered
        .flat_map(|channel| view.events.messages_of(channel))
        .map(|message| message.spot.key())
        .collect();
    let mut seen = HashSet::new();
    for message in &view.events.messages {
        let is_kept = kept.contains(&message.spot.key());
        let properties = message.schemas().flat_map(|schema| view.properties_below(schema, LEVELS_MAX));
        for property in properties {
            let name = property.name;
            let is_named = words::is_password(name) || (is_kept && words::is_credential(name));
            let is_text = view.schema(property.spot).is_some_and(|schema| schema.types.has(Types::STRING));
            if is_named && is_text && seen.insert(property.spot.key()) {
                findings.add_named(property.spot, format!("the message `{}` holds `{name}`", message.name));
            }
        }
    }
}
