//! Finds credentials in the addresses of servers.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "credential-in-server-url",
    title: "the address of a server holds a credential",
    severity: Severity::Error,
    control: "leak",
    owasp: &["API8:2023", "API2:2023"],
    cwe: &["CWE-522", "CWE-598"],
    nist: &["REC-API-25"],
    why: "Documents are published, and addresses are kept in logs and histories. Looked for are a user before `@`, and parameters \
          whose name says that they are credentials. Where a variable stands in its place it is a warning: the document gives \
          nothing away, and whoever fills it in will. The value is not shown.",
    fix: "take it out, change the credential, and declare a security scheme in its place",
    bad: "
servers:
- url: https://user:hunter2@api.example/v1
#      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
---
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  production: { url: 'amqps://{user}:{password}@queue.example', protocol: amqps }
#                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
channels: {}
",
    good: "
servers:
- url: https://api.example/v1
- url: https://{tenant}.example/~user@home
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers:
  production: { host: queue.example, protocol: amqps }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let of_events = view.events.servers.iter().filter_map(|server| server.address);
    let addresses: Vec<Spot<'l>> = view.servers.iter().copied().chain(of_events).collect();
    for address in addresses {
        let Some(credential) = address.node.as_str().and_then(credential) else { continue };
        let severity = if credential.starts_with('{') { Severity::Warning } else { RULE.severity };
        findings.add_hidden_as(severity, address, "the address of the server holds a credential");
    }
}

/// What is secret in `address`, or the variable in its place.
fn credential(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@') {
        return Some(user.split_once(':').map_or(user, |(_, password)| password));
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| words::is_credential(name)).map(|(_, value)| value).next()
}
