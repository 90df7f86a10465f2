//! Which members a schema declares, and which of them must not be returned: for those who take the others out.

mod fields;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::schema::Dialect;
use crate::source::{Source, Spot};

pub use fields::{BodyFields, body_fields};

/// Schemas that may stand for one value at once, by way of `allOf`, `anyOf` and their like.
const PARTS_MAX: usize = 64;

/// The members that the schema of a value declares; a cheap handle.
#[derive(Debug, Clone)]
pub struct Declared {
    root: Option<u32>,
    table: Option<Arc<[Schema]>>,
}

/// The schemas that speak of one value.
pub type Schemas = SmallVec<[u32; 4]>;

/// What a schema says of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// It is declared, and these schemas speak of its value.
    Declared(Schemas),
    /// It is not declared, and nothing says that there are others: `additionalProperties` is absent or `false`.
    Undeclared,
    /// It is declared to be `writeOnly`.
    WriteOnly,
}

/// What one schema says of members.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    properties: BTreeMap<Box<str>, u32>,
    write_only: Vec<Box<str>>,
    /// The document says that members of other names are meant to be there.
    is_open: bool,
    additional: Option<u32>,
    items: Option<u32>,
    prefix_items: Vec<u32>,
    /// Schemas that speak of the same value.
    parts: Vec<u32>,
}

impl Declared {
    /// A schema of which nothing is known, by which everything is declared.
    pub(crate) const ANYTHING: Declared = Declared { root: None, table: None };

    pub(crate) fn attach(&mut self, table: &Arc<[Schema]>) {
        self.table = Some(Arc::clone(table));
    }

    /// The schemas that speak of the whole value.
    pub fn root(&self) -> Schemas {
        self.closed(self.root.into_iter().collect())
    }

    /// What `schemas` say of the member called `name`.
    pub fn member(&self, schemas: &Schemas, name: &str) -> Member {
        let known = || schemas.iter().filter_map(|index| self.schema(*index));
        if known().any(|schema| schema.write_only.iter().any(|known| **known == *name)) {
            return Member::WriteOnly;
        }
        let by_name: Schemas = known().filter_map(|schema| schema.properties.get(name).copied()).collect();
        if !by_name.is_empty() {
            return Member::Declared(self.closed(by_name));
        }
        let declares = known().any(|schema| !schema.properties.is_empty());
        if declares && !known().any(|schema| schema.is_open) {
            return Member::Undeclared;
        }
        Member::Declared(self.closed(known().filter_map(|schema| schema.additional).collect()))
    }

    /// The schemas that speak of the item at `index`.
    pub fn item(&self, schemas: &Schemas, index: usize) -> Schemas {
        let known = schemas.iter().filter_map(|index| self.schema(*index));
        let of_item = known.filter_map(|schema| schema.prefix_items.get(index).copied().or(schema.items));
        self.closed(of_item.collect())
    }

    fn schema(&self, index: u32) -> Option<&Schema> {
        self.table.as_ref()?.get(index as usize)
    }

    /// The schemas and all that speak of the same value with them.
    fn closed(&self, mut schemas: Schemas) -> Schemas {
        let mut at = 0;
        while let Some(index) = schemas.get(at).copied() {
            for part in self.schema(index).map(|schema| schema.parts.as_slice()).unwrap_or_default() {
                if schemas.len() < PARTS_MAX && !schemas.contains(part) {
                    schemas.push(*part);
                }
            }
            at += 1;
        }
        schemas
    }
}

/// Collects what schemas declare, each once.
pub(crate) struct Declarations<'s, 'l> {
    source: &'s Source<'l>,
    dialect: Dialect,
    schemas: Vec<Schema>,
    known: HashMap<(u32, u32), u32>,
    waiting: Vec<(u32, Spot<'l>)>,
}

impl<'s, 'l> Declarations<'s, 'l> {
    pub(crate) fn new(source: &'s Source<'l>, dialect: Dialect) -> Declarations<'s, 'l> {
        Declarations { source, dialect, schemas: Vec::new(), known: HashMap::new(), waiting: Vec::new() }
    }

    /// What the schema at `spot` declares; of use once what [`Declarations::finish`] gives is attached.
    pub(crate) fn of(&mut self, spot: Spot<'l>) -> Declared {
        Declared { root: Some(self.index(spot)), table: None }
    }

    pub(crate) fn finish(mut self) -> Arc<[Schema]> {
        self.read_waiting();
        self.schemas.into()
    }

    fn index(&mut self, spot: Spot<'l>) -> u32 {
        let next = u32::try_from(self.schemas.len()).unwrap_or(u32::MAX);
        let index = *self.known.entry(spot.key()).or_insert(next);
        if index == next {
            self.schemas.push(Schema::default());
            self.waiting.push((index, spot));
        }
        index
    }

    fn read_waiting(&mut self) {
        while let Some((index, spot)) = self.waiting.pop() {
            let schema = self.read(spot);
            if let Some(place) = self.schemas.get_mut(index as usize) {
                *place = schema;
            }
        }
    }

    fn read(&mut self, spot: Spot<'l>) -> Schema {
        let mut schema = Schema::default();
        if let Some(target) = spot
            .get("$ref")
            .and_then(|_| self.source.follow(spot))
            .filter(|target| target.key() != spot.key())
        {
            schema.parts.push(self.index(target));
            if self.dialect == Dialect::Draft4 {
                return schema;
            }
        }
        for (name, property) in spot.members_of("properties") {
            if self.is_write_only(property) {
                schema.write_only.push(name.into());
            }
            let index = self.index(property);
            schema.properties.insert(name.into(), index);
        }
        for key in ["additionalProperties", "unevaluatedProperties"] {
            let Some(other) = spot.get(key).filter(|other| other.node.as_bool() != Some(false)) else {
                continue;
            };
            schema.is_open = true;
            if other.node.is_object() {
                schema.additional = Some(self.index(other));
            }
        }
        schema.is_open |= spot.get("patternProperties").is_some();
        for key in ["allOf", "anyOf", "oneOf"] {
            for part in spot.items_of(key) {
                let index = self.index(part);
                schema.parts.push(index);
            }
        }
        for key in ["then", "else"] {
            if let Some(part) = spot.get(key) {
                let index = self.index(part);
                schema.parts.push(index);
            }
        }
        for item in spot.items_of("prefixItems") {
            let index = self.index(item);
            schema.prefix_items.push(index);
        }
        schema.items =
            spot.get("items").filter(|items| items.node.is_object()).map(|items| self.index(items));
        schema
    }

    fn is_write_only(&self, property: Spot<'l>) -> bool {
        let beside_reference = self.dialect == Dialect::Draft202012 && property.is_true("writeOnly");
        beside_reference || self.source.follow(property).is_some_and(|target| target.is_true("writeOnly"))
    }
}
