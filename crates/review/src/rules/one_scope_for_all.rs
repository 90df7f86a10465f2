//! Finds APIs that know a single scope.

use std::collections::BTreeSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};

pub(super) const RULE: Rule = Rule {
    id: "one-scope-for-all",
    title: "one scope opens everything, reading and writing",
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023", "API2:2023"],
    cwe: &["CWE-272", "CWE-285"],
    nist: &["REC-API-12"],
    why: "A token for one thing is a token for all, so none can be given away with less. It is found where every operation of \
          an API asks for the same one scope, at least four of them, some of which read and some of which change things.",
    fix: "divide the scope, at least into one of reading and one of writing",
    bad: "
paths:
  /orders:
    get: { security: [{ login: [api] }], responses: {} }
#                       ^^^^^
    post: { security: [{ login: [api] }], responses: {} }
  /orders/{id}:
    get: { security: [{ login: [api] }], responses: {} }
    delete: { security: [{ login: [api] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ login: [read] }], responses: {} }
    post: { security: [{ login: [write] }], responses: {} }
  /orders/{id}:
    get: { security: [{ login: [read] }], responses: {} }
    delete: { security: [{ login: [write] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

/// Operations below which one scope may be enough.
const OPERATIONS_MIN: usize = 4;

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let operations: Vec<&Operation<'l>> = view.called().collect();
    let scopes: BTreeSet<Option<&str>> = operations.iter().flat_map(|operation| asked(operation)).collect();
    let (Some(Some(scope)), 1) = (scopes.first(), scopes.len()) else { return };
    let writes = operations.iter().filter(|operation| operation.is_unsafe()).count();
    if operations.len() < OPERATIONS_MIN || writes == 0 || writes == operations.len() {
        return;
    }
    let first = operations
        .first()
        .and_then(|operation| operation.security.needs().find(|need| !need.spot.node.is_empty()));
    if let Some(need) = first {
        findings.add_named(need.spot, format!("`{scope}` opens all {} operations", operations.len()));
    }
}

/// The scopes that an operation asks for; nothing for an alternative without any.
fn asked<'l>(operation: &Operation<'l>) -> BTreeSet<Option<&'l str>> {
    let mut asked = BTreeSet::new();
    for needs in &operation.security.alternatives {
        let before = asked.len();
        asked.extend(needs.iter().flat_map(|need| need.scopes()).map(Some));
        if asked.len() == before {
            asked.extend(needs.iter().all(|need| need.spot.node.is_empty()).then_some(None));
        }
    }
    if operation.security.is_open() {
        asked.insert(None);
    }
    asked
}
