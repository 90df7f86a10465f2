//! Finds OAuth's implicit flow.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "implicit-flow",
    title: "tokens are handed out by OAuth's implicit flow",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-598"],
    nist: &["REC-API-11"],
    why: "The token comes in the URL of the browser, where histories, logs and scripts read it, and nothing binds it to who \
          asked. RFC 9700, section 2.1.2, tells clients not to use it.",
    fix: "use the flow `authorizationCode` with PKCE",
    bad: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        implicit: { authorizationUrl: https://a.example/a, scopes: {} }
#       ^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    login: { type: oauth2, flows: { implicit: { authorizationUrl: https://a.example/a, availableScopes: {} } } }
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
        for (_, flow) in scheme.flows().into_iter().filter(|(name, _)| *name == "implicit") {
            let at = flow.get("flow").unwrap_or(flow);
            findings.add(at, format!("`{}` hands out tokens by the implicit flow", scheme.name));
        }
    }
}
