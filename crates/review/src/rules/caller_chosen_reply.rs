//! Finds replies that go wherever a message says.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, View};

pub(super) const RULE: Rule = Rule {
    id: "caller-chosen-reply",
    title: "whoever sends a message chooses where the reply goes",
    severity: Severity::Note,
    control: "ssrf",
    owasp: &["API7:2023"],
    cwe: &["CWE-441"],
    nist: &["REC-API-13", "REC-API-26"],
    why: "The application writes with rights of its own where the sender cannot: into topics that others trust, or with what the \
          sender must not see. Found are operations that receive, whose reply has an `address` with a `location`, unless the \
          schema of what stands there names its values or has a `pattern`.",
    fix: "reply to a channel that is named, or hold the address against a list, and say so by `enum` or `pattern`",
    bad: "
asyncapi: 3.0.0
info: { title: Costs, version: '1' }
servers: { broker: { host: broker.example, protocol: kafka-secure } }
channels:
  costs: { address: costs, messages: { ask: { payload: { type: object }, headers: { properties: { to: { type: string } } } } } }
operations:
  takeQuestion:
    action: receive
    channel: { $ref: '#/channels/costs' }
    reply: { address: { location: '$message.header#/to' } }
#                                 ^^^^^^^^^^^^^^^^^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Costs, version: '1' }
servers: { broker: { host: broker.example, protocol: kafka-secure } }
channels:
  costs:
    address: costs
    messages: { ask: { payload: { type: object }, headers: { properties: { to: { type: string, pattern: '^answers-[a-z]{1,20}$' } } } } }
operations:
  takeQuestion:
    action: receive
    channel: { $ref: '#/channels/costs' }
    reply: { address: { location: '$message.header#/to' } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for channel in &view.events.channels {
        for operation in view.operations_of_channel(channel).filter(|operation| operation.is_called()) {
            let reply = operation.spot.get("reply").and_then(|reply| view.follow(reply));
            let address = reply.and_then(|reply| view.follow(reply.get("address")?));
            let Some(location) = address.and_then(|address| address.get("location")) else { continue };
            let name =
                location.node.as_str().and_then(|text| text.rsplit_once('/')).map_or("", |(_, name)| name);
            let mut schemas = view.events.messages_of(channel).flat_map(|message| message.schemas());
            if !schemas.any(|schema| is_bound(view, schema, name)) {
                findings
                    .add(location, format!("who asks `{}` chooses where the reply goes", operation.name()));
            }
        }
    }
}

/// Whether `schema` names the values of its property `name`, or their form.
fn is_bound<'l>(view: &View<'l>, schema: Spot<'l>, name: &str) -> bool {
    let bounds = Keywords::CHOICE.or(Keywords::PATTERN);
    let properties = view.parts(schema).into_iter().filter_map(|part| part.get("properties")?.get(name));
    let mut known = properties.filter_map(|property| view.schema(property));
    known.any(|property| view.says_any(property, bounds))
}
