//! Finds operations that read and let anybody call.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "unauthenticated-read",
    title: "an operation that reads lets anybody call",
    severity: Severity::Warning,
    control: "jwt",
    owasp: &["API2:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11", "REC-API-12"],
    why: "Whoever finds the address can read. Where the document says so in words (`security: []`, or an alternative `{}`), \
          it is a note: public data is a good reason. So it is where a credential is asked for by a parameter, which no tool \
          takes for security.",
    fix: "give the operation, or the whole document, a `security` that names a scheme, or say `security: []`",
    bad: "
paths:
  /orders:
    get: { responses: { '200': { description: ok } } }
#   ^^^
",
    good: "
security: [{ token: [] }]
paths:
  /orders:
    get: { responses: { '200': { description: ok } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        if !matches!(operation.method.as_str(), "GET" | "HEAD" | "QUERY") || !operation.security.is_open() {
            continue;
        }
        let message = format!("`{}` lets anybody read", operation.name());
        let asks_elsewhere =
            operation.parameters.iter().any(|parameter| words::is_credential(parameter.name));
        if operation.security.is_openly_said() || asks_elsewhere {
            findings.add_as(Severity::Note, operation.spot, message);
        } else {
            findings.add(operation.spot, message);
        }
    }
}
