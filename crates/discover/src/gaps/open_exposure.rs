//! Operations that gateways let through, and of which nothing shows that anybody asks who calls.

use model::inventory::{Account, Api, Catalog, Operation};

use super::{Found, Kind, named, of, quoted};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "open-exposure",
    title: "an operation that a gateway lets through, where neither it nor specification or code asks who calls",
    why: "Whoever reaches the gateway may call it.",
    fix: "have the gateway authenticate callers, or declare with `security: []` that anybody may call",
    points: 10,
    points_max: 30,
    find,
    bad: "spec orders: GET /orders\nconfig edge: * orders.example/**",
    says: "`GET /orders` is let through by `* orders.example/**`, and nothing asks who calls",
    good: "spec orders: GET /orders\nconfig edge: * orders.example/** auth=bearer-jwt",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in api.operations.iter().filter(|operation| !is_asked(operation)) {
        let open = operation.exposures.iter().filter(|exposure| exposure.guards.is_empty());
        let open: Vec<String> = open.map(ToString::to_string).collect();
        let Some(first) = operation.exposures.iter().find(|exposure| exposure.guards.is_empty()) else {
            continue;
        };
        let routes = quoted(open.iter().map(String::as_str));
        let message = format!("{} is let through by {routes}, and nothing asks who calls", named(operation));
        found.push(Found { place: Some(first.place.clone()), ..of(operation, message) });
    }
    found
}

/// Whether a specification says who may call, be it anybody, or code has something in front.
fn is_asked(operation: &Operation) -> bool {
    operation.sightings.iter().any(|(_, sighting)| match &sighting.account {
        Account::Declared(declaration) => declaration.authentication.is_some(),
        Account::Served(route) => !route.guards.is_empty(),
        Account::Called(_) => false,
    })
}
