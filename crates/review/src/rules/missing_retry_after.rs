//! Finds 429 answers that do not say when to come back.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-retry-after",
    title: "a 429 answer does not say when to come back",
    severity: Severity::Note,
    control: "rate-limit",
    owasp: &["API4:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-15"],
    why: "Callers that are not told when to come back come back at once.",
    fix: "declare a header `Retry-After` in the 429 answer",
    bad: "
paths:
  /orders:
    get:
      responses:
        '429': { description: too many, headers: { X-Other: { schema: { type: string } } } }
#                                       ^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '429': { description: too many, headers: { retry-after: { schema: { type: integer } } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        for response in operation.responses.iter().filter(|response| response.status == "429") {
            if !response.has_header("Retry-After") {
                let at = response.spot.get("headers").unwrap_or(response.spot);
                findings.add(at, format!("the 429 answer of `{}` has no `Retry-After`", operation.name()));
            }
        }
    }
}
