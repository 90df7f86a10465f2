//! Finds security requirements that name no scheme.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Security, View};

pub(super) const RULE: Rule = Rule {
    id: "undefined-security-scheme",
    title: "a security requirement names a scheme that is not declared",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11"],
    why: "Nobody can say what such a requirement asks for: one tool lets everybody in, the next one nobody. OpenAPI 3.2 lets a \
          requirement refer to a scheme by its URI; names with a `/` or `#` are left out.",
    fix: "declare the scheme, or write the name of one that is declared",
    bad: "
security: [{ tokn: [] }]
#            ^^^^
paths: {}
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    good: "
security: [{ token: [] }]
paths: {}
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let of_root = Security::of(view.root).unwrap_or_default();
    let of_operations = view.called().map(|operation| &operation.security);
    let mut seen = HashSet::new();
    for need in std::iter::once(&of_root).chain(of_operations).flat_map(Security::needs) {
        let is_uri = need.scheme.contains(['/', '#']);
        if !is_uri && view.scheme(need.scheme).is_none() && seen.insert(need.spot.key()) {
            findings.add_named(need.spot, format!("no security scheme is called `{}`", need.scheme));
        }
    }
}
