//! Gaps: what does not fit together in the catalog, and what nobody said.

mod key_alone;
mod missing_fact;
mod no_owner;
mod open_exposure;
mod open_in_practice;
mod orphan;
mod production_data;
mod shadow;
#[cfg(test)]
mod tests;
mod unconfigured_host;
mod undeclared_exposure;
mod undeclared_field;
mod undeclared_host;
mod undeclared_method;
mod undeclared_parameter;
mod undeclared_status;
mod weak_twin;
mod zombie;

use model::OperationKey;
use model::inventory::{Api, Catalog, DataClass, Fact, Field, Operation, Place, Visibility, Word};

use crate::inventory::{shape, takes_path};

/// Every kind of gap, in alphabetical order.
pub const ALL: &[&Kind] = &[
    &key_alone::KIND,
    &missing_fact::KIND,
    &no_owner::KIND,
    &open_exposure::KIND,
    &open_in_practice::KIND,
    &orphan::KIND,
    &production_data::KIND,
    &shadow::KIND,
    &unconfigured_host::KIND,
    &undeclared_exposure::KIND,
    &undeclared_field::KIND,
    &undeclared_host::KIND,
    &undeclared_method::KIND,
    &undeclared_parameter::KIND,
    &undeclared_status::KIND,
    &weak_twin::KIND,
    &zombie::KIND,
];

/// A kind of gap. It is found by a pure function over the catalog.
#[derive(Debug)]
pub struct Kind {
    /// Stable name in kebab case.
    pub id: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Points of risk that each adds to its API.
    pub points: u32,
    /// The most points that all of them together add.
    pub points_max: u32,
    /// Finds those of one API.
    pub find: fn(&Api, &Catalog) -> Vec<Found>,
    /// What sources tell where there is one, a line each.
    pub bad: &'static str,
    /// What is said of it.
    pub says: &'static str,
    /// What they tell where there is none.
    pub good: &'static str,
}

/// What a kind finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The operation; absent where it is about the API.
    pub operation: Option<OperationKey<'static>>,
    /// What is wrong, in one line.
    pub message: String,
    /// Where to look first.
    pub place: Option<Place>,
}

/// One gap.
#[derive(Debug)]
pub struct Gap {
    /// Of which kind.
    pub kind: &'static Kind,
    /// The API.
    pub api: String,
    /// What was found.
    pub found: Found,
}

/// Every gap of every API, by API and kind.
pub fn gaps(catalog: &Catalog) -> Vec<Gap> {
    let of_api = |api: &Api| {
        let found =
            ALL.iter().flat_map(|kind| (kind.find)(api, catalog).into_iter().map(|found| (*kind, found)));
        found.map(|(kind, found)| Gap { kind, api: api.name.clone(), found }).collect::<Vec<_>>()
    };
    catalog.apis.iter().flat_map(of_api).collect()
}

/// Where the risk of an API comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Points with what they are for, the most first.
    pub parts: Vec<(String, u32)>,
}

impl Risk {
    /// The most points that an API has.
    pub const MAX: u32 = 100;

    /// The sum, from 0 to [`Risk::MAX`].
    pub fn points(&self) -> u32 {
        self.parts.iter().map(|(_, points)| points).sum::<u32>().min(Risk::MAX)
    }
}

/// The risk of an API: what its gaps add, who can reach it, and what there is to lose.
pub fn risk<'g>(api: &Api, gaps: impl IntoIterator<Item = &'g Gap>) -> Risk {
    let of_api: Vec<&Gap> = gaps.into_iter().filter(|gap| gap.api == api.name).collect();
    let mut parts = Vec::new();
    for kind in ALL {
        let count = of_api.iter().filter(|gap| gap.kind.id == kind.id).count();
        let points =
            kind.points.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)).min(kind.points_max);
        if points > 0 {
            let most = if points == kind.points_max && count > 1 { ", which is the most" } else { "" };
            parts.push((format!("{}: {count} at {} each{most}", kind.id, kind.points), points));
        }
    }
    let (reach, points) = match api.visibility() {
        Some(Visibility::Public) => ("anybody may call it", 10),
        Some(Visibility::Partner) => ("partners may call it", 5),
        Some(Visibility::Internal) => ("nobody outside may call it", 0),
        None => ("nobody says who may call it, so anybody may", 10),
    };
    parts.push((reach.to_owned(), points));
    if let Some(Fact::Data(classes)) = api.fact(Field::Data) {
        parts.extend(
            classes.iter().map(|class| (format!("it has data of class {}", class.name()), weight(*class))),
        );
    }
    parts.retain(|(_, points)| *points > 0);
    parts.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
    Risk { parts }
}

fn weight(class: DataClass) -> u32 {
    match class {
        DataClass::Payment | DataClass::Health | DataClass::Credential => 15,
        DataClass::Personal => 10,
        DataClass::InternalId => 3,
    }
}

/// Something about one operation, at the first place that tells of it.
fn of(operation: &Operation, message: String) -> Found {
    let place = operation.sightings.iter().find_map(|(_, sighting)| sighting.place.clone());
    Found { operation: Some(operation.key.clone()), message, place }
}

/// Something about the API.
fn of_api(message: String) -> Found {
    Found { operation: None, message, place: None }
}

/// The operation as it stands in a message.
fn named(operation: &Operation) -> String {
    format!("`{} {}`", operation.key.method, operation.key.path)
}

/// Whether a specification declares other methods of the same path.
fn has_declared_path(api: &Api, operation: &Operation) -> bool {
    let path = shape(&operation.key.path);
    let mut others = api.operations.iter().filter(|other| other.key.method != operation.key.method);
    others.any(|other| other.declaration().is_some() && takes_path(&shape(&other.key.path), &path))
}

/// Words with commas between them, in backticks.
fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a label of a host, as in `api.staging.example.com` or `api-dev.example.com`, is one of `words`.
fn is_labelled(host: &str, words: &[&str]) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    name.split(['.', '-', '_']).any(|label| words.iter().any(|word| label.eq_ignore_ascii_case(word)))
}
