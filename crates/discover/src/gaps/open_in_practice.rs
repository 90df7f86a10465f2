//! Operations that answer callers who show nothing, though they are declared to ask for something.

use model::inventory::{Api, Catalog};

use super::{Found, Kind, named, of};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "open-in-practice",
    title: "an operation that is declared to ask who calls, and answers without",
    why: "The specification says that it is protected, and it is not.",
    fix: "have callers authenticated before the backend is reached",
    points: 15,
    points_max: 45,
    find,
    bad: "spec orders: GET /orders auth=bearer\ncalls orders.example: GET /orders count=5 anonymous=2",
    says: "`GET /orders` answered 2 requests that showed nothing, though it is declared to ask who calls",
    good: "spec orders: GET /orders auth=bearer\ncalls orders.example: GET /orders count=5 auth=bearer",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in &api.operations {
        let (Some((declaration, _)), Some(calls)) = (operation.declaration(), &operation.calls) else {
            continue;
        };
        let asks = declaration.authentication.as_ref().is_some_and(|ways| !ways.is_empty());
        if asks && calls.anonymous > 0 {
            let what = "requests that showed nothing, though it is declared to ask who calls";
            found.push(of(operation, format!("{} answered {} {what}", named(operation), calls.anonymous)));
        }
    }
    found
}
