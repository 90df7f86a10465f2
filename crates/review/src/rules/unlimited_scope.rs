//! Finds operations that ask for a scope which opens everything.

use model::Severity;

use super::admin_secured_like_user::is_admin;
use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "unlimited-scope",
    title: "an operation asks for a scope that opens everything",
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023", "API2:2023"],
    cwe: &["CWE-250", "CWE-272"],
    nist: &["REC-API-12"],
    why: "Who wants to read orders must be handed a token that opens the whole API, and loses all of it with the token. Found is \
          where every alternative asks for a scope that says nothing else (`*`, `all`, `admin`, `full_access`); what \
          administrators alone do is left out. When this is wrong: the whole API is for administrators, and its paths do not say \
          so.",
    fix: "ask for a scope that names what the operation does",
    bad: "
paths:
  /orders:
    get: { security: [{ login: [full_access] }], responses: {} }
#          ^^^^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders:
    get: { security: [{ login: ['orders:read'] }, { login: [full_access] }], responses: {} }
  /admin/orders:
    delete: { security: [{ login: [admin] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| !is_admin(operation)) {
        let alternatives = &operation.security.alternatives;
        let opens_all = |needs: &Vec<Need<'l>>| {
            let mut scopes = needs.iter().flat_map(Need::scopes);
            scopes.any(words::is_scope_of_everything)
        };
        if !alternatives.is_empty() && alternatives.iter().all(opens_all) {
            let at = operation.spot.get("security").unwrap_or(operation.spot);
            findings.add(at, format!("`{}` asks for a scope that opens everything", operation.name()));
        }
    }
}
