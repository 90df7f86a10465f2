//! Finds security schemes of brokers that send a password.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "reusable-password",
    title: "a security scheme sends a password that is good for every connection",
    severity: Severity::Note,
    control: "mtls",
    owasp: &["API2:2023"],
    cwe: &["CWE-522", "CWE-308"],
    nist: &["REC-API-11"],
    why: "SASL PLAIN and user names with passwords show the broker, and whatever stands before it, a credential that is shared by \
          all instances of an application and lives for years. Over TLS it is no hole by itself; without TLS see \
          `credential-over-plain-transport`.",
    fix: "use `X509`, SCRAM (`scramSha512`), or short-lived tokens of `oauth2`",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: kafka-secure } }
components:
  securitySchemes:
    login: { type: plain }
#                  ^^^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: kafka-secure } }
components:
  securitySchemes:
    login: { type: scramSha512 }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in
        view.schemes.iter().filter(|scheme| scheme.is_type("plain") || scheme.is_type("userPassword"))
    {
        let at = scheme.spot.get("type").unwrap_or(scheme.spot);
        findings.add(at, format!("`{}` sends a password that is good for every connection", scheme.name));
    }
}
