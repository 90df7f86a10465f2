//! Finds API keys that stand in the URL.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "api-key-in-url",
    title: "an API key stands in the URL",
    severity: Severity::Error,
    control: "api-key",
    owasp: &["API2:2023"],
    cwe: &["CWE-598"],
    nist: &["REC-API-11"],
    why: "URLs are kept in logs, histories and `Referer` fields, and so is a key in them.",
    fix: "send the key in a header: `in: header`",
    bad: "
components:
  securitySchemes:
    key: { type: apiKey, in: query, name: key }
#                            ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  securitySchemes:
    key: { type: httpApiKey, in: query, name: key }
#                                ^^^^^
",
    good: "
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Api-Key }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in view.schemes.iter().filter(|scheme| scheme.is_api_key()) {
        let Some(location) = scheme.spot.get("in") else { continue };
        if matches!(location.node.as_str(), Some("query" | "path")) {
            findings.add(location, format!("the key of `{}` stands in the URL", scheme.name));
        }
    }
}
