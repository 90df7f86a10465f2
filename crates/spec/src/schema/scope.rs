//! What a schema is read by beside its own words: the way it was reached, and the vocabularies of its dialect.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::definitions::{Definitions, Dialect, Direction};
use crate::reference::META_SCHEMAS;
use crate::source::{SchemaFault, Source, Spot};

/// The most sets of dynamic anchors that the schemas of one contract are read under.
const SCOPES_MAX: usize = 32;

/// The most schemas that are compiled once more for another set of dynamic anchors.
const REPEATED_MAX: usize = 10_000;

const VALIDATION: &str = "https://json-schema.org/draft/2020-12/vocab/validation";
const FORMAT_ASSERTION: &str = "https://json-schema.org/draft/2020-12/vocab/format-assertion";

/// The keywords of the vocabulary for validation (JSON Schema 2020-12, validation, section 6).
pub(super) const VALIDATION_KEYWORDS: [&str; 20] = [
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
];

/// How a schema was reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) direction: Direction,
    /// The number of the dynamic anchors in force, as [`Scopes`] counts them.
    pub(super) scope: usize,
    pub(super) vocabulary: Vocabulary,
}

/// Which keywords count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vocabulary {
    /// Those that compare values: `type`, `enum`, bounds, lengths and what is required.
    pub(super) validates: bool,
    /// `format`. OpenAPI leaves it open, and here it counts; plain JSON Schema 2020-12 says that it is an annotation.
    pub(super) asserts_formats: bool,
}

/// What a dynamic anchor stands for: document and node.
type Anchors = BTreeMap<String, (u32, u32)>;

/// The dynamic anchors that a schema sees are those of the resources that lead to it, the outermost first (JSON Schema
/// 2020-12, section 8.2.3.2). A schema is compiled once for each different set of them, so that nothing dynamic is left.
#[derive(Debug)]
pub(super) struct Scopes {
    known: Vec<Anchors>,
    of_resources: HashMap<(u32, u32), Vec<(String, u32)>>,
    vocabularies: HashMap<(u32, u32), Vocabulary>,
    /// Schemas that were reached, and how many times one was reached in another scope.
    seen: HashSet<(u32, u32, Direction)>,
    repeated: usize,
    /// Resources whose formats were said not to count.
    pub(super) told: HashSet<(u32, u32)>,
}

impl Vocabulary {
    /// What counts where nothing else is said.
    pub(super) const USUAL: Vocabulary = Vocabulary { validates: true, asserts_formats: true };

    /// What the dialect with this address counts.
    pub(super) fn of(source: &Source<'_>, schema: Spot<'_>) -> Vocabulary {
        let Some(address) = schema.node.as_str() else { return Vocabulary::USUAL };
        if address.starts_with(META_SCHEMAS) {
            return Vocabulary { validates: true, asserts_formats: false };
        }
        match source.meta_schema(schema).and_then(|found| found.get("$vocabulary")) {
            Some(names) => Vocabulary {
                validates: names.get(VALIDATION).is_some(),
                asserts_formats: names.get(FORMAT_ASSERTION).is_some(),
            },
            // One that is not known is taken for one that says no less than OpenAPI's own.
            None => Vocabulary::USUAL,
        }
    }
}

impl Scopes {
    pub(super) fn new() -> Scopes {
        Scopes {
            known: vec![Anchors::new()],
            of_resources: HashMap::new(),
            vocabularies: HashMap::new(),
            seen: HashSet::new(),
            repeated: 0,
            told: HashSet::new(),
        }
    }

    /// The scope within the resource of `spot`, reached from `scope`; nothing where there are too many.
    pub(super) fn entered(&mut self, source: &Source<'_>, spot: Spot<'_>, scope: usize) -> Option<usize> {
        let resource = source.resource_of(spot);
        let own = self.of_resources.entry(resource).or_insert_with(|| source.dynamic_anchors(resource));
        let before = self.known.get(scope)?;
        if own.iter().all(|(name, _)| before.contains_key(name)) {
            return Some(scope);
        }
        let mut anchors = before.clone();
        for (name, node) in own {
            anchors.entry(name.clone()).or_insert((resource.0, *node));
        }
        if let Some(known) = self.known.iter().position(|known| *known == anchors) {
            return Some(known);
        }
        (self.known.len() < SCOPES_MAX).then(|| {
            self.known.push(anchors);
            self.known.len() - 1
        })
    }

    /// Whether the schema at `place` may be compiled once more, for another scope.
    pub(super) fn may_repeat(&mut self, place: (u32, u32, Direction)) -> bool {
        self.repeated += usize::from(!self.seen.insert(place));
        self.repeated <= REPEATED_MAX
    }

    /// The outermost node that `anchor` stands for in `scope`.
    pub(super) fn anchor(&self, scope: usize, anchor: &str) -> Option<(u32, u32)> {
        self.known.get(scope)?.get(anchor).copied()
    }

    /// What counts in the resource of `spot`: what it, or what is around it, says by `$schema`; else what the document
    /// says of all its schemas.
    pub(super) fn vocabulary(&mut self, source: &Source<'_>, spot: Spot<'_>) -> Vocabulary {
        let resource = source.resource_of(spot);
        if let Some(known) = self.vocabularies.get(&resource) {
            return *known;
        }
        let said = source.node(resource).and_then(|node| node.get("$schema"));
        let said = said.or_else(|| source.node((resource.0, 0))?.get("$schema"));
        let said = said.or_else(|| source.root()?.get("jsonSchemaDialect"));
        let vocabulary = said.map_or(Vocabulary::USUAL, |said| Vocabulary::of(source, said));
        self.vocabularies.insert(resource, vocabulary);
        vocabulary
    }
}

impl<'l> Definitions<'_, 'l> {
    /// The way on within the schema at `spot`: where it has an `$id` or a dialect of its own, those count from there.
    pub(super) fn way_within(&mut self, spot: Spot<'l>, way: Way) -> Option<Way> {
        if self.dialect == Dialect::Draft4 {
            return Some(way);
        }
        let own = match spot.get("$id") {
            Some(_) => self.way_to(spot, way.direction, way.scope)?,
            None => way,
        };
        let vocabulary = spot.get("$schema").map(|schema| Vocabulary::of(self.source, schema));
        Some(Way { vocabulary: vocabulary.unwrap_or(own.vocabulary), ..own })
    }

    /// A reference to what `reference`, the value of `key`, leads to. A chain that leads around in a circle says nothing,
    /// and what says nothing would accept everything.
    pub(super) fn referred(
        &mut self,
        spot: Spot<'l>,
        key: &str,
        reference: Spot<'l>,
        way: Way,
    ) -> Option<Value> {
        let text = reference.node.as_str()?;
        if self.dialect == Dialect::Draft202012 && text.starts_with(META_SCHEMAS) {
            return Some(json!({ "$ref": text }));
        }
        let mut target = self.source.resolve(reference)?;
        if matches!(self.source.follow_schema(spot), Err(SchemaFault::Nowhere)) {
            return None;
        }
        let fragment = text.split_once('#').map_or("", |(_, fragment)| fragment);
        if key == "$dynamicRef"
            && target.text("$dynamicAnchor") == Some(fragment)
            && let Some(outermost) = self.scopes.anchor(way.scope, fragment)
        {
            target = self.source.node(outermost)?;
        }
        Some(self.reference_on(target, way))
    }
}
