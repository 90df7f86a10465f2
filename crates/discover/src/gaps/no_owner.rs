//! APIs that nobody answers for.

use model::inventory::{Api, Catalog, Field};

use super::{Found, Kind, of_api};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "no-owner",
    title: "an API that nobody answers for",
    why: "Nobody mends what has no owner, and nobody can be asked.",
    fix: "say who owns it: `palisade inventory set API owner=TEAM`",
    points: 10,
    points_max: 10,
    find,
    bad: "spec orders: GET /orders",
    says: "nobody says who owns it",
    good: "spec orders: GET /orders\nset orders: owner=tea",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let is_owned = api.facts.contains_key(&Field::Owner);
    (!is_owned).then(|| of_api("nobody says who owns it".to_owned())).into_iter().collect()
}
