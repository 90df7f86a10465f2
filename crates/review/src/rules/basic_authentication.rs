//! Finds security schemes that send a password with every request.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "basic-authentication",
    title: "a security scheme sends the password with every request",
    severity: Severity::Warning,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-522"],
    nist: &["REC-API-11"],
    why: "HTTP Basic repeats a long-lived password on every call, to every server and proxy on the way, and it cannot be \
          taken back without changing it. When this is wrong: clients that authenticate themselves to a token endpoint.",
    fix: "use OAuth 2.0, OpenID Connect or mutual TLS",
    bad: "
components:
  securitySchemes:
    login: { type: http, scheme: basic }
#                                ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    login: { type: http, scheme: basic }
#                                ^^^^^
",
    good: "
components:
  securitySchemes:
    login: { type: http, scheme: bearer }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in &view.schemes {
        let key = if scheme.is_type("basic") { "type" } else { "scheme" };
        if !(scheme.is_type("basic") || scheme.is_http("basic")) {
            continue;
        }
        let message = format!("`{}` sends the password with every request", scheme.name);
        findings.add(scheme.spot.get(key).unwrap_or(scheme.spot), message);
    }
}
