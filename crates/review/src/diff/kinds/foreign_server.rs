//! Finds servers on domains that had none.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::words;

pub(super) const CHANGE: Change = Change {
    id: "foreign-server",
    title: "the API is served from a domain that it was not",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-923"],
    nist: &["REC-API-4"],
    why: "Clients send their tokens to every server that the document names. A domain that is new is one more party to trust, \
          and in a change that is about something else perhaps none of yours. Nothing is said where the old version named no \
          host, nor of this machine.",
    fix: "check whose the domain is",
    old: "
servers: [{ url: https://api.orders.example/v1 }]
paths: {}
",
    bad: "
servers: [{ url: https://api.orders.example/v1 }, { url: https://api.other.example/v1 }]
#                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
paths: {}
",
    good: "
servers: [{ url: https://eu.orders.example/v1 }]
paths: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let known: Vec<String> =
        pair.old_servers.iter().filter_map(|server| words::domain_of(&server.host()?)).collect();
    if known.is_empty() {
        return;
    }
    for server in &pair.new_servers {
        let Some(host) = server.host().filter(|host| !words::is_internal_host(host)) else { continue };
        if words::domain_of(&host).is_some_and(|domain| !known.contains(&domain)) {
            changes.add(At::New(server.spot), format!("`{host}` is of a domain that is new"));
        }
    }
}
