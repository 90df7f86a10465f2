//! Finds servers without TLS.

use model::Severity;
use spec::Format;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "plain-http",
    title: "the API is served without TLS",
    severity: Severity::Error,
    control: "security-headers",
    owasp: &["API8:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-9"],
    why: "Who listens on the way reads and changes everything, credentials included. Servers of the document, of paths and of \
          operations are looked at, and of Swagger 2.0 the `schemes`. Loopback addresses are left out.",
    fix: "write `https:`, or `wss:`",
    bad: "
servers:
- url: http://api.example/v1
#      ^^^^^^^^^^^^^^^^^^^^^
",
    good: "
servers:
- url: https://api.example/v1
- url: http://localhost:8080
- url: /v1
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for server in &view.servers {
        let Some(text) = server.node.as_str() else { continue };
        let is_plain = match view.format {
            Format::Swagger20 => !matches!(text, "https" | "wss"),
            _ => words::is_plain_http(text),
        };
        if is_plain {
            findings.add(*server, format!("`{text}` is without TLS"));
        }
    }
}
