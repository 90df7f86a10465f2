//! Finds operations without a described answer 500.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-500",
    title: "an operation does not describe what it says when it breaks",
    severity: Severity::Note,
    control: "error-answers",
    owasp: &["API8:2023"],
    cwe: &["CWE-209"],
    nist: &["REC-API-3", "REC-API-23"],
    why: "Errors of the backend are where traces, queries and addresses leak. What nobody described is whatever the framework makes of it, \
          and no test holds it against anything. An answer of the class, or by default, will do.",
    fix: "declare an answer 500 with `content`, such as a problem document (RFC 9457)",
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
        '500': { description: refused }
#       ^^^^^
",
    good: "
paths:
  /orders:
    get:
      security: [{ token: [] }]
      responses: { '500': { description: refused, content: { application/problem+json: {} } } }
",
    check,
};

fn check<'l>(_view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    findings.add_undescribed("500", |_| true);
}
