//! The definitions that schemas are collected into, each once, and their compilation as one schema.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, ValidationOptions};
use model::Severity;
use serde_json::{Map, Value, json};

use super::instance::InstanceJson;
use super::pattern::Patterns;
use super::scope::{Scopes, Vocabulary, Way};
use super::{Check, Compiled, Validator, format};
use crate::source::{Source, Spot};

/// Definitions that may turn out not to compile before all of them are given up.
const BROKEN_MAX: usize = 32;

/// Where no dynamic anchor is in force.
const NO_SCOPE: usize = 0;

/// Which way a value travels: `readOnly` and `writeOnly` depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// From the caller to the API.
    Request,
    /// From the API to the caller.
    Response,
}

/// Which rules a document's schemas are written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Swagger 2.0 and OpenAPI 3.0: JSON Schema draft 4 with differences; nothing beside a `$ref` counts.
    Draft4,
    /// OpenAPI 3.1 and 3.2: JSON Schema 2020-12.
    Draft202012,
}

/// Schemas on their way to be compiled.
pub(crate) struct Definitions<'s, 'l> {
    pub(super) source: &'s Source<'l>,
    pub(super) dialect: Dialect,
    pub(super) patterns: Patterns,
    compiled: Arc<Compiled>,
    definitions: Vec<Definition<'l>>,
    pub(super) scopes: Scopes,
    known: HashMap<(u32, u32, Direction, usize), usize>,
    waiting: VecDeque<(usize, Spot<'l>, Way)>,
}

struct Definition<'l> {
    schema: Value,
    spot: Spot<'l>,
    /// Values are checked against it as a whole, so the table has a slot for it.
    is_slot: bool,
}

impl<'s, 'l> Definitions<'s, 'l> {
    pub(crate) fn new(source: &'s Source<'l>, dialect: Dialect) -> Definitions<'s, 'l> {
        Definitions {
            source,
            dialect,
            patterns: Patterns::new(),
            compiled: Arc::default(),
            definitions: Vec::new(),
            scopes: Scopes::new(),
            known: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// A validator for the schema at `spot`. It accepts nothing until [`Definitions::compile`] is through.
    pub(crate) fn validator(&mut self, spot: Spot<'l>, direction: Direction) -> Validator {
        let index = self.definition_of(spot, direction);
        self.slot(index)
    }

    /// The same for values that are text: a schema that asks for nothing but a string accepts each of them.
    pub(crate) fn text_validator(&mut self, spot: Spot<'l>, direction: Direction) -> Validator {
        let index = self.definition_of(spot, direction);
        self.rewrite_waiting();
        match self.definitions.get(index) {
            Some(definition) if definition.schema == json!({ "type": "string" }) => Validator::ANYTHING,
            _ => self.slot(index),
        }
    }

    fn definition_of(&mut self, spot: Spot<'l>, direction: Direction) -> usize {
        let target = match self.dialect {
            Dialect::Draft4 => self.source.follow(spot).unwrap_or(spot),
            Dialect::Draft202012 => self.alone(spot),
        };
        self.definition(target, direction, NO_SCOPE)
    }

    /// What `spot` leads to as long as it is a reference and nothing else: what stands beside one counts in 2020-12.
    fn alone(&self, mut spot: Spot<'l>) -> Spot<'l> {
        // A circle is left where it was found, and said where it is rewritten.
        let is_sound = self.source.follow_schema(spot).is_ok();
        while let Some(reference) = spot.get("$ref").filter(|_| is_sound && spot.node.len() == 1)
            && let Some(target) = self.source.resolve(reference)
        {
            spot = target;
        }
        spot
    }

    /// A validator for a schema that no document has as it stands.
    pub(crate) fn composed(&mut self, schema: Value, spot: Spot<'l>) -> Validator {
        self.definitions.push(Definition { schema, spot, is_slot: true });
        self.slot(self.definitions.len() - 1)
    }

    /// A reference to the schema at `spot`, to stand in a composed one.
    pub(crate) fn reference(&mut self, spot: Spot<'l>, direction: Direction) -> Value {
        let index = self.definition(spot, direction, NO_SCOPE);
        json!({ "$ref": format!("#/$defs/{index}") })
    }

    /// The same for a schema that was reached on `way`.
    pub(super) fn reference_on(&mut self, spot: Spot<'l>, way: Way) -> Value {
        let index = self.definition(spot, way.direction, way.scope);
        json!({ "$ref": format!("#/$defs/{index}") })
    }

    fn slot(&mut self, index: usize) -> Validator {
        self.rewrite_waiting();
        match self.definitions.get_mut(index) {
            Some(definition) if is_trivial(&definition.schema) => Validator::ANYTHING,
            found => {
                if let Some(definition) = found {
                    definition.is_slot = true;
                }
                Validator(Check::Slot {
                    compiled: Arc::clone(&self.compiled),
                    name: index.to_string().into(),
                })
            }
        }
    }

    fn definition(&mut self, spot: Spot<'l>, direction: Direction, scope: usize) -> usize {
        let (document, node) = spot.key();
        let next = self.definitions.len();
        let way = self.way_to(spot, direction, scope);
        let scope = way.map_or(scope, |way| way.scope);
        let index = *self.known.entry((document, node, direction, scope)).or_insert(next);
        if index == next {
            self.definitions.push(Definition { schema: Value::Bool(false), spot, is_slot: false });
            let way =
                way.filter(|_| self.scopes.may_repeat((document, node, direction)) || self.refuse(spot));
            self.waiting.extend(way.map(|way| (index, spot, way)));
        }
        index
    }

    /// How the schema at `spot` is read; nothing, and a problem, where there are too many ways to it.
    pub(super) fn way_to(&mut self, spot: Spot<'l>, direction: Direction, scope: usize) -> Option<Way> {
        if self.dialect == Dialect::Draft4 {
            return Some(Way { direction, scope, vocabulary: Vocabulary::USUAL });
        }
        let Some(scope) = self.scopes.entered(self.source, spot, scope) else {
            self.refuse(spot);
            return None;
        };
        Some(Way { direction, scope, vocabulary: self.scopes.vocabulary(self.source, spot) })
    }

    /// Says that a schema is reached in too many ways; it is not gone into any further.
    fn refuse(&self, spot: Spot<'l>) -> bool {
        let message =
            "the schema is reached with too many sets of dynamic anchors, so no value is valid here";
        self.source.problem(Severity::Error, spot, message);
        false
    }

    fn rewrite_waiting(&mut self) {
        while let Some((index, spot, way)) = self.waiting.pop_front() {
            let schema = self.rewritten(spot, way);
            if let Some(definition) = self.definitions.get_mut(index) {
                definition.schema = schema;
            }
        }
    }

    /// Compiles everything collected; from then on the validators that were handed out work.
    ///
    /// A definition that the compiler refuses is a problem, and nothing is valid by it.
    pub(crate) fn compile(mut self) {
        self.rewrite_waiting();
        let options = options().with_pattern_cache(self.patterns.cache());
        for _ in 0..BROKEN_MAX {
            let table = self.table();
            match options.build(&table) {
                Ok(table) => {
                    if self.compiled.table.set(table).is_err() {
                        debug_assert!(false, "a set of definitions is compiled once");
                    }
                    return;
                }
                Err(error) => {
                    let places = [error.schema_path().as_str(), error.instance_path().as_str()];
                    let broken = places.iter().find_map(|place| index_of(place));
                    let Some(definition) = broken.and_then(|index| self.definitions.get_mut(index)) else {
                        break;
                    };
                    definition.schema = Value::Bool(false);
                    let message = format!("the schema does not compile: {}", error.masked());
                    self.source.problem(Severity::Error, definition.spot, message);
                }
            }
        }
        if let Some(root) = self.source.root() {
            self.source.problem(
                Severity::Error,
                root,
                "its schemas do not compile, so every body is refused",
            );
        }
    }

    fn table(&self) -> Value {
        let mut definitions = Map::new();
        let mut slots = Map::new();
        for (index, definition) in self.definitions.iter().enumerate() {
            let name = index.to_string();
            if definition.is_slot {
                slots.insert(name.clone(), json!({ "$ref": format!("#/$defs/{name}") }));
            }
            definitions.insert(name, definition.schema.clone());
        }
        json!({ "$defs": definitions, "properties": slots, "additionalProperties": false })
    }
}

fn options() -> ValidationOptions<'static, Arc<dyn jsonschema::Retrieve>, InstanceJson> {
    jsonschema::options_for::<InstanceJson>()
        .offline()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .with_format("byte", format::is_base64)
}

fn is_trivial(schema: &Value) -> bool {
    match schema {
        Value::Bool(accepts) => *accepts,
        Value::Object(keywords) => keywords.is_empty(),
        _ => false,
    }
}

/// The definition that a place in the table belongs to.
fn index_of(place: &str) -> Option<usize> {
    place.strip_prefix("/$defs/")?.split('/').next()?.parse().ok()
}
