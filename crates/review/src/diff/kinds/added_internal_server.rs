//! Finds servers of the inside that are new.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::words;

pub(super) const CHANGE: Change = Change {
    id: "added-internal-server",
    title: "the document names an internal server that it did not",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-200"],
    nist: &["REC-API-4"],
    why: "Who reads the document learns where the weaker twin of the API lies. A host is internal by its address, its last name \
          (`.internal`) or a word in it (`staging`, `dev`).",
    fix: "keep internal servers in a document of their own",
    old: "
servers: [{ url: https://api.example/v1 }]
paths: {}
",
    bad: "
servers: [{ url: https://api.example/v1 }, { url: https://staging.orders.example }]
#                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
paths: {}
",
    good: "
servers: [{ url: https://www.example/v1 }]
paths: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let is_known = |host: &String| pair.old_servers.iter().any(|server| server.host().as_ref() == Some(host));
    for server in &pair.new_servers {
        let Some(host) = server.host().filter(|host| words::is_internal_host(host) && !is_known(host)) else {
            continue;
        };
        changes.add(At::New(server.spot), format!("`{host}` is a server of the inside, and new"));
    }
}
