//! Operations that callers were asked to leave, and that are called all the same.

use model::inventory::{Api, Catalog, Status};

use super::{Found, Kind, named, of};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "zombie",
    title: "an operation that is deprecated or retired, and still called",
    why: "What is to go is looked after by nobody, and what its successor mends is still open here.",
    fix: "say until when it lives, tell its callers, and refuse it from then on",
    points: 6,
    points_max: 24,
    find,
    bad: "spec orders: GET /reports deprecated\ncalls orders.example: GET /reports count=3",
    says: "`GET /reports` is deprecated or retired, and was called 3 times",
    good: "spec orders: GET /reports deprecated",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let zombies = api.operations.iter().filter(|operation| operation.status == Status::Zombie);
    let found = zombies.map(|operation| {
        let count = operation.calls.as_ref().map_or(0, |calls| calls.count);
        let last = operation.calls.as_ref().and_then(|calls| calls.last_seen);
        let last = last.map(|last| format!(", last {last}")).unwrap_or_default();
        let what = format!("is deprecated or retired, and was called {count} times{last}");
        of(operation, format!("{} {what}", named(operation)))
    });
    found.collect()
}
