//! Fields of bodies that were seen, and that the specification does not declare.

use std::collections::BTreeSet;

use model::inventory::{Account, Api, BodyField, Catalog, Operation, Side, Word};

use super::{Found, Kind, named, of, quoted};

/// The most fields that are named in a line; `palisade inventory list --format json` has all of them.
const SHOWN_MAX: usize = 6;

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-field",
    title: "a field of a body in JSON that was seen, and that the specification does not declare",
    why: "What an answer has beside what is declared is what nobody meant to give, and what a request has beside it is how \
          privileges are taken.",
    fix: "declare it, or have it left out and refused",
    points: 2,
    points_max: 10,
    find,
    bad: "spec orders: GET /orders answers=/items/*/id,/next\ncalls orders.example: GET /orders answers=/items/*/id,/items/*/cost",
    says: "`GET /orders` answers with `/items/*/cost`, which it does not declare",
    good: "spec orders: GET /orders answers=/items/*/id,/next\ncalls orders.example: GET /orders answers=/items/*/id,/items",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in &api.operations {
        let Some(calls) = &operation.calls else { continue };
        for (side, does) in [(Side::Request, "takes"), (Side::Answer, "answers with")] {
            let Some(declared) = declared(operation, side) else { continue };
            let of_side = calls.fields.iter().filter(|field| field.side == side);
            let undeclared: Vec<&BodyField> =
                of_side.filter(|field| !is_declared(declared, &field.pointer)).collect();
            if undeclared.is_empty() {
                continue;
            }
            let classes: BTreeSet<&str> =
                undeclared.iter().flat_map(|field| field.classes.keys()).map(|class| class.name()).collect();
            let mut names = quoted(undeclared.iter().map(|field| field.pointer.as_str()).take(SHOWN_MAX));
            if undeclared.len() > SHOWN_MAX {
                names.push_str(&format!(" and {} others", undeclared.len() - SHOWN_MAX));
            }
            let data = match classes.is_empty() {
                true => String::new(),
                false => format!(", of class {}", classes.into_iter().collect::<Vec<_>>().join(", ")),
            };
            found.push(of(
                operation,
                format!("{} {does} {names}, which it does not declare{data}", named(operation)),
            ));
        }
    }
    found
}

/// The fields that are declared; of several declarations, of the last that names any, since a gateway tells of no fields.
fn declared(operation: &Operation, side: Side) -> Option<&[String]> {
    operation.sightings.iter().rev().find_map(|(_, sighting)| match (&sighting.account, side) {
        (Account::Declared(declaration), Side::Request) => named_of(&declaration.request_fields),
        (Account::Declared(declaration), Side::Answer) => named_of(&declaration.answer_fields),
        (Account::Served(_) | Account::Called(_), _) => None,
    })
}

fn named_of(fields: &[String]) -> Option<&[String]> {
    Some(fields).filter(|fields| !fields.is_empty())
}

/// Whether a declared field is this one, one above it of which no more is said, or one below it.
fn is_declared(declared: &[String], pointer: &str) -> bool {
    declared.iter().any(|declared| {
        let mut tokens = declared.split('/').zip(pointer.split('/'));
        tokens.all(|(declared, seen)| declared == seen || declared == "*" || seen == "*")
    })
}
