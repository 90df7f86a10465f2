//! Methods of declared paths that are called, and that are not declared.

use model::inventory::{Api, Catalog, Status};

use super::{Found, Kind, has_declared_path, named, of};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-method",
    title: "a method of a declared path that is called or in code, and is not declared",
    why: "A path that is known has a way in that is not: often one that writes.",
    fix: "declare the method, or have it refused",
    points: 8,
    points_max: 24,
    find,
    bad: "spec orders: GET /orders/{id}\ncalls orders.example: DELETE /orders/7",
    says: "`DELETE /orders/7` is there, and the specification declares other methods of its path alone",
    good: "spec orders: GET /orders/{id}\ncalls orders.example: GET /orders/7",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let shadows = api.operations.iter().filter(|operation| operation.status == Status::Shadow);
    let found = shadows.filter(|operation| has_declared_path(api, operation)).map(|operation| {
        let what = "is there, and the specification declares other methods of its path alone";
        of(operation, format!("{} {what}", named(operation)))
    });
    found.collect()
}
