//! Finds OAuth flows of users that cannot renew a token.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "long-lived-token",
    title: "an OAuth flow has no `refreshUrl`, so its tokens are likely to live long",
    severity: Severity::Note,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-613"],
    nist: &["REC-API-11"],
    why: "A token that cannot be renewed is made to last, and one that is stolen lasts as long. The flows `implicit` and \
          `clientCredentials` have no refresh tokens (RFC 6749, sections 4.2.2 and 4.4.3) and are not looked at: with the \
          second, a client asks for the next token as it did for the first.",
    fix: "give the flow a `refreshUrl`, and let access tokens live for minutes",
    bad: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        authorizationCode: { authorizationUrl: https://a.example/a, tokenUrl: https://a.example/t, scopes: {} }
#       ^^^^^^^^^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    login: { type: oauth2, flows: { password: { tokenUrl: https://a.example/t, availableScopes: {} } } }
#                                   ^^^^^^^^
",
    good: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: https://a.example/t, scopes: {} }
        authorizationCode:
          authorizationUrl: https://a.example/a
          tokenUrl: https://a.example/t
          refreshUrl: https://a.example/t
          scopes: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    // In Swagger 2.0 there is no place for it.
    if view.format == spec::Format::Swagger20 {
        return;
    }
    for scheme in &view.schemes {
        for (name, flow) in scheme.flows() {
            if !matches!(name, "implicit" | "clientCredentials") && flow.text("refreshUrl").is_none() {
                findings.add(flow, format!("the flow `{name}` of `{}` has no `refreshUrl`", scheme.name));
            }
        }
    }
}
