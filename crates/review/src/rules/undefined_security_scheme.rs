//! Finds security requirements that name no scheme.

use model::Severity;
use spec::Format;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "undefined-security-scheme",
    title: "a security requirement names a scheme that is not declared",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11"],
    why: "Nobody can say what such a requirement asks for: one tool lets everybody in, the next one nobody. OpenAPI 3.2 lets a \
          requirement refer to a scheme by its URI; names with a `/` or `#` are left out.",
    fix: "declare the scheme, or write the name of one that is declared",
    bad: "
security: [{ tokn: [] }]
#            ^^^^
paths: {}
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
---
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers: { broker: { url: broker.example, protocol: amqps, security: [{ tokn: [] }] } }
#                                                                       ^^^^
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    good: "
security: [{ token: [] }]
paths: {}
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for need in view.needs() {
        let is_uri = need.scheme.contains(['/', '#']) || view.format == Format::AsyncApi3;
        if !is_uri && view.scheme_of(&need).is_none() {
            findings.add_named(need.spot, format!("no security scheme is called `{}`", need.scheme));
        }
    }
}
