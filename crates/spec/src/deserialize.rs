//! Reads a node into a type with `#[derive(Deserialize)]`, and says everything that does not fit, each with its place.

mod access;
mod failure;
mod suggest;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use model::Problem;
use serde::de::{DeserializeOwned, Error, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::document::Document;
use crate::overlay::without;
use crate::tree::{Kind, Node};

use access::{Choice, Items, Members};
use failure::{Failure, Located};
pub use suggest::nearest;

/// Problems said at once for one value; each costs another reading of it.
const PROBLEMS_MAX: usize = 100;

/// Reads `node`, a node of `document`, into a `T`.
///
/// Unknown keys are only noticed where the type says `#[serde(deny_unknown_fields)]`. Inside untagged, internally
/// tagged and flattened types serde forgets places, so their problems are placed at the whole value; give untagged
/// types `#[serde(expecting = "…")]`, or the message names the Rust type.
///
/// # Errors
/// Every problem of the value in document order: a member that cannot be read is left out and the rest is read on.
pub fn deserialize<T: DeserializeOwned>(document: &Document, node: Node<'_>) -> Result<T, Vec<Problem>> {
    match partly(document, node) {
        Partly { value: Some(value), problems, .. } if problems.is_empty() => Ok(value),
        Partly { problems, .. } => Err(problems),
    }
}

/// Reads `document` into a `T` as far as it can be: what is left of it once the members and items that cannot be read
/// are left out, the `T` that this makes, and every problem. There is no `T` where what is left is none.
pub fn deserialize_partly<T: DeserializeOwned>(document: Document) -> (Document, Option<T>, Vec<Problem>) {
    let Partly { value, skipped, problems } = partly(&document, document.root());
    (without(document, &skipped), value, problems)
}

/// What came of reading a value.
struct Partly<T> {
    value: Option<T>,
    /// Members and items that could not be read, by the index of their value.
    skipped: HashSet<u32>,
    problems: Vec<Problem>,
}

fn partly<T: DeserializeOwned>(document: &Document, node: Node<'_>) -> Partly<T> {
    let mut skipped = HashSet::new();
    let mut problems = BTreeMap::new();
    let mut value = None;
    loop {
        let reading = Reading { skipped: RefCell::new(skipped) };
        let result = T::deserialize(Reader { reading: &reading, node });
        skipped = reading.skipped.into_inner();
        let located = match result {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(failure) => failure.located_at(node),
        };
        // What contains a part that was left out may fail for that reason alone.
        let follows = located.is_of_whole && has_skipped_child(document.node(located.index), &skipped);
        let index = located.index;
        if !follows {
            problems.entry(index).or_insert_with(|| problem(document, located));
        }
        if index == node.index() || !skipped.insert(index) || problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    Partly { value, skipped, problems: problems.into_values().collect() }
}

fn has_skipped_child(node: Node<'_>, skipped: &HashSet<u32>) -> bool {
    node.items().chain(node.entries().map(|entry| entry.value)).any(|child| skipped.contains(&child.index()))
}

fn problem(document: &Document, located: Located) -> Problem {
    let node = document.node(located.index);
    let position = match document.entry_of(node).filter(|_| located.is_key) {
        Some(entry) => document.key_position(&entry),
        None => document.position(node),
    };
    let problem = Problem::error(located.wrong.message).at(position);
    match located.wrong.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// What one reading of a value knows.
struct Reading {
    /// Members and items that could not be read, by the index of their value.
    skipped: RefCell<HashSet<u32>>,
}

impl Reading {
    fn skips(&self, node: Node<'_>) -> bool {
        self.skipped.borrow().contains(&node.index())
    }
}

/// Reads one node.
#[derive(Clone, Copy)]
struct Reader<'r, 't> {
    reading: &'r Reading,
    node: Node<'t>,
}

impl<'t> Reader<'_, 't> {
    fn visit<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool => visitor.visit_bool(self.node.as_bool() == Some(true)),
            Kind::String => visitor.visit_borrowed_str(self.node.as_str().unwrap_or_default()),
            Kind::Number => match (self.node.as_u64(), self.node.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(self.node.as_f64().unwrap_or_default()),
            },
            Kind::Array => visitor.visit_seq(Items { reading: self.reading, items: self.node.items() }),
            Kind::Object => visitor.visit_map(Members::new(self.reading, self.node)),
        }
    }
}

impl<'t> Deserializer<'t> for Reader<'_, 't> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.visit(visitor).map_err(|failure: Failure| failure.at(self.node))
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        value.map_err(|failure: Failure| failure.at(self.node))
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self).map_err(|failure: Failure| failure.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let mut entries = self.node.entries();
        let value = match (self.node.as_str(), entries.next(), entries.next()) {
            (Some(name), ..) => visitor.visit_enum(Choice::named(self.reading, name, self.node)),
            (None, Some(entry), None) => visitor.visit_enum(Choice::keyed(self.reading, entry)),
            _ => Err(Failure::not_a_choice(variants)),
        };
        value.map_err(|failure: Failure| failure.at(self.node))
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        // Serde would also take the fields of a struct from a list, by their order.
        if self.node.is_array() {
            return Err(Failure::invalid_type(Unexpected::Seq, &visitor).at(self.node));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>> bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

#[cfg(test)]
mod tests;
