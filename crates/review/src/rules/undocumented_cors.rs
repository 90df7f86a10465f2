//! Finds answers that say which headers they have and not which origins may read them.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "undocumented-cors",
    title: "an answer declares headers and does not say which origins may read it",
    severity: Severity::Note,
    control: "cors",
    owasp: &["API8:2023"],
    cwe: &["CWE-942"],
    nist: &["REC-API-10"],
    why: "Whether scripts of other origins may read an answer is decided by a header that is then set somewhere else, or not. \
          Answers of operations that callers ask for are looked at, where they declare any header.",
    fix: "declare `Access-Control-Allow-Origin`, or let the gateway's `cors` set it",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, headers: { ETag: { schema: { type: string } } } }
#                                 ^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, headers: { access-control-allow-origin: { schema: { type: string } } } }
        '204': { description: nothing }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        for response in &operation.responses {
            let Some(headers) = response.spot.get("headers") else { continue };
            if !response.has_header("Access-Control-Allow-Origin") {
                let message = format!(
                    "answer {} of `{}` does not say who may read it",
                    response.status,
                    operation.name()
                );
                findings.add(headers, message);
            }
        }
    }
}
