//! Finds operations that let anybody send or receive messages, where others on the same server do not.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "unauthenticated-message",
    title: "an operation lets anybody send or receive messages, and others beside it do not",
    severity: Severity::Warning,
    control: "jwt",
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306", "CWE-862"],
    nist: &["REC-API-11", "REC-API-12"],
    why: "The server asks for nothing, so each operation has to, and this one was forgotten. Where the operation says so in words \
          (`security: []`), it is a note. A server none of whose operations asks is found by `unauthenticated-server`.",
    fix: "give the operation, or the server, a `security` that names a scheme",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { push: { host: push.example, protocol: wss } }
channels: { orders: { address: orders } }
operations:
  sendOrder: { action: send, channel: { $ref: '#/channels/orders' }, security: [{ type: X509 }] }
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
# ^^^^^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { push: { host: push.example, protocol: wss, security: [{ type: X509 }] } }
channels: { orders: { address: orders } }
operations:
  sendOrder: { action: send, channel: { $ref: '#/channels/orders' }, security: [{ type: X509 }] }
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    for (index, _) in view.events.servers.iter().enumerate().filter(|(_, server)| server.security.is_open()) {
        let (open, asking): (Vec<_>, Vec<_>) =
            view.operations_on(index).into_iter().partition(|operation| operation.security.is_open());
        if asking.is_empty() {
            continue;
        }
        for operation in open.into_iter().filter(|operation| seen.insert(operation.spot.key())) {
            let is_meant = operation.security.is_openly_said();
            let severity = if is_meant { Severity::Note } else { RULE.severity };
            findings.add_named_as(
                severity,
                operation.spot,
                format!("`{}` is open to anybody", operation.name()),
            );
        }
    }
}
