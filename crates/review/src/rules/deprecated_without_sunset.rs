//! Finds deprecated operations without an end.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "deprecated-without-sunset",
    title: "a deprecated operation does not say when it ends",
    severity: Severity::Note,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "What is deprecated without an end stays, and gets no care: old versions are where attackers look first. An extension \
          with a day (`x-sunset`, `x-sunset-date`), the gateway's `lifecycle`, or a declared header `Sunset` (RFC 8594) is \
          looked for.",
    fix: "write `x-palisade: { lifecycle: { sunset: DATE } }`, or `x-sunset`",
    bad: "
paths:
  /orders:
    get: { deprecated: true, responses: {} }
#                      ^^^^
",
    good: "
paths:
  /orders:
    get: { deprecated: true, x-sunset: '2027-01-31', responses: {} }
    post: { deprecated: true, x-palisade: { lifecycle: { sunset: '2027-01-31T00:00:00Z' } }, responses: {} }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| operation.spot.is_true("deprecated")) {
        if !operation.says_when_it_ends(view) {
            let at = operation.spot.get("deprecated").unwrap_or(operation.spot);
            findings.add(at, format!("`{}` does not say when it ends", operation.name()));
        }
    }
}
