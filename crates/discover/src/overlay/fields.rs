//! Members that values were seen to have and that their schema does not declare.

use std::collections::HashSet;

use serde_json::{Value, json};
use spec::Spot;

use crate::shape::{Shape, schema};

/// Objects and arrays inside each other that are compared.
const DEPTH_MAX: usize = 12;

/// Schemas that speak of one value, by way of `allOf` and its like.
const PARTS_MAX: usize = 32;

/// A member that is not declared.
pub(super) struct Missing<'l> {
    /// The object that gets it: `properties`, or the schema.
    pub(super) object: Spot<'l>,
    /// Its name, or `properties` where there are none yet.
    pub(super) key: String,
    /// Its schema, or the members with theirs.
    pub(super) value: Value,
    /// Where it stands in the body.
    pub(super) pointer: String,
}

/// Members that were added, so that what several operations share gets each of them once.
#[derive(Default)]
pub(super) struct Fields {
    added: HashSet<((u32, u32), String)>,
}

/// What a `$ref` leads to.
type Follow<'f, 'l> = &'f dyn Fn(Spot<'l>) -> Option<Spot<'l>>;

impl Fields {
    /// The members of values of `shape` that `spot` does not declare.
    pub(super) fn missing<'l>(
        &mut self,
        follow: Follow<'_, 'l>,
        spot: Spot<'l>,
        shape: &Shape,
    ) -> Vec<Missing<'l>> {
        let mut found = Vec::new();
        self.compare(follow, &[spot], shape, "", &mut found);
        found
    }

    fn compare<'l>(
        &mut self,
        follow: Follow<'_, 'l>,
        schemas: &[Spot<'l>],
        shape: &Shape,
        pointer: &str,
        found: &mut Vec<Missing<'l>>,
    ) {
        let parts = parts(follow, schemas);
        if parts.is_empty() || pointer.matches('/').count() > DEPTH_MAX {
            return;
        }
        if let Some(arrays) = &shape.arrays {
            let items: Vec<Spot<'l>> = parts.iter().filter_map(|part| part.get("items")).collect();
            self.compare(follow, &items, &arrays.item, &format!("{pointer}/*"), found);
        }
        let Some(objects) = shape.objects.as_ref().filter(|objects| objects.values().is_none()) else {
            return;
        };
        // The document says that members of other names are meant to be there.
        let is_open = |part: &Spot<'l>| {
            let others =
                ["additionalProperties", "unevaluatedProperties"].into_iter().filter_map(|key| part.get(key));
            others.into_iter().any(|other| other.node.as_bool() != Some(false))
                || part.get("patternProperties").is_some()
        };
        for (name, shape) in &objects.members {
            let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let known: Vec<Spot<'l>> =
                parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect();
            if !known.is_empty() {
                self.compare(follow, &known, shape, &below, found);
            } else if !parts.iter().any(is_open) {
                found.extend(self.added(&parts, name, shape, below));
            }
        }
    }

    /// The member in the first of `parts` that has others, else in the first of all.
    fn added<'l>(
        &mut self,
        parts: &[Spot<'l>],
        name: &str,
        shape: &Shape,
        pointer: String,
    ) -> Option<Missing<'l>> {
        let listed = parts.iter().find_map(|part| part.get("properties"));
        let (object, key, value) = match listed {
            Some(properties) => (properties, name.to_owned(), schema(name, shape)),
            None => (*parts.first()?, "properties".to_owned(), json!({ name: schema(name, shape) })),
        };
        let is_new = self.added.insert((object.key(), name.to_owned()));
        is_new.then_some(Missing { object, key, value, pointer })
    }
}

/// The schemas and all that speak of the same value with them.
fn parts<'l>(follow: Follow<'_, 'l>, schemas: &[Spot<'l>]) -> Vec<Spot<'l>> {
    let mut parts: Vec<Spot<'l>> = Vec::new();
    let mut left: Vec<Spot<'l>> = schemas.to_vec();
    left.reverse();
    while let Some(spot) = left.pop() {
        let Some(target) = follow(spot).filter(|target| target.node.is_object()) else { continue };
        if parts.len() < PARTS_MAX && !parts.iter().any(|known| known.key() == target.key()) {
            parts.push(target);
            left.extend(["allOf", "anyOf", "oneOf"].into_iter().flat_map(|key| target.items_of(key)));
        }
    }
    parts
}
