//! Finds operations without a described answer 401.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-401",
    title: "an operation does not describe how it refuses who does not prove who calls",
    severity: Severity::Note,
    control: "error-answers",
    owasp: &["API8:2023"],
    cwe: &["CWE-755"],
    nist: &["REC-API-3", "REC-API-23"],
    why: "It is the answer that every caller meets sooner or later. What nobody described is whatever the framework makes of it, \
          and no test holds it against anything. An answer of the class, or by default, will do. Nothing is said \
          of operations that the document opens to anybody in words (`security: []`), nor of `OPTIONS`, which browsers ask \
          without credentials.",
    fix: "declare an answer 401 with `content`, such as a problem document (RFC 9457)",
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
        '401': { description: refused }
#       ^^^^^
",
    good: "
paths:
  /orders:
    get:
      security: [{ token: [] }]
      responses: { '401': { description: refused, content: { application/problem+json: {} } } }
    options: { responses: { '204': { description: ok } } }
  /health:
    get: { security: [], responses: { '200': { description: ok } } }
",
    check,
};

fn check<'l>(_view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    // What the Fetch standard asks before a request carries no credentials.
    findings.add_undescribed("401", |operation| {
        operation.method != "OPTIONS" && !operation.security.is_openly_said()
    });
}
