//! Finds operations of administrators that ask for no more than those of users.

use std::collections::BTreeSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Need, Operation, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "admin-secured-like-user",
    title: "an operation of administrators asks for no more than one of users",
    severity: Severity::Error,
    control: "scope",
    owasp: &["API5:2023"],
    cwe: &["CWE-285", "CWE-862"],
    nist: &["REC-API-12"],
    why: "Every user whose token opens the one has a token that opens the other, and whether the backend looks again is not \
          said. Operations are looked at with a word such as `admin` or \
          `backoffice` in their path, a tag or their `operationId`, with what they ask for after inheritance from the root, \
          whatever the order in which it is written. Where no scope is asked for, it is a warning: roles may be told apart by \
          what the credential itself says. A document all of whose paths are an administrator's is left out, and what everybody does to \
          themselves (`/admin/me`).",
    fix: "ask for a scope that administrators alone have",
    bad: "
paths:
  /orders: { get: { security: [{ token: [orders] }], responses: {} } }
  /admin/orders: { delete: { security: [{ token: [orders] }], responses: {} } }
#                            ^^^^^^^^
  /users/{id}/ban: { post: { operationId: banUser, tags: [Admin API], security: [{ token: [orders] }], responses: {} } }
#                                                                     ^^^^^^^^
components: { securitySchemes: { token: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
paths:
  /orders: { get: { security: [{ token: [orders] }], responses: {} } }
  /geo/adminDivisions: { get: { security: [{ token: [orders] }], responses: {} } }
  /admin/users/self/keys: { post: { security: [{ token: [orders] }], responses: {} } }
  /admin/orders: { delete: { security: [{ token: [admin] }], responses: {} } }
components: { securitySchemes: { token: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

/// What one alternative asks for: schemes and scopes, in no order.
type Asked<'l> = BTreeSet<(&'l str, BTreeSet<&'l str>)>;

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let asked_of_users: BTreeSet<Asked<'l>> =
        view.called().filter(|operation| !is_admin(operation)).flat_map(alternatives).collect();
    for operation in view.called().filter(|operation| is_admin(operation)) {
        let alternatives = alternatives(operation);
        let mut shared =
            alternatives.iter().filter(|asked| !asked.is_empty() && asked_of_users.contains(*asked));
        let Some(asked) = shared.next() else { continue };
        let own = operation.spot.get("security").unwrap_or(operation.spot);
        let has_scopes = asked.iter().any(|(_, scopes)| !scopes.is_empty());
        let severity = if has_scopes { RULE.severity } else { Severity::Warning };
        findings.add_as(
            severity,
            own,
            format!("`{}` asks for no more than operations of users do", operation.name()),
        );
    }
}

/// Whether a name is of a map: `adminDivisions` have no administrators.
fn is_area(word: &str) -> bool {
    matches!(word, "division" | "divisions" | "area" | "areas" | "boundary" | "boundaries" | "region")
}

/// Whether an operation is of administrators, by its path, its tags or its name.
pub(super) fn is_admin(operation: &Operation<'_>) -> bool {
    let is_word = |word: &String| {
        matches!(word.as_str(), "admin" | "administrator" | "administration" | "superuser" | "backoffice")
    };
    let spot = operation.spot;
    let segments = operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    let tags = spot.items_of("tags").filter_map(|tag| tag.node.as_str());
    let names = segments.chain(tags).chain(spot.text("operationId"));
    let words: Vec<String> = names
        .map(words::words)
        .filter(|words| !words.iter().map(String::as_str).any(is_area))
        .flatten()
        .collect();
    let is_own = words.iter().any(|word| matches!(word.as_str(), "self" | "me" | "myself"));
    words.iter().any(is_word) && !is_own
}

fn alternatives<'l>(operation: &Operation<'l>) -> Vec<Asked<'l>> {
    let asked =
        |needs: &Vec<Need<'l>>| needs.iter().map(|need| (need.scheme, need.scopes().collect())).collect();
    operation.security.alternatives.iter().map(asked).collect()
}
