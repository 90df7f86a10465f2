//! Finds OAuth's password flow.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "password-flow",
    title: "tokens are handed out for the user's password",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-522"],
    nist: &["REC-API-11"],
    why: "The application sees the user's password, and no second factor can be asked for. RFC 9700, section 2.4, says that \
          this flow must not be used.",
    fix: "use the flow `authorizationCode` with PKCE, or `clientCredentials` between services",
    bad: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        password: { tokenUrl: https://a.example/t, scopes: {} }
#       ^^^^^^^^
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
        authorizationCode: { authorizationUrl: https://a.example/a, tokenUrl: https://a.example/t, scopes: {} }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in &view.schemes {
        for (_, flow) in scheme.flows().into_iter().filter(|(name, _)| *name == "password") {
            let at = flow.get("flow").unwrap_or(flow);
            findings.add(at, format!("`{}` hands out tokens for the user's password", scheme.name));
        }
    }
}
