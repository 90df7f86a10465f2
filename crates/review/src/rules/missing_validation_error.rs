//! Finds operations that do not say how they refuse what is wrong.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-validation-error",
    title: "an operation does not say how it refuses what is wrong",
    severity: Severity::Note,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-754"],
    nist: &["REC-API-3", "REC-API-23"],
    why: "An error that nobody described is whatever the framework makes of it, internals included. One of 400, 422 and 4XX \
          is looked for, or a default.",
    fix: "declare an answer 400 with a schema, such as a problem document (RFC 9457)",
    bad: "
paths:
  /orders:
    get:
      responses: { '200': { description: ok } }
#     ^^^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses: { '200': { description: ok }, '4XX': { description: wrong } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        if ["400", "422"].iter().all(|status| operation.response(status).is_none()) {
            let at = operation.spot.get("responses").unwrap_or(operation.spot);
            findings.add(at, format!("`{}` does not say how it refuses what is wrong", operation.name()));
        }
    }
}
