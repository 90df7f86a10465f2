//! Finds parameters in the address of a channel that nothing describes.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "undefined-channel-parameter",
    title: "a parameter of a channel's address is not described",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "Nobody knows what may stand there, so nothing is refused: with a `/`, `.` or `#` in it, a name becomes another topic.",
    fix: "describe the parameter under `parameters` of the channel; name its values where there are few",
    bad: "
asyncapi: 2.6.0
info: { title: Lights, version: '1' }
channels:
  'lights/{lightId}/state': { publish: { message: { payload: { type: object } } } }
# ^^^^^^^^^^^^^^^^^^^^^^^^
servers: { broker: { url: broker.example, protocol: secure-mqtt } }
",
    good: "
asyncapi: 2.6.0
info: { title: Lights, version: '1' }
channels:
  'lights/{lightId}/state':
    parameters: { lightId: { schema: { type: string, format: uuid } } }
servers: { broker: { url: broker.example, protocol: secure-mqtt } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for channel in &view.events.channels {
        let described: Vec<&str> = channel.spot.members_of("parameters").map(|(name, _)| name).collect();
        for name in parameters(channel.address).filter(|name| !described.contains(name)) {
            findings.add_named(channel.addressed(), format!("`{{{name}}}` is not described"));
        }
    }
}

/// The names in braces of `address`.
fn parameters(address: &str) -> impl Iterator<Item = &str> {
    let after = address.split('{').skip(1);
    after.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).filter(|name| !name.is_empty())
}
