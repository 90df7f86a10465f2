//! Operations of the inside that are less protected than the same ones of the outside.

use model::inventory::{Api, Catalog, Operation, Visibility};

use super::{Found, Kind, is_labelled, named, of};
use crate::inventory::shape;

/// Labels of hosts that only the inside knows.
const INSIDE: &[&str] = &["internal", "intern", "intranet", "private", "local", "svc", "corp", "lan"];

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "weak-twin",
    title: "an internal operation that asks for less than the same one outside",
    why: "Whoever is inside once, by a mistake of any other service, gets there what the outside guards.",
    fix: "give it the same controls",
    points: 10,
    points_max: 30,
    find,
    bad: "spec orders: GET /orders/{id} auth=bearer\nspec backoffice: GET /orders/{order} auth=none\nset backoffice: visibility=internal",
    says: "`GET /orders/{order}` lets anybody call, and `orders GET /orders/{id}` does not",
    good: "spec orders: GET /orders/{id} auth=bearer\nspec backoffice: GET /orders/{order} auth=bearer\nset backoffice: visibility=internal",
};

fn find(api: &Api, catalog: &Catalog) -> Vec<Found> {
    if !is_inside(api) {
        return Vec::new();
    }
    let outside = || catalog.operations().filter(|(other, _)| other.name != api.name && !is_inside(other));
    let open = api.operations.iter().filter(|operation| is_open(operation));
    let twins = open.filter_map(|operation| {
        let is_twin = |other: &Operation| {
            other.key.method == operation.key.method && shape(&other.key.path) == shape(&operation.key.path)
        };
        let (_, twin) = outside().find(|(_, other)| is_twin(other) && is_guarded(other))?;
        let what = format!("lets anybody call, and `{}` does not", twin.key);
        Some(of(operation, format!("{} {what}", named(operation))))
    });
    twins.collect()
}

fn is_inside(api: &Api) -> bool {
    api.visibility() == Some(Visibility::Internal)
        || api.visibility().is_none() && is_labelled(&api.name, INSIDE)
}

fn is_open(operation: &Operation) -> bool {
    operation.authentication().is_some_and(|ways| ways.is_empty())
        || operation.calls.as_ref().is_some_and(|calls| calls.anonymous > 0)
}

fn is_guarded(operation: &Operation) -> bool {
    operation.authentication().is_some_and(|ways| !ways.is_empty())
}
