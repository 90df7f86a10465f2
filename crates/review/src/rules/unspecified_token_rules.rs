//! Finds schemes whose tokens are JWTs and that do not say by which rules they are checked.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{View, lowercase};

pub(super) const RULE: Rule = Rule {
    id: "unspecified-token-rules",
    title: "a security scheme with JWTs does not say by which rules they are checked",
    severity: Severity::Note,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-345"],
    nist: &["REC-API-11"],
    why: "Algorithms that are not fixed, audiences that are not looked at and tokens that are taken for others are how JWTs \
          fail; RFC 8725 lists what to check. That a description names it proves nothing, and says who is to be asked.",
    fix: "say in the description of the scheme that tokens are checked as RFC 8725 asks",
    bad: "
components:
  securitySchemes:
    token: { type: http, scheme: bearer, bearerFormat: JWT, description: a token }
#                                                                        ^^^^^^^
",
    good: "
components:
  securitySchemes:
    token: { type: http, scheme: bearer, bearerFormat: JWT, description: checked as RFC8725 asks }
    opaque: { type: http, scheme: bearer }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for scheme in &view.schemes {
        let is_jwt = lowercase(scheme.spot.node, "bearerFormat").is_some_and(|format| format == "jwt");
        let description = scheme.spot.get("description");
        let text = description.and_then(|text| text.node.as_str()).unwrap_or_default();
        if !(is_jwt || scheme.is_type("oauth2")) || text.replace([' ', '-'], "").contains("RFC8725") {
            continue;
        }
        let at = description.filter(|text| text.node.as_str().is_some()).unwrap_or(scheme.spot);
        findings.add(at, format!("`{}` does not say by which rules its tokens are checked", scheme.name));
    }
}
