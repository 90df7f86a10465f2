//! Finds operations without a described answer 429.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-429",
    title: "an operation does not describe how it refuses who asks too much",
    severity: Severity::Note,
    control: "rate-limit",
    owasp: &["API4:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-3", "REC-API-15"],
    why: "A limit that is not in the contract is likely to be in no code either. What nobody described is whatever the framework makes of it, \
          and no test holds it against anything. An answer of the class, or by default, will do.",
    fix: "declare an answer 429 with `content`, such as a problem document (RFC 9457)",
    bad: "
paths:
  /orders:
    get:
      security: [{ token: [] }]
      responses: { '200': { description: ok } }
#     ^^^^^^^^^
  /lines:
    get:
      security: [{ token: [] }]
      responses:
        '429': { description: refused }
#       ^^^^^
",
    good: "
paths:
  /orders:
    get:
      security: [{ token: [] }]
      responses: { '429': { description: refused, content: { application/problem+json: {} } } }
",
    check,
};

fn check<'l>(_view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    findings.add_undescribed("429", |_| true);
}
