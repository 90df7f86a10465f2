//! Changes of the demo's policy that nothing can notice, and why.

use super::walk::Mutant;

/// A change that is none.
#[derive(Debug)]
pub(super) struct Equivalent {
    file: &'static str,
    pointer: &'static str,
    what: &'static str,
    /// Why nobody can tell.
    because: &'static str,
}

impl Equivalent {
    /// Whether it is this change.
    pub(super) fn is(&self, mutant: &Mutant) -> bool {
        (self.file, self.pointer, self.what) == (mutant.file, mutant.pointer.as_str(), mutant.what.as_str())
    }

    /// Where, what, and why it is thought to change nothing.
    pub(super) fn line(&self) -> String {
        format!("{}: {} {}: {}", self.file, self.pointer, self.what, self.because)
    }
}

const SPEC: &str = "openapi.yaml";
const CONFIG: &str = "palisade.yaml";
const DROPPED: &str = "dropped";

/// An entry of the list.
const fn known(
    file: &'static str,
    pointer: &'static str,
    what: &'static str,
    because: &'static str,
) -> Equivalent {
    Equivalent { file, pointer, what, because }
}

/// Where each control that no API-wide setting reaches is set.
const SET_BELOW: &str = "the operations that have it set it themselves, which counts for more";

/// All that are known; one that is noticed after all is a failure, so that none stays here for nothing.
pub(super) const EQUIVALENT: &[Equivalent] = &[
    known(
        SPEC,
        "/paths/~1orders/get/parameters/0/schema/type",
        DROPPED,
        "the words of `enum` are strings as it is",
    ),
    known(
        SPEC,
        "/paths/~1orders~1{id}~1refund/post/security/0",
        DROPPED,
        "the overlay says `sensitive`, so a key alone lets nobody in",
    ),
    known(
        SPEC,
        "/paths/~1orders~1{id}~1refund/post/security/0/partnerKey",
        DROPPED,
        "the overlay says `sensitive`, so nothing at all lets nobody in either",
    ),
    known(
        SPEC,
        "/paths/~1users~1{id}/parameters",
        DROPPED,
        "`object-access` lets only the caller's own id through, which is one of those",
    ),
    known(
        SPEC,
        "/paths/~1users~1{id}/parameters/0",
        DROPPED,
        "`object-access` lets only the caller's own id through, which is one of those",
    ),
    known(SPEC, "/components/parameters/Id/required", DROPPED, "a part of the path is always there"),
    known(
        SPEC,
        "/components/parameters/Id/required",
        "flipped to `false`",
        "a part of the path is always there",
    ),
    known(CONFIG, "/identity/issuers/0/keys", DROPPED, "the same keys are found by discovery"),
    known(
        CONFIG,
        "/identity/api-keys/clients/0/name",
        "swapped for `\"tea-partnea\"`",
        "it is what records call the client",
    ),
    known(
        CONFIG,
        "/apis/0/controls/rate-limit/limits/0/key",
        DROPPED,
        "`[principal]` is what it is by default",
    ),
    known(CONFIG, "/apis/0/controls/fields", "set to `off`", SET_BELOW),
    known(CONFIG, "/apis/0/controls/fields", "set to `shadow`", SET_BELOW),
    known(CONFIG, "/apis/0/controls/object", "set to `off`", SET_BELOW),
    known(CONFIG, "/apis/0/controls/object", "set to `shadow`", SET_BELOW),
    known(CONFIG, "/apis/0/controls/object-access", "set to `off`", SET_BELOW),
];
