//! Finds security that asks for nothing that can be understood.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "malformed-security",
    title: "`security` is no list of requirements, so nobody knows what it asks for",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-1286", "CWE-306"],
    nist: &["REC-API-11"],
    why: "`security` is a list of objects. Where it is an object, or holds a text, one tool takes it for an open door, the next \
          one for a closed one, and neither says so. The gateway lets nobody in.",
    fix: "write a list, as in `security: [{ token: [] }]`, or `security: []` if anybody may call",
    bad: "
paths:
  /orders:
    get: { security: {}, responses: {} }
#          ^^^^^^^^
    put: { security: [token], responses: {} }
#                     ^^^^^
",
    good: "
paths:
  /orders:
    get: { security: [{}], responses: {} }
    put: { security: [{ token: [] }], responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let holders = std::iter::once(view.root).chain(view.called().map(|operation| operation.spot));
    for declared in holders.filter_map(|holder| holder.get("security")) {
        if !declared.node.is_array() {
            findings.add_named(declared, "`security` is no list");
        }
        for requirement in declared.items().filter(|requirement| !requirement.node.is_object()) {
            findings.add(requirement, "a security requirement is no object");
        }
    }
}
