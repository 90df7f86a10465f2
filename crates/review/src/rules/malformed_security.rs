//! Finds security that asks for nothing that can be understood.

use model::Severity;
use spec::{Format, Spot};

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "malformed-security",
    title: "`security` is no list of requirements, so nobody knows what it asks for",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-1286", "CWE-306"],
    nist: &["REC-API-11"],
    why: "`security` is a list of objects; of AsyncAPI 3, each is a scheme or a `$ref` to one, and no name as it was in 2. Where it is an object, or holds a text, one tool takes it for an open door, the next \
          one for a closed one, and neither says so. The gateway lets nobody in.",
    fix: "write a list, as in `security: [{ token: [] }]`, or `security: []` if anybody may call",
    bad: "
paths:
  /orders:
    get: { security: {}, responses: {} }
#          ^^^^^^^^
    put: { security: [token], responses: {} }
#                     ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps, security: [{ token: [] }] } }
#                                                                      ^^^^^^^^^^^^^
components: { securitySchemes: { token: { type: X509 } } }
",
    good: "
paths:
  /orders:
    get: { security: [{}], responses: {} }
    put: { security: [{ token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let is_event = view.format.is_asyncapi();
    let of_servers = view.events.servers.iter().map(|server| server.spot);
    let operations = view.operations.iter().filter(|operation| is_event || operation.is_called());
    let holders =
        std::iter::once(view.root).chain(of_servers).chain(operations.map(|operation| operation.spot));
    for declared in holders.filter_map(|holder| holder.get("security")) {
        if !declared.node.is_array() {
            findings.add_named(declared, "`security` is no list");
        }
        for requirement in declared.items().filter(|requirement| !requirement.node.is_object()) {
            findings.add(requirement, "a security requirement is no object");
        }
        if view.format == Format::AsyncApi3 {
            let is_scheme = |item: &Spot<'l>| ["$ref", "type"].iter().any(|key| item.get(key).is_some());
            for item in declared.items().filter(|item| item.node.is_object() && !is_scheme(item)) {
                findings.add(item, "a security requirement is neither a scheme nor a reference to one");
            }
        }
    }
}
