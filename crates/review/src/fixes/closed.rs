//! Closes objects that are said to be open.

use serde_json::Value;
use spec::Spot;

use super::{Fixer, Mend};
use crate::view::View;

pub(super) const ADDITIONAL: Fixer = Fixer {
    rule: "additional-properties",
    what: "writes `false` where the object has properties and is no part of another",
    fix: additional,
};

pub(super) const UNEVALUATED: Fixer = Fixer {
    rule: "unevaluated-properties",
    what: "writes `false` where the object has properties",
    fix: unevaluated,
};

/// Without properties of its own it would take nothing at all, and as a part it would refuse what other parts describe.
fn additional(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let object = object_around(view, spot)?;
    let is_whole = ["allOf", "oneOf", "anyOf", "$ref"].iter().all(|key| object.get(key).is_none());
    let is_alone = view.schema(object).is_some_and(|schema| !schema.is_part());
    (is_whole && is_alone && has_properties(object)).then(|| Mend::replacing(spot, Value::Bool(false)))
}

fn unevaluated(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let object = object_around(view, spot)?;
    let parts = view.parts(object);
    parts.into_iter().any(has_properties).then(|| Mend::replacing(spot, Value::Bool(false)))
}

fn has_properties(object: Spot<'_>) -> bool {
    object.members_of("properties").next().is_some()
}

/// The schema that `spot` is a keyword of.
fn object_around<'l>(view: &View<'l>, spot: Spot<'l>) -> Option<Spot<'l>> {
    let document = view.library.document(spot.document)?;
    let pointer = document.pointer(spot.node);
    let (above, _) = pointer.rsplit_once('/')?;
    document.root().pointer(above).map(|node| spot.at(node))
}
