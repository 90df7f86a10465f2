//! Operations that somebody calls or that are in code, and that no specification declares.

use model::inventory::{Account, Api, Catalog, Operation, Status};

use super::{Found, Kind, has_declared_path, named, of, quoted};

/// The most routes of gateways that are named in a line.
const ROUTES_MAX: usize = 3;

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "shadow",
    title: "an operation that is called or in code, and that no specification declares",
    why: "Nobody reviewed it, and no control that goes by the specification stands before it.",
    fix: "declare it, or take it out of service",
    points: 8,
    points_max: 32,
    find,
    bad: "spec orders: GET /orders\ncalls orders.example: GET /debug",
    says: "`GET /debug` is called and not declared",
    good: "spec orders: GET /orders\ncalls orders.example: GET /orders",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let shadows = api.operations.iter().filter(|operation| operation.status == Status::Shadow);
    let found = shadows.filter(|operation| !has_declared_path(api, operation)).map(|operation| {
        let is_called = operation.calls.is_some();
        let is_served =
            operation.sightings.iter().any(|(_, sighting)| matches!(sighting.account, Account::Served(_)));
        let what = match (is_called, is_served) {
            (true, true) => "is in code, is called",
            (true, false) => "is called",
            (false, _) => "is in code",
        };
        of(operation, format!("{} {what} and not declared{}", named(operation), routes(operation)))
    });
    found.collect()
}

/// Through which routes of gateways it can be called, and whether nobody there asks who calls.
fn routes(operation: &Operation) -> String {
    let exposures = &operation.exposures;
    if exposures.is_empty() {
        return String::new();
    }
    let names: Vec<String> = exposures.iter().take(ROUTES_MAX).map(ToString::to_string).collect();
    let more = match exposures.len().checked_sub(ROUTES_MAX) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {more} others"),
    };
    let is_open = exposures.iter().any(|exposure| exposure.guards.is_empty());
    let asked = if is_open { ", where nobody asks who calls" } else { "" };
    format!("; {}{more} lets it through{asked}", quoted(names.iter().map(String::as_str)))
}
