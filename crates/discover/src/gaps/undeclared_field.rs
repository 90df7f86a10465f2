//! Fields of bodies that were seen, and that the specification does not declare.

use std::collections::BTreeSet;

use model::inventory::{Account, Api, BodyField, Calls, Catalog, Declaration, Operation, Side, Word};

use super::{Found, Kind, named, of, quoted};

/// The most fields that are named in a line; `palisade inventory list --format json` has all of them.
const SHOWN_MAX: usize = 6;

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-field",
    title: "a field of a body in JSON that was seen, and that the specification does not declare",
    why: "What an answer has beside what is declared for its status is what nobody meant to give, and what a request has beside \
          what is declared is how privileges are taken.",
    fix: "declare it, or have it left out and refused",
    points: 2,
    points_max: 10,
    find,
    bad: "spec orders: GET /orders answers=200:/items/*/id,200:/next,default:/title\n\
          calls orders.example: GET /orders answers=200:/items/*/id,200:/title,500:/title",
    says: "`GET /orders` answers 200 with `/title`, which it does not declare",
    good: "spec orders: GET /orders answers=200:/items/*/id,200:/next,default:/title\n\
           calls orders.example: GET /orders answers=200:/items/*/id,200:/items,500:/title",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let mut found = Vec::new();
    for operation in &api.operations {
        let Some(calls) = &operation.calls else { continue };
        if let Some(declared) =
            last_that_names(operation, |declaration| !declaration.request_fields.is_empty())
        {
            let of_request = calls.fields.iter().filter(|field| field.side == Side::Request);
            found.extend(beside(operation, "takes", &declared.request_fields, of_request));
        }
        let Some(declared) = last_that_names(operation, |declaration| !declaration.answers.is_empty()) else {
            continue;
        };
        for status in statuses(calls) {
            let Some(fields) = declared.answer(status).and_then(|answer| declared.answers.get(answer)) else {
                continue;
            };
            let of_status = calls.fields.iter().filter(|field| field.statuses.contains(&status));
            found.extend(beside(operation, &format!("answers {status} with"), fields, of_status));
        }
    }
    found
}

/// The last of several declarations that names any fields of a side, since a gateway tells of none.
fn last_that_names(operation: &Operation, names: fn(&Declaration) -> bool) -> Option<&Declaration> {
    operation.sightings.iter().rev().find_map(|(_, sighting)| match &sighting.account {
        Account::Declared(declaration) => Some(declaration).filter(|declaration| names(declaration)),
        Account::Served(_) | Account::Called(_) => None,
    })
}

/// Those of answers whose fields were seen.
fn statuses(calls: &Calls) -> BTreeSet<u16> {
    calls.fields.iter().flat_map(|field| field.statuses.iter().copied()).collect()
}

/// What is found where some of the fields that were `seen` are not among those that are `declared`.
fn beside<'c>(
    operation: &Operation,
    does: &str,
    declared: &[String],
    seen: impl Iterator<Item = &'c BodyField>,
) -> Option<Found> {
    let undeclared: Vec<&BodyField> = seen.filter(|field| !is_declared(declared, &field.pointer)).collect();
    if undeclared.is_empty() {
        return None;
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
    let message = format!("{} {does} {names}, which it does not declare{data}", named(operation));
    Some(of(operation, message))
}

/// Whether a declared field is this one, one above it of which no more is said, or one below it.
fn is_declared(declared: &[String], pointer: &str) -> bool {
    declared.iter().any(|declared| {
        let mut tokens = declared.split('/').zip(pointer.split('/'));
        tokens.all(|(declared, seen)| declared == seen || declared == "*" || seen == "*")
    })
}
