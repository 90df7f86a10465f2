//! Finds operations with the method TRACE.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "trace-method",
    title: "an operation answers with the request that it got",
    severity: Severity::Error,
    control: "undeclared",
    owasp: &["API9:2023", "API8:2023"],
    cwe: &["CWE-489"],
    nist: &["REC-API-10"],
    why: "`TRACE` sends back what came, credentials that proxies added included (RFC 9110, section 9.3.8).",
    fix: "take the operation out",
    bad: "
paths:
  /orders:
    trace: { responses: {} }
#   ^^^^^
",
    good: "
paths:
  /orders:
    get: { responses: {} }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| operation.method == "TRACE") {
        findings.add(operation.spot, format!("`{}` sends back what it got", operation.name()));
    }
}
