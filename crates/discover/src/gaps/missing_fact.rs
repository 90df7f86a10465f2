//! What nobody said of an API, beside its owner.

use model::inventory::{Api, Catalog, Field, Word};

use super::{Found, Kind, of_api};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "missing-fact",
    title: "purpose, visibility, lifecycle, authentication or data of an API that nobody said",
    why: "Nobody can judge whether it is protected as it should be.",
    fix: "say what is true: `palisade inventory set API FIELD=VALUE`",
    points: 1,
    points_max: 5,
    find,
    bad: "spec orders: GET /orders\nset orders: owner=tea purpose=tea visibility=public lifecycle=active authentication=none",
    says: "nobody says of it: data",
    good: "spec orders: GET /orders\nset orders: purpose=tea visibility=public lifecycle=active authentication=none data=none",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let fields = Field::WORDS.iter().filter(|(field, _)| *field != Field::Owner);
    let missing = fields.filter(|(field, _)| !api.facts.contains_key(field));
    missing.map(|(_, name)| of_api(format!("nobody says of it: {name}"))).collect()
}
