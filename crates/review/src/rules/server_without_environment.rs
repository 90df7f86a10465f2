//! Finds servers that do not say which environment they are.

use model::Severity;
use spec::Format;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{View, lowercase};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "server-without-environment",
    title: "a server does not say which environment it is",
    severity: Severity::Note,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "Test systems that are taken for production get real data, and production that is taken for a test system gets \
          tests. A word such as `production`, `staging`, `test`, `sandbox` or `local` is looked for in the description and in \
          the host. Relative addresses are left out.",
    fix: "name the environment in the server's `description`",
    bad: "
servers:
- url: https://api.example
# ^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
servers:
- { url: https://api.example, description: Production }
",
    check,
};

const ENVIRONMENTS: &[&str] = &[
    "local", "sandbox", "alpha", "beta", "test", "stag", "prod", "next", "dev", "live", "demo", "preview",
    "qa", "uat",
];

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    if view.format == Format::Swagger20 {
        return;
    }
    for server in view.root.items_of("servers") {
        let text = |key: &str| lowercase(server.node, key).unwrap_or_default();
        let (description, url) = (text("description"), text("url"));
        let says = |text: &str| ENVIRONMENTS.iter().any(|word| text.contains(word));
        let in_host = words::host_of(&url)
            .is_some_and(|host| host.split(['.', '-']).any(|word| ENVIRONMENTS.contains(&word)));
        // A relative address is wherever the document is.
        if url.contains("//") && !says(&description) && !in_host {
            let at = server.get("description").unwrap_or(server);
            findings.add(
                at,
                format!("`{}` does not say which environment it is", server.text("url").unwrap_or_default()),
            );
        }
    }
}
