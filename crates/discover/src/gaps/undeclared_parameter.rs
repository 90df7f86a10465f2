//! Parameters that callers send and are answered, and that the specification does not declare.

use model::inventory::{Api, Catalog, ParameterPlace};

use super::{Found, Kind, named, of, quoted};

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-parameter",
    title: "a parameter of the query that callers send, and that the specification does not declare",
    why: "What is not declared is not validated: a switch that was meant for nobody, or one that was forgotten.",
    fix: "declare it, or have it refused",
    points: 2,
    points_max: 10,
    find,
    bad: "spec orders: GET /orders query=page\ncalls orders.example: GET /orders query=page,debug",
    says: "`GET /orders` is called with `debug`, which it does not declare",
    good: "spec orders: GET /orders query=page\ncalls orders.example: GET /orders query=page",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in &api.operations {
        let (Some((declaration, _)), Some(calls)) = (operation.declaration(), &operation.calls) else {
            continue;
        };
        let takes_all =
            declaration.parameters.iter().any(|parameter| parameter.place == ParameterPlace::QueryString);
        let is_declared = |name: &str| {
            let mut declared = declaration.parameters.iter();
            // Members of an object are parameters of their own: `filter[name]` is of `filter`.
            let owner = name.split('[').next().unwrap_or(name);
            declared.any(|parameter| {
                parameter.place == ParameterPlace::Query
                    && (parameter.name == name || parameter.name == owner)
            })
        };
        let seen = calls.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Query);
        let undeclared: Vec<&str> =
            seen.map(|parameter| parameter.name.as_str()).filter(|name| !is_declared(name)).collect();
        if !undeclared.is_empty() && !takes_all {
            let names = quoted(undeclared);
            found.push(of(
                operation,
                format!("{} is called with {names}, which it does not declare", named(operation)),
            ));
        }
    }
    found
}
