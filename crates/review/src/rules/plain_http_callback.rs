//! Finds callbacks without TLS.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Direction, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "plain-http-callback",
    title: "the API calls back without TLS",
    severity: Severity::Error,
    control: "egress",
    owasp: &["API10:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-9"],
    why: "What the API sends to others is read and changed on the way, and nobody is sure who answers. Callbacks whose address \
          begins with `http:` are found, and servers of theirs and of \
          webhooks that do; those whose address the caller gives cannot be judged.",
    fix: "write `https:`",
    bad: "
paths:
  /orders:
    post:
      responses: {}
      callbacks:
        shipped:
          'http://partner.example/shipped': { post: { responses: {} } }
#                                             ^^^^
webhooks:
  paid: { post: { servers: [{ url: http://partner.example }], responses: {} } }
#                                  ^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    post:
      responses: {}
      callbacks:
        shipped:
          'https://partner.example/shipped': { post: { responses: {} } }
          '{$request.body#/callback}': { post: { responses: {} } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.operations.iter().filter(|operation| operation.direction == Direction::Calling) {
        if words::is_plain_http(operation.path) {
            findings.add(operation.spot, format!("`{}` is called without TLS", operation.path));
        }
        for holder in [operation.spot, operation.item] {
            for url in holder.items_of("servers").filter_map(|server| server.get("url")) {
                if url.node.as_str().is_some_and(words::is_plain_http) {
                    findings.add(url, format!("`{}` is called without TLS", operation.path));
                }
            }
        }
    }
}
