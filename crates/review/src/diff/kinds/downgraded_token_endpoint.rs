//! Finds addresses of tokens and keys that are without TLS now.

use model::Severity;
use spec::Spot;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::View;
use crate::words;

pub(super) const CHANGE: Change = Change {
    id: "downgraded-token-endpoint",
    title: "tokens are handed out without TLS",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "jwt",
    owasp: &["API2:2023", "API8:2023"],
    cwe: &["CWE-319"],
    nist: &["REC-API-11"],
    why: "Codes, secrets and tokens pass in the clear. Addresses of authorisation, tokens, refreshing and discovery are looked \
          at.",
    fix: "use an address with `https`",
    old: "
paths: {}
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://login.example } } }
",
    bad: "
paths: {}
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: http://login.example } } }
#                                                                                ^^^^^^^^^^^^^^^^^^^^
",
    good: "
paths: {}
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://login.other.example } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let before: Vec<&str> = addresses(pair.old).into_iter().filter_map(|spot| spot.node.as_str()).collect();
    for spot in addresses(pair.new) {
        let url = spot.node.as_str().unwrap_or_default();
        if words::is_plain_http(url) && !before.contains(&url) {
            changes.add(At::New(spot), format!("`{url}` is without TLS, and new"));
        }
    }
}

fn addresses<'l>(view: &View<'l>) -> Vec<Spot<'l>> {
    let mut addresses = Vec::new();
    for scheme in &view.schemes {
        let holders = scheme.flows().into_iter().map(|(_, flow)| flow).chain([scheme.spot]);
        for holder in holders {
            let keys =
                ["authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl", "openIdConnectUrl"];
            addresses.extend(keys.into_iter().filter_map(|key| holder.get(key)));
        }
    }
    addresses
}
