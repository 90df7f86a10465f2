//! Finds operations that read and ask for a scope of writing.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "read-secured-like-write",
    title: "an operation that reads asks for a scope of writing",
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023", "API2:2023"],
    cwe: &["CWE-272"],
    nist: &["REC-API-12"],
    why: "Who only wants to read must be handed a token that can change things, and loses more with it. `GET` and `HEAD` are \
          looked at, where every alternative asks for a scope whose words say that it writes (`orders:write`, `user.edit`) \
          and for none that also says that it reads.",
    fix: "ask for a scope of reading",
    bad: "
paths:
  /orders:
    get: { security: [{ login: ['orders:write'] }], responses: {} }
#          ^^^^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ login: ['orders:read'] }, { login: ['orders:write'] }], responses: {} }
    post: { security: [{ login: ['orders:write'] }], responses: {} }
  /files:
    get: { security: [{ login: ['files:read-write'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| matches!(operation.method.as_str(), "GET" | "HEAD")) {
        let alternatives = &operation.security.alternatives;
        let writes =
            |needs: &Vec<Need<'l>>| needs.iter().flat_map(Need::scopes).any(words::is_scope_of_writing);
        if !alternatives.is_empty() && alternatives.iter().all(writes) {
            let at = operation.spot.get("security").unwrap_or(operation.spot);
            findings.add(at, format!("`{}` asks for a scope of writing", operation.name()));
        }
    }
}
