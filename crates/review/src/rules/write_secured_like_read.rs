//! Finds operations that change something and ask for the scopes of reading.

use std::collections::BTreeSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};

pub(super) const RULE: Rule = Rule {
    id: "write-secured-like-read",
    title: "an operation that changes something asks for the same scopes as reading does",
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-285"],
    nist: &["REC-API-12"],
    why: "Who may read may then change and delete. `DELETE`, `PUT` and `PATCH` are held against the `GET` of the same path, \
          where both ask for scopes; a scope whose name says that it writes (`orders:write`, `admin`) is left out, even if \
          reading asks for it. Of one that says neither (`orders`) it is a note.",
    fix: "ask for a scope that readers do not have",
    bad: "
paths:
  /orders/{id}:
    get: { security: [{ login: ['orders:read'] }], responses: {} }
    delete: { security: [{ login: ['orders:read'] }], responses: {} }
#             ^^^^^^^^
  /carts/{id}:
    get: { security: [{ login: [carts] }], responses: {} }
    put: { security: [{ login: [carts] }], responses: {} }
#          ^^^^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders/{id}:
    get: { security: [{ login: ['orders:read'] }], responses: {} }
    delete: { security: [{ login: ['orders:delete'] }], responses: {} }
  /all/{id}:
    get: { security: [{ login: ['all'] }, { login: ['read'] }], responses: {} }
    delete: { security: [{ login: ['all'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let reads: Vec<&Operation<'l>> = view.called().filter(|operation| operation.method == "GET").collect();
    for write in
        view.called().filter(|operation| matches!(operation.method.as_str(), "DELETE" | "PUT" | "PATCH"))
    {
        let Some(read) = reads.iter().find(|read| read.path == write.path) else { continue };
        let scopes = scopes(write);
        let is_scoped = !scopes.is_empty() && !scopes.contains(&BTreeSet::new());
        if !is_scoped
            || scopes != self::scopes(read)
            || scopes.iter().flatten().any(|scope| says_write(scope))
        {
            continue;
        }
        let severity = if scopes.iter().flatten().all(|scope| says_read(scope)) {
            RULE.severity
        } else {
            Severity::Note
        };
        let at = write.spot.get("security").unwrap_or(write.spot);
        let message = format!("`{}` asks for the same scopes as `GET` does", write.name());
        findings.add_as(severity, at, message);
    }
}

/// The scopes of each alternative.
fn scopes<'l>(operation: &Operation<'l>) -> BTreeSet<BTreeSet<&'l str>> {
    let alternatives = operation.security.alternatives.iter();
    alternatives.map(|needs| needs.iter().flat_map(|need| need.scopes()).collect()).collect()
}

fn says_write(scope: &str) -> bool {
    let scope = scope.to_ascii_lowercase();
    ["write", "admin", "manage", "edit", "delete", "update", "full", "all", "modify", "rw"]
        .iter()
        .any(|word| scope.contains(word))
}

fn says_read(scope: &str) -> bool {
    let scope = scope.to_ascii_lowercase();
    ["read", "view", "get", "list", "ro"].iter().any(|word| scope.contains(word))
}
