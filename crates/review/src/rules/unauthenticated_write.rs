//! Finds operations that change something and let anybody call.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "unauthenticated-write",
    title: "an operation that changes something lets anybody call",
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306"],
    nist: &["REC-API-11", "REC-API-12"],
    why: "Whoever finds the address can create, change and delete. An operation has the `security` of the root unless it has \
          its own, and one alternative without a scheme (`{}`) among others is enough to let anybody in. Where the document \
          says so in words (`security: []`, `{}`), it is a warning: it may be meant. So it is where the document declares no \
          scheme at all, or asks for a credential by a parameter, which no tool takes for security. Operations by which \
          callers prove who they are (`/login`, `/token`, `/register` and their like) are left out.",
    fix: "give the operation, or the whole document, a `security` that names a scheme",
    bad: "
paths:
  /orders:
    post: { responses: { '201': { description: made } } }
#   ^^^^
    delete: { security: [{ token: [] }, {}], responses: { '204': { description: gone } } }
#   ^^^^^^
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    good: "
security: [{ token: [] }]
paths:
  /orders:
    get: { security: [], responses: { '200': { description: ok } } }
    post: { responses: { '201': { description: made } } }
  /login:
    post: { security: [], responses: { '200': { description: a token } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
",
    check,
};

/// Words of paths by which callers prove who they are, before they can be asked to.
const ENTRANCES: &[&str] = &[
    "login",
    "signin",
    "logon",
    "signup",
    "register",
    "registration",
    "token",
    "tokens",
    "oauth",
    "oauth2",
    "auth",
    "authenticate",
    "authorize",
    "password",
    "otp",
    "saml",
    "sso",
    "sessions",
    "session",
    "verify",
    "activate",
];

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| operation.is_unsafe() && operation.security.is_open()) {
        if is_entrance(operation) {
            continue;
        }
        let message = format!("`{}` lets anybody call", operation.name());
        let asks_elsewhere =
            operation.parameters.iter().any(|parameter| words::is_credential(parameter.name));
        if operation.security.is_openly_said() || asks_elsewhere || view.schemes.is_empty() {
            findings.add_as(Severity::Warning, operation.spot, message);
        } else {
            findings.add(operation.spot, message);
        }
    }
}

fn is_entrance(operation: &Operation<'_>) -> bool {
    let words = operation.words();
    let joined = |pair: &[String]| pair.concat();
    words.iter().any(|word| ENTRANCES.contains(&word.as_str()))
        || words.windows(2).any(|pair| ENTRANCES.contains(&joined(pair).as_str()))
}
