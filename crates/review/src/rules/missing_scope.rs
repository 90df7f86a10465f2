//! Finds operations that any token opens.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, View};

pub(super) const RULE: Rule = Rule {
    id: "missing-scope",
    title: "an operation that changes something is opened by any token of the scheme",
    severity: Severity::Note,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-862"],
    nist: &["REC-API-12"],
    why: "Without a scope, a token that was handed out for reading a profile deletes orders. Operations that change something \
          are looked at, where a scheme with scopes (`oauth2`, `openIdConnect`) is asked for without any. Where `security` is \
          inherited from the root, it is said once, there.",
    fix: "name the scopes that the operation needs",
    bad: "
paths:
  /orders:
    delete: { security: [{ login: [] }], responses: {} }
#                          ^^^^^
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders:
    delete: { security: [{ login: ['orders:delete'] }], responses: {} }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    for operation in view.called().filter(|operation| operation.is_unsafe()) {
        let has_scopes = |need: &&Need<'_>| {
            view.scheme(need.scheme)
                .is_some_and(|scheme| scheme.is_type("oauth2") || scheme.is_type("openIdConnect"))
        };
        for need in operation.security.needs().filter(has_scopes) {
            if need.spot.node.is_empty() && seen.insert(need.spot.key()) {
                let message = format!("any token of `{}` opens `{}`", need.scheme, operation.name());
                findings.add_named(need.spot, message);
            }
        }
    }
}
