//! Finds operations that change something and ask for an API key alone.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, View};

pub(super) const RULE: Rule = Rule {
    id: "key-only-authentication",
    title: "an operation that changes something asks for an API key alone",
    severity: Severity::Warning,
    control: "api-key",
    owasp: &["API2:2023"],
    cwe: &["CWE-308", "CWE-287"],
    nist: &["REC-API-11"],
    why: "A key says which application calls, not who: it is copied into scripts, shared, and lives for years. One alternative \
          of `security` that asks for nothing else is enough, since a caller chooses among them. Where `security` is \
          inherited from the root, it is said once, there.",
    fix: "ask for a token beside the key: both schemes in one alternative",
    bad: "
paths:
  /orders:
    post: { security: [{ token: [] }, { key: [] }], responses: {} }
#                                       ^^^
components:
  securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: K } }
",
    good: "
paths:
  /orders:
    get: { security: [{ key: [] }], responses: {} }
    post: { security: [{ token: [], key: [] }], responses: {} }
components:
  securitySchemes: { token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: K } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    let is_key = |need: &Need<'_>| {
        // A key in a cookie is a session, which stands for somebody who has signed in.
        let is_key = |scheme: &crate::view::Scheme<'_>| {
            scheme.is_type("apiKey") && scheme.spot.text("in") != Some("cookie")
        };
        // A token in `Authorization` is often declared as a key, for want of another way in Swagger 2.0.
        let is_token = |scheme: &crate::view::Scheme<'_>| {
            scheme.spot.text("name").is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
        };
        view.scheme(need.scheme).is_some_and(|scheme| is_key(scheme) && !is_token(scheme))
    };
    for operation in view.called().filter(|operation| operation.is_unsafe()) {
        let keys = operation
            .security
            .alternatives
            .iter()
            .filter(|needs| !needs.is_empty() && needs.iter().all(is_key));
        for need in keys.filter_map(|needs| needs.first()) {
            if seen.insert(need.spot.key()) {
                findings.add_named(
                    need.spot,
                    format!("the key `{}` alone opens `{}`", need.scheme, operation.name()),
                );
            }
        }
    }
}
