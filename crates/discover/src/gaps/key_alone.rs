//! Operations that go by an API key alone, which names a client and proves nothing.

use model::inventory::{Api, Authentication, Catalog};

use super::{Found, Kind, named, of};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "key-alone",
    title: "an operation that goes by an API key alone",
    why: "A key is copied into scripts and addresses, and whoever has it is whoever it names.",
    fix: "ask for a token or a certificate, and keep the key to name the client",
    points: 4,
    points_max: 12,
    find,
    bad: "spec orders: GET /orders auth=api-key",
    says: "`GET /orders` goes by an API key alone",
    good: "spec orders: GET /orders auth=api-key,bearer\nspec users: GET /users auth=none",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let goes_by_key = |ways: &std::collections::BTreeSet<Authentication>| {
        !ways.is_empty() && ways.iter().all(|way| *way == Authentication::ApiKey)
    };
    let operations = api.operations.iter();
    let of_key = operations.filter(|operation| operation.authentication().as_ref().is_some_and(goes_by_key));
    of_key.map(|operation| of(operation, format!("{} goes by an API key alone", named(operation)))).collect()
}
