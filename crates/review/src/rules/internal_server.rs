//! Finds servers of the inside in a document.

use model::Severity;
use spec::{Format, Spot};

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "internal-server",
    title: "a server gives away a host of the inside",
    severity: Severity::Note,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-200"],
    nist: &["REC-API-4"],
    why: "Documents are published, and with them the names of hosts for tests and of the inside, which are kept with less care. \
          Looked for are private addresses, names that end in `.internal`, `.local`, `.corp` and their like, and names with a \
          word such as `staging` or `dev`. What a variable of a server may be is looked at, too. A server \
          with `x-internal: true` says so itself.",
    fix: "take the server out of what is published, or write `x-internal: true`",
    bad: "
servers:
- url: https://api.staging.example.com/v1
#      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
- url: http://10.0.0.7/
#      ^^^^^^^^^^^^^^^^
- { url: 'https://{env}.example.com', variables: { env: { default: api, enum: [api, staging] } } }
#                                                                                   ^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: 'kafka.orders.internal:9092', protocol: kafka-secure } }
#                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
servers:
- url: https://api.example.com/v1
- { url: https://dev.example.com, x-internal: true }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    if view.format == Format::Swagger20 {
        let host =
            view.root.get("host").filter(|host| host.node.as_str().is_some_and(words::is_internal_host));
        if let Some(host) = host {
            findings
                .add(host, format!("`{}` is a host of the inside", host.node.as_str().unwrap_or_default()));
        }
        return;
    }
    let of_requests = view.root.items_of("servers").filter_map(|server| {
        let url = server.get("url")?;
        Some((server, url, words::host_of(url.node.as_str()?)?))
    });
    let of_variables = view.root.items_of("servers").flat_map(choices);
    for (server, choice, url) in of_variables {
        let host = words::host_of(&url).filter(|host| words::is_internal_host(host));
        if let Some(host) = host.filter(|_| !server.is_true("x-internal")) {
            findings.add(choice, format!("`{host}` is a host of the inside"));
        }
    }
    let of_messages = view
        .events
        .servers
        .iter()
        .filter_map(|server| Some((server.spot, server.address?, server.host.as_str())));
    for (server, address, host) in of_requests.chain(of_messages) {
        if words::is_internal_host(host) && !server.is_true("x-internal") {
            findings.add(address, format!("`{host}` is a host of the inside"));
        }
    }
}

/// The values that variables of a server may have, each with the URL that it makes.
fn choices(server: Spot<'_>) -> impl Iterator<Item = (Spot<'_>, Spot<'_>, String)> {
    let url = server.text("url").unwrap_or_default();
    server.members_of("variables").flat_map(move |(name, variable)| {
        variable.items_of("enum").filter_map(move |choice| {
            let whole = url.replace(&format!("{{{name}}}"), choice.node.scalar()?);
            Some((server, choice, whole))
        })
    })
}
