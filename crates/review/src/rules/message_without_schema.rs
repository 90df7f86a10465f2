//! Finds messages that nothing describes.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Message, Payload, View};

pub(super) const RULE: Rule = Rule {
    id: "message-without-schema",
    title: "a message is not described",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023", "API3:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "What has no schema, or an empty one, is held against nothing, and whoever may write to the channel decides what every \
          reader parses. Found are messages without `payload` or with an empty one, and channels that are used and have no \
          message. Of what the application only sends it is a note.",
    fix: "give the message a `payload` with a schema",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: secure-mqtt } }
channels:
  orders: { address: orders, messages: { order: { name: order } } }
#                                        ^^^^^
  bills: { address: bills, messages: { bill: { payload: {} } } }
#                                              ^^^^^^^
  returns: { address: returns }
# ^^^^^^^
operations:
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
  takeBill: { action: receive, channel: { $ref: '#/channels/bills' } }
  takeReturn: { action: receive, channel: { $ref: '#/channels/returns' } }
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: secure-mqtt } }
channels:
  orders: { address: orders, messages: { order: { payload: { type: object } } } }
operations:
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for message in &view.events.messages {
        if let Some(at) = undescribed(message) {
            let severity = if message.is_received() { RULE.severity } else { Severity::Note };
            findings.add_named_as(severity, at, format!("the message `{}` is not described", message.name));
        }
    }
    for channel in view.events.channels.iter().filter(|channel| channel.names_no_message(view)) {
        let is_received = view.operations_of_channel(channel).any(|operation| operation.is_called());
        let severity = if is_received { RULE.severity } else { Severity::Note };
        if !channel.operations.is_empty() {
            let message = format!("no message of the channel `{}` is described", channel.name);
            findings.add_named_as(severity, channel.spot, message);
        }
    }
}

/// Where a schema should be.
fn undescribed<'l>(message: &Message<'l>) -> Option<Spot<'l>> {
    match message.payload {
        Payload::Missing => Some(message.spot),
        Payload::Schema(schema) => {
            let is_empty = schema.node.is_object() && schema.node.is_empty();
            (is_empty || schema.node.as_bool() == Some(true)).then_some(schema)
        }
        Payload::Foreign(_) => None,
    }
}
