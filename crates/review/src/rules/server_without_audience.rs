//! Finds servers that do not say whom they are for.

use model::Severity;
use spec::Format;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "server-without-audience",
    title: "a server does not say whether it is internal",
    severity: Severity::Note,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "An inventory must say who may reach a host, and documentation that is published must not name internal ones.",
    fix: "write `x-internal: true` or `x-internal: false` in the server",
    bad: "
servers:
- url: https://api.example
# ^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
servers:
- { url: https://api.example, x-internal: false }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    if view.format == Format::Swagger20 {
        return;
    }
    for server in view.root.items_of("servers").filter(|server| server.get("x-internal").is_none()) {
        findings.add(
            server,
            format!("`{}` does not say whether it is internal", server.text("url").unwrap_or_default()),
        );
    }
}
