//! What lies below a place: properties of the value that a schema describes and of those inside, and examples.

use std::collections::{HashSet, VecDeque};

use spec::Spot;

use super::View;

/// The most properties that are gathered below one schema.
const PROPERTIES_MAX: usize = 2_000;

/// A property of a value, or of one inside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property<'l> {
    pub(crate) name: &'l str,
    pub(crate) spot: Spot<'l>,
}

impl<'l> View<'l> {
    /// The properties of what `schema` describes: of its parts, branches and items, and of values at most `levels` inside.
    /// Each schema is looked at once, the nearest first.
    pub(crate) fn properties_below(&self, schema: Spot<'l>, levels: usize) -> Vec<Property<'l>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut left = VecDeque::from([(schema, 0)]);
        while let Some((schema, level)) = left.pop_front() {
            for part in self.parts(schema) {
                if !seen.insert(part.key()) || found.len() >= PROPERTIES_MAX {
                    continue;
                }
                for (name, spot) in part.members_of("properties") {
                    found.push(Property { name, spot });
                    left.extend((level < levels).then_some((spot, level + 1)));
                }
                let branches = ["oneOf", "anyOf"].into_iter().flat_map(|key| part.items_of(key));
                let inside = branches.chain(part.get("items")).map(|spot| (spot, level));
                left.extend(inside);
            }
        }
        found
    }

    /// Every scalar that stands for an example or a fixed value, in all documents.
    pub(crate) fn examples(&self) -> Vec<Spot<'l>> {
        let numbered = (0_u32..).zip(self.library.documents());
        let mut left: Vec<(Spot<'l>, bool)> =
            numbered.map(|(document, found)| (Spot { document, node: found.root() }, false)).collect();
        let mut found = Vec::new();
        while let Some((spot, in_example)) = left.pop() {
            if in_example && spot.node.scalar().is_some() {
                found.push(spot);
            }
            let is_example =
                |key: &str| matches!(key, "example" | "examples" | "default" | "const" | "x-example");
            left.extend(spot.items().map(|item| (item, in_example)));
            left.extend(spot.members().map(|(key, value)| (value, in_example || is_example(key))));
        }
        found
    }
}
