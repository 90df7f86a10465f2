//! Operations that are declared, and that nobody was ever seen to call.

use model::inventory::{Api, Catalog, Operation, Status};

use super::{Found, Kind, named, of, of_api};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "orphan",
    title: "an operation that is declared, and that nobody was seen to call",
    why: "What nobody uses can still be attacked, or the specification tells of something that is not there.",
    fix: "take it out of service and out of the specification, or look at more traffic",
    points: 1,
    points_max: 5,
    find,
    bad: "spec orders: GET /orders\nspec orders: DELETE /orders\ncalls orders.example: GET /orders",
    says: "`DELETE /orders` is declared, and was never called",
    good: "spec orders: GET /orders\ncalls orders.example: GET /orders",
};

fn find(api: &Api, catalog: &Catalog) -> Vec<Found> {
    let is_called = |operation: &Operation| operation.calls.is_some();
    if !api.operations.iter().any(is_called) {
        // Without any traffic nothing is known of who calls.
        let is_said = api.is_declared && catalog.operations().any(|(_, operation)| is_called(operation));
        return is_said
            .then(|| of_api("no operation of it was ever called".to_owned()))
            .into_iter()
            .collect();
    }
    let orphans = api.operations.iter().filter(|operation| operation.status == Status::Orphan);
    orphans
        .map(|operation| of(operation, format!("{} is declared, and was never called", named(operation))))
        .collect()
}
