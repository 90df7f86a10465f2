//! Finds operations that change something and ask for an API key alone.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, Scheme, View};

pub(super) const RULE: Rule = Rule {
    id: "key-only-authentication",
    title: "an operation that changes something asks for an API key alone",
    severity: Severity::Warning,
    control: "api-key",
    owasp: &["API2:2023"],
    cwe: &["CWE-308", "CWE-287"],
    nist: &["REC-API-11"],
    why: "A key says which application calls, not who: it is copied into scripts, shared, and lives for years. One alternative \
          of `security` that asks for nothing else is enough, since a caller chooses among them. Where `security` is \
          inherited from the root, it is said once, there. Of messages, servers are looked at that are brokers or on which others \
          send.",
    fix: "ask for a token beside the key: both schemes in one alternative",
    bad: "
paths:
  /orders:
    post: { security: [{ token: [] }, { key: [] }], responses: {} }
#                                       ^^^
components:
  securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: K } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps, security: [{ $ref: '#/components/securitySchemes/key' }] } }
#                                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
components: { securitySchemes: { key: { type: apiKey, in: user } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ key: [] }], responses: {} }
    post: { security: [{ token: [], key: [] }], responses: {} }
components:
  securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: K } }
---
asyncapi: 3.0.0
info: { title: Prices, version: '1' }
servers: { push: { host: push.example, protocol: wss, security: [{ $ref: '#/components/securitySchemes/key' }] } }
channels: { prices: { address: prices } }
operations: { sendPrice: { action: send, channel: { $ref: '#/channels/prices' } } }
components: { securitySchemes: { key: { type: httpApiKey, in: header, name: X-Key } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    let writes = view.called().filter(|operation| operation.is_unsafe());
    let of_requests = writes.map(|operation| (&operation.security, operation.name()));
    let servers = view.events.servers.iter().enumerate();
    let written = servers.filter(|(index, server)| {
        server.is_broker() || view.operations_on(*index).iter().any(|operation| operation.is_called())
    });
    let of_messages = written.map(|(_, server)| (&server.security, server.name.to_owned()));
    for (security, opened) in of_requests.chain(of_messages) {
        let alternatives = security.alternatives.iter().filter(|needs| !needs.is_empty());
        let keys = alternatives.filter(|needs| needs.iter().all(|need| is_key(view, need)));
        for need in keys.filter_map(|needs| needs.first()) {
            if seen.insert(need.spot.key()) {
                findings.add_named(need.spot, format!("the key `{}` alone opens `{opened}`", need.scheme));
            }
        }
    }
}

fn is_key(view: &View<'_>, need: &Need<'_>) -> bool {
    // A key in a cookie is a session, which stands for somebody who has signed in.
    let is_key = |scheme: &Scheme<'_>| scheme.is_api_key() && scheme.spot.text("in") != Some("cookie");
    // A token in `Authorization` is often declared as a key, for want of another way in Swagger 2.0.
    let is_token = |scheme: &Scheme<'_>| {
        scheme.spot.text("name").is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
    };
    view.scheme_of(need).is_some_and(|scheme| is_key(scheme) && !is_token(scheme))
}
