//! Asks for the one security scheme that there is.

use serde_json::json;
use spec::Spot;

use super::{Fixer, Mend};
use crate::view::{Scheme, View};

pub(super) const UNAUTHENTICATED_WRITE: Fixer = Fixer {
    rule: "unauthenticated-write",
    what: "asks for the scheme where the document declares one alone, of bearer tokens or client certificates, and the \
           operation has no `security`",
    fix,
};

/// A scheme with scopes is left to people, who know which; so is where a document says that anybody may call.
fn fix(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let [scheme] = view.schemes.as_slice() else { return None };
    let is_plain = |scheme: &Scheme<'_>| {
        scheme.is_type("mutualTLS") || (scheme.is_type("http") && scheme.is_http("bearer"))
    };
    let is_said = view.operation_around(spot)?.security.is_openly_said();
    let requirement = json!([{ scheme.name: [] }]);
    (is_plain(scheme) && !is_said).then(|| Mend::adding(spot, &[("security", requirement)], true))?
}
