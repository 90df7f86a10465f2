//! The definitions that schemas are collected into, each once, and their compilation as one schema.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, ValidationOptions};
use model::Severity;
use serde_json::{Map, Value, json};

use super::instance::InstanceJson;
use super::pattern::Patterns;
use super::{Check, Compiled, Validator, format};
use crate::source::{Source, Spot};

/// Definitions that may turn out not to compile before all of them are given up.
const BROKEN_MAX: usize = 32;

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
    known: HashMap<(u32, u32, Direction), usize>,
    waiting: VecDeque<(usize, Spot<'l>, Direction)>,
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
        let target = match self.source.follow(spot) {
            // What stands beside a `$ref` counts in 2020-12, so the reference itself is the schema.
            Some(target) if self.dialect == Dialect::Draft4 || spot.node.len() == 1 => target,
            Some(_) | None => spot,
        };
        self.definition(target, direction)
    }

    /// A validator for a schema that no document has as it stands.
    pub(crate) fn composed(&mut self, schema: Value, spot: Spot<'l>) -> Validator {
        self.definitions.push(Definition { schema, spot, is_slot: true });
        self.slot(self.definitions.len() - 1)
    }

    /// A reference to the schema at `spot`, to stand in a composed one.
    pub(crate) fn reference(&mut self, spot: Spot<'l>, direction: Direction) -> Value {
        let index = self.definition(spot, direction);
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

    fn definition(&mut self, spot: Spot<'l>, direction: Direction) -> usize {
        let (document, node) = spot.key();
        let next = self.definitions.len();
        let index = *self.known.entry((document, node, direction)).or_insert(next);
        if index == next {
            self.definitions.push(Definition { schema: Value::Bool(false), spot, is_slot: false });
            self.waiting.push_back((index, spot, direction));
        }
        index
    }

    fn rewrite_waiting(&mut self) {
        while let Some((index, spot, direction)) = self.waiting.pop_front() {
            let schema = self.rewritten(spot, direction);
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
