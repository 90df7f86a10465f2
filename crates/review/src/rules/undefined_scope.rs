//! Finds scopes that the scheme does not know.

use std::collections::HashSet;

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "undefined-scope",
    title: "a scope is asked for that the OAuth scheme does not declare",
    severity: Severity::Warning,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-285"],
    nist: &["REC-API-12"],
    why: "A scope that no flow hands out is either a slip, by which nobody can call, or a scope of which whoever reviews the \
          API does not know.",
    fix: "declare the scope in the flows of the scheme, or write one that is declared",
    bad: "
security: [{ login: ['orders:raed'] }]
#                    ^^^^^^^^^^^^^
paths: {}
components:
  securitySchemes:
    login: { type: oauth2, flows: { clientCredentials: { tokenUrl: https://a.example, scopes: { 'orders:read': r } } } }
---
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers: { broker: { url: broker.example, protocol: amqps, security: [{ login: ['orders:raed'] }] } }
#                                                                               ^^^^^^^^^^^^^
components:
  securitySchemes:
    login: { type: oauth2, flows: { clientCredentials: { tokenUrl: https://a.example, scopes: { 'orders:read': r } } } }
",
    good: "
security: [{ login: ['orders:read'] }]
paths: {}
components:
  securitySchemes:
    login: { type: oauth2, flows: { clientCredentials: { tokenUrl: https://a.example, scopes: { 'orders:read': r } } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for need in view.needs() {
        let Some(scheme) = view.scheme_of(&need).filter(|scheme| !scheme.flows().is_empty()) else {
            continue;
        };
        let declared: HashSet<&str> = scheme
            .flows()
            .into_iter()
            .flat_map(|(_, flow)| flow.members_of("scopes").chain(flow.members_of("availableScopes")))
            .map(|(scope, _)| scope)
            .collect();
        for scope in need.listed.into_iter().flat_map(Spot::items) {
            if let Some(name) = scope.node.as_str().filter(|name| !declared.contains(name)) {
                findings.add(scope, format!("`{}` has no scope `{name}`", need.scheme));
            }
        }
    }
}
