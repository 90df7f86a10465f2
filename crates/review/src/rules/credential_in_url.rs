//! Finds parameters of the URL that are credentials by their name.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "credential-in-url",
    title: "a credential is sent in the URL",
    severity: Severity::Error,
    control: "leak",
    owasp: &["API2:2023", "API8:2023"],
    cwe: &["CWE-598"],
    nist: &["REC-API-11", "REC-API-25"],
    why: "URLs are kept in logs, histories and `Referer` fields, and so is what stands in them. The name of the parameter is \
          what is judged: one whose words are `password`, `secret`, `access token` and their like. A `page token` or a \
          `token type` is none, and a `token` in a path is a note: it may be that of a link which works once.",
    fix: "send it in a header or in the body",
    bad: "
paths:
  /orders:
    get:
      parameters:
      - { name: access_token, in: query, schema: { type: string } }
#               ^^^^^^^^^^^^
      responses: {}
---
asyncapi: 2.6.0
info: { title: Prices, version: '1' }
servers: { push: { url: push.example, protocol: wss } }
channels:
  /prices: { bindings: { ws: { query: { type: object, properties: { access_token: { type: string } } } } } }
#                                                                   ^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      parameters:
      - { name: pageToken, in: query, schema: { type: string } }
      - { name: X-Token, in: header, schema: { type: string } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for parameter in view.parameters() {
        if matches!(parameter.location, "query" | "path") && words::is_credential(parameter.name) {
            let at = parameter.spot.get("name").unwrap_or(parameter.spot);
            // A word of its own in a path is often that of a link which works once.
            let is_link = parameter.location == "path" && parameter.name.eq_ignore_ascii_case("token");
            let severity = if is_link { Severity::Note } else { RULE.severity };
            findings.add_as(
                severity,
                at,
                format!("`{}` is a credential, and is sent in the URL", parameter.name),
            );
        }
    }
}
