//! Finds APIs that name nobody to ask.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "missing-owner",
    title: "the document names nobody to ask",
    severity: Severity::Note,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "An API that nobody owns is patched by nobody and switched off by nobody. `info.contact` is looked for, with a name, \
          an address or a URL.",
    fix: "add `info.contact` with a `name` and an `email`",
    bad: "
openapi: 3.1.0
info: { title: Orders, version: '1' }
#              ^^^^^^
paths: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
#              ^^^^^^
servers: { broker: { host: broker.example, protocol: amqps } }
",
    good: "
openapi: 3.1.0
info: { title: Orders, version: '1', contact: { name: team Orders } }
paths: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let info = view.root.get("info");
    let contact = info.and_then(|info| info.get("contact"));
    let says = |key: &str| contact.and_then(|contact| contact.text(key)).is_some_and(|text| !text.is_empty());
    if !["name", "email", "url"].iter().any(|key| says(key)) {
        let at = info.and_then(|info| info.get("title")).unwrap_or(view.root);
        findings.add(at, "the document names nobody to ask");
    }
}
