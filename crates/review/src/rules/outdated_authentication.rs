//! Finds HTTP authentication schemes that are known to be weak.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "outdated-authentication",
    title: "a security scheme is of a kind that is known to be weak",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-1390"],
    nist: &["REC-API-11"],
    why: "`negotiate` falls back to NTLM, OAuth 1.0 is withdrawn, and `digest` stands on MD5 of a password that the server \
          must keep.",
    fix: "use OAuth 2.0, OpenID Connect or mutual TLS",
    bad: "
components:
  securitySchemes:
    old: { type: http, scheme: negotiate }
#                              ^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    old: { type: http, scheme: digest }
#                              ^^^^^^
",
    good: "
components:
  securitySchemes:
    new: { type: http, scheme: bearer }
",
    check,
};

const WEAK: &[&str] = &["negotiate", "oauth", "digest", "ntlm", "hoba"];

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in view.schemes.iter().filter(|scheme| scheme.is_type("http")) {
        let Some(name) = WEAK.iter().find(|weak| scheme.is_http(weak)) else { continue };
        let at = scheme.spot.get("scheme").unwrap_or(scheme.spot);
        findings.add(at, format!("`{name}` is a weak way to authenticate"));
    }
}
