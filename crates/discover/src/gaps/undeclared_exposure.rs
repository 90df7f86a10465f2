//! What gateways let through, and no specification declares.

use model::inventory::{Api, Catalog, Exposed};

use super::{Found, Kind, of_api};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-exposure",
    title: "a route of a gateway behind which no specification declares anything",
    why: "Whatever is behind it can be called from outside, and nobody reviewed it.",
    fix: "declare what is behind it, or take the route out of the config",
    points: 8,
    points_max: 32,
    find,
    bad: "spec orders: GET /orders\nconfig edge: * orders.example/reports/**",
    says: "`* orders.example/reports/**` is let through, nobody asks who calls, and nothing is declared behind it",
    good: "spec orders: GET /orders\nconfig edge: * orders.example/orders/**",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    // What is called or in code is a shadow of its own.
    let is_told = |exposed: &&Exposed| {
        api.operations.iter().any(|operation| operation.exposures.contains(&exposed.exposure))
    };
    let undeclared = api.exposures.iter().filter(|exposed| !exposed.is_declared && !is_told(exposed));
    let found = undeclared.map(|Exposed { exposure, .. }| {
        let asked = if exposure.guards.is_empty() { ", nobody asks who calls," } else { "" };
        let message = format!("`{exposure}` is let through{asked} and nothing is declared behind it");
        Found { place: Some(exposure.place.clone()), ..of_api(message) }
    });
    found.collect()
}
