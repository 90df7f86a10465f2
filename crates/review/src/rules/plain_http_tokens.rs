//! Finds OAuth and OpenID addresses without TLS.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "plain-http-tokens",
    title: "tokens are asked for without TLS",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API8:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-9", "REC-API-11"],
    why: "Who listens on the way has the codes, the secrets of clients and the tokens. Loopback addresses are left out.",
    fix: "write `https:`",
    bad: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: http://login.example/token, scopes: {} }
#                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    login: { type: openIdConnect, openIdConnectUrl: http://login.example }
#                                                   ^^^^^^^^^^^^^^^^^^^^
",
    good: "
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: https://login.example/token, scopes: {} }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in &view.schemes {
        let mut urls: Vec<_> = scheme.spot.get("openIdConnectUrl").into_iter().collect();
        for (_, flow) in scheme.flows() {
            urls.extend(
                ["authorizationUrl", "tokenUrl", "refreshUrl"].iter().filter_map(|key| flow.get(key)),
            );
        }
        for url in urls {
            if url.node.as_str().is_some_and(words::is_plain_http) {
                findings.add(url, format!("`{}` asks for tokens without TLS", scheme.name));
            }
        }
    }
}
