//! Finds operations on servers of others whose answers nothing describes.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Content, Response, View};

pub(super) const RULE: Rule = Rule {
    id: "third-party-without-schema",
    title: "what a third party answers is not described",
    severity: Severity::Warning,
    control: "egress",
    owasp: &["API10:2023"],
    cwe: &["CWE-20", "CWE-346"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "What comes from a server of somebody else is trusted as if it came from the API, and taken in unchecked where nothing says \
          what it is. A server of a path or an operation is one of a third party where its domain is none of the servers of the \
          whole document. Answers of success are looked at, where they are JSON, forms or XML or have no content at all but \
          204. Whether such a server has TLS is asked by `plain-http`.",
    fix: "give each answer a media type with a `schema`",
    bad: "
servers: [{ url: https://api.orders.example/v1 }]
paths:
  /rates:
    servers: [{ url: https://rates.bank.example }]
#                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
    get: { responses: { '200': { description: ok, content: { application/json: {} } } } }
",
    good: "
servers: [{ url: https://api.orders.example/v1 }]
paths:
  /rates:
    servers: [{ url: https://rates.bank.example }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object } } } } } }
  /files:
    servers: [{ url: https://files.orders.example }]
    get: { responses: { '200': { description: ok, content: { application/json: {} } } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut said = HashSet::new();
    for operation in view.called() {
        let Some(server) = view.third_party_of(operation) else { continue };
        let is_described = |content: &Content<'l>| !content.is_structured() || !content.is_undescribed();
        let is_open = |response: &&Response<'l>| {
            let is_empty = response.contents.is_empty() && response.status != "204";
            response.is_success() && (is_empty || !response.contents.iter().all(is_described))
        };
        if operation.responses.iter().any(|response| is_open(&response)) && said.insert(server.key()) {
            let host = server.node.as_str().unwrap_or_default();
            let message = format!("what `{host}` answers to `{}` is not described", operation.name());
            findings.add(server, message);
        }
    }
}
