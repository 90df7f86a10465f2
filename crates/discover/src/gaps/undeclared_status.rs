//! Answers with a status that the specification does not declare.

use model::inventory::{Api, Catalog};

use super::{Found, Kind, named, of, quoted};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-status",
    title: "an answer whose status the specification does not declare",
    why: "What callers are not told of is not tested, and an error that nobody planned says more than it should.",
    fix: "declare the answer, or mend what gives it",
    points: 1,
    points_max: 4,
    find,
    bad: "spec orders: GET /orders status=200,4XX\ncalls orders.example: GET /orders status=200,404,302",
    says: "`GET /orders` answered with `302`, which it does not declare",
    good: "spec orders: GET /orders status=200,default\ncalls orders.example: GET /orders status=200,500",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in &api.operations {
        let (Some((declaration, _)), Some(calls)) = (operation.declaration(), &operation.calls) else {
            continue;
        };
        let undeclared = calls.statuses.keys().filter(|status| declaration.answer(**status).is_none());
        let undeclared: Vec<String> = undeclared.map(u16::to_string).collect();
        if !undeclared.is_empty() && !declaration.statuses.is_empty() {
            let statuses = quoted(undeclared.iter().map(String::as_str));
            found.push(of(
                operation,
                format!("{} answered with {statuses}, which it does not declare", named(operation)),
            ));
        }
    }
    found
}
