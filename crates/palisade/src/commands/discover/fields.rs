//! The fields of bodies in JSON, with what they hold.

use discover::Tally;
use discover::shape::{self, Bodies, Evidence};
use model::inventory::Word;
use serde::Serialize;

/// One field of the bodies of an operation.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    /// `request`, or the status of the answer.
    of: String,
    /// JSON pointer, `*` for any item or member.
    pointer: String,
    types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<Class>,
}

/// A class of data that a field is of.
#[derive(Debug, Serialize)]
struct Class {
    class: &'static str,
    #[serde(flatten)]
    evidence: Shown,
}

/// What speaks for it.
#[derive(Debug, Serialize)]
#[serde(tag = "evidence", rename_all = "lowercase")]
enum Shown {
    Name,
    Values { found: &'static str, count: u64 },
}

/// Every field of the bodies that `tally` knows of.
pub(super) fn fields(tally: &Tally) -> Vec<Field> {
    let Some(bodies) = &tally.bodies else { return Vec::new() };
    let answers = bodies.answers.iter().map(|(status, bodies)| (status.to_string(), bodies));
    std::iter::once(("request".to_owned(), &bodies.request))
        .chain(answers)
        .flat_map(|(of, bodies)| of_bodies(&of, bodies))
        .collect()
}

fn of_bodies(of: &str, bodies: &Bodies) -> Vec<Field> {
    let listed = |field: shape::Field| {
        let classes = field.classes.into_iter().map(|(class, evidence)| {
            let evidence = match evidence {
                Evidence::Name => Shown::Name,
                Evidence::Values(found, count) => Shown::Values { found, count },
            };
            Class { class: class.name(), evidence }
        });
        Field { of: of.to_owned(), pointer: field.pointer, types: field.types, classes: classes.collect() }
    };
    shape::fields(&bodies.shape).into_iter().map(listed).collect()
}
