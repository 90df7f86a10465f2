//! A schema as a value meets it: what all its parts say together, however they are named, referred to and composed.

mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use spec::{Format, Spot};

use crate::view::{Parameter, View};

/// Schemas that speak of one value by way of `$ref`, `allOf` and the branches that hold.
const PARTS_MAX: usize = 256;

/// Lists of `oneOf` and `anyOf` of one value that are told apart.
const LISTS_MAX: usize = 3;

/// Branches of one list that are told apart.
const BRANCHES_MAX: usize = 200;

/// Schemas within schemas by which branches are told to be the same.
const DIGEST_DEPTH: u8 = 8;

/// A number that names a [`Shape`] among those of its document.
pub(crate) type ShapeId = usize;

/// The bounds that a schema may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Limit {
    MaxLength,
    MaxItems,
    MaxProperties,
    Maximum,
    MinLength,
    MinItems,
    MinProperties,
    Minimum,
}

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    /// The bound itself is outside.
    pub(crate) is_exclusive: bool,
}

/// What is said of one value.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'l> {
    /// The first of the parts.
    pub(crate) spot: Spot<'l>,
    /// Types by name, `null` left out; any where it is empty.
    pub(crate) types: BTreeSet<&'static str>,
    pub(crate) is_nullable: bool,
    pub(crate) limits: BTreeMap<Limit, (Bound, Spot<'l>)>,
    pub(crate) patterns: BTreeMap<&'l str, Spot<'l>>,
    pub(crate) formats: BTreeMap<&'l str, Spot<'l>>,
    /// The values that are allowed, as JSON, and where that is said.
    pub(crate) choice: Option<(BTreeMap<String, Spot<'l>>, Spot<'l>)>,
    pub(crate) properties: BTreeMap<&'l str, Vec<Spot<'l>>>,
    pub(crate) required: BTreeMap<&'l str, Spot<'l>>,
    /// Where other properties are said not to be there.
    pub(crate) closed: Option<Spot<'l>>,
    /// What other properties are.
    pub(crate) additional: Vec<Spot<'l>>,
    pub(crate) items: Vec<Spot<'l>>,
    pub(crate) prefix_items: Vec<Vec<Spot<'l>>>,
    pub(crate) read_only: Option<Spot<'l>>,
    pub(crate) write_only: Option<Spot<'l>>,
    /// What a value must or must not fit, by keyword: `not`, `if`, `then`, `else`, `contains`, `propertyNames`,
    /// `dependentSchemas`, `dependentRequired`.
    pub(crate) conditions: BTreeMap<&'static str, Vec<Condition<'l>>>,
    /// Whether every reference led somewhere.
    pub(crate) is_whole: bool,
    /// The parts, and the lists of branches that were chosen from.
    parts: Vec<Spot<'l>>,
    chosen: Vec<(u32, u32)>,
    /// The first list of which none was chosen yet.
    list: Option<Spot<'l>>,
}

/// A schema, or the name of a property that must be there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition<'l> {
    /// The property where which is there it holds; nothing where it always does.
    of: &'l str,
    spot: Spot<'l>,
}

/// What a [`Shape`] is made from, and so what makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    parts: Vec<(u32, u32)>,
    chosen: Vec<(u32, u32)>,
    is_form: bool,
}

/// The shapes of one document, each made once and when it is asked for.
#[derive(Debug)]
pub(crate) struct Shapes<'v, 'l> {
    view: &'v View<'l>,
    shapes: Vec<Shape<'l>>,
    known: HashMap<Key, ShapeId>,
    variants: HashMap<ShapeId, Vec<ShapeId>>,
    digests: HashMap<(ShapeId, u8), u64>,
}

/// The parts of a value, and what was met on the way to them.
#[derive(Debug)]
struct Parts<'l> {
    spots: Vec<Spot<'l>>,
    /// A list has a branch that is `null`.
    is_nullable: bool,
    is_whole: bool,
    list: Option<Spot<'l>>,
}

impl<'v, 'l> Shapes<'v, 'l> {
    pub(crate) fn new(view: &'v View<'l>) -> Shapes<'v, 'l> {
        Shapes {
            view,
            shapes: Vec::new(),
            known: HashMap::new(),
            variants: HashMap::new(),
            digests: HashMap::new(),
        }
    }

    pub(super) fn view(&self) -> &'v View<'l> {
        self.view
    }

    pub(crate) fn get(&self, id: ShapeId) -> Option<&Shape<'l>> {
        self.shapes.get(id)
    }

    /// The shape of a value of which all of `spots` speak, which are not empty.
    pub(crate) fn of(&mut self, spots: &[Spot<'l>]) -> Option<ShapeId> {
        self.with(spots, Vec::new())
    }

    /// The shape of a form whose fields are `parameters` of Swagger 2.0, which are not empty.
    pub(crate) fn form(&mut self, parameters: &[(&'l str, Spot<'l>)]) -> Option<ShapeId> {
        let first = parameters.first()?.1;
        let parts = parameters.iter().map(|(_, spot)| spot.key()).collect();
        let key = Key { parts, chosen: Vec::new(), is_form: true };
        if let Some(id) = self.known.get(&key) {
            return Some(*id);
        }
        let mut shape = Shape::empty(first);
        shape.types.insert("object");
        for (name, spot) in parameters {
            shape.properties.entry(name).or_default().push(*spot);
            if spot.is_true("required") {
                shape.required.insert(name, *spot);
            }
        }
        Some(self.keep(key, shape))
    }

    /// The shape of a value of which nothing is said at `holder`, which is no schema.
    pub(crate) fn anything(&mut self, holder: Spot<'l>) -> Option<ShapeId> {
        let key = Key { parts: vec![holder.key()], chosen: Vec::new(), is_form: true };
        let known = self.known.get(&key).copied();
        Some(known.unwrap_or_else(|| self.keep(key, Shape::empty(holder))))
    }

    /// The shape that `schema` describes, or of anything where `holder` has none.
    pub(crate) fn schema_or_anything(
        &mut self,
        schema: Option<Spot<'l>>,
        holder: Spot<'l>,
    ) -> Option<ShapeId> {
        match schema {
            Some(schema) => self.of(&[schema]),
            None => self.anything(holder),
        }
    }

    /// The shape of a parameter of an address, which since AsyncAPI 3.0 is a text with no schema.
    pub(crate) fn parameter(&mut self, parameter: &Parameter<'l>) -> Option<ShapeId> {
        let spot = parameter.spot;
        match parameter.schema {
            Some(schema) => return self.of(&[schema]),
            None if self.view.format == Format::AsyncApi2 => return self.anything(spot),
            None => {}
        }
        let key = Key { parts: vec![spot.key()], chosen: Vec::new(), is_form: true };
        if let Some(id) = self.known.get(&key) {
            return Some(*id);
        }
        Some(self.keep(key, read::text_of(spot)))
    }

    fn with(&mut self, spots: &[Spot<'l>], chosen: Vec<(u32, u32)>) -> Option<ShapeId> {
        let parts = self.parts(spots, &chosen);
        let mut keys: Vec<(u32, u32)> = parts.spots.iter().map(|spot| spot.key()).collect();
        keys.sort_unstable();
        let key = Key { parts: keys, chosen: chosen.clone(), is_form: false };
        if let Some(id) = self.known.get(&key) {
            return Some(*id);
        }
        let first = *parts.spots.first().or(spots.first())?;
        let mut shape = read::shape(first, &parts.spots, self.view.format);
        shape.is_nullable |= parts.is_nullable;
        shape.is_whole = parts.is_whole;
        shape.list = parts.list;
        shape.parts = parts.spots;
        shape.chosen = chosen;
        Some(self.keep(key, shape))
    }

    fn keep(&mut self, key: Key, shape: Shape<'l>) -> ShapeId {
        let id = self.shapes.len();
        self.shapes.push(shape);
        self.known.insert(key, id);
        id
    }

    /// All that speak of the value of `spots`; a list with one branch has no choice, and is a part.
    fn parts(&self, spots: &[Spot<'l>], chosen: &[(u32, u32)]) -> Parts<'l> {
        let mut parts = Parts { spots: Vec::new(), is_nullable: false, is_whole: true, list: None };
        let mut left: Vec<Spot<'l>> = spots.to_vec();
        let mut seen = BTreeSet::new();
        let mut silent = None;
        let mut at = 0;
        while let Some(spot) = left.get(at).copied() {
            at += 1;
            if !seen.insert(spot.key()) {
                continue;
            }
            if parts.spots.len() >= PARTS_MAX {
                parts.is_whole = false;
                self.view
                    .gap(spot, format!("of a schema with more than {PARTS_MAX} parts nothing is compared"));
                break;
            }
            if spot.text("$ref").is_some() {
                match self.view.follow(spot) {
                    Some(target) => left.push(target),
                    None => parts.is_whole = false,
                }
                if self.view.format < Format::OpenApi31 {
                    continue;
                }
            }
            if read::says_something(spot) || read::has_choice(spot) {
                parts.spots.push(spot);
            } else {
                silent = silent.or(Some(spot));
            }
            left.extend(spot.items_of("allOf"));
            for list in ["oneOf", "anyOf"].into_iter().filter_map(|key| spot.get(key)) {
                let branches: Vec<Spot<'l>> = list.items().filter(|branch| !read::is_null(*branch)).collect();
                parts.is_nullable |= branches.len() < list.node.len();
                match branches.as_slice() {
                    [] => {}
                    [only] => left.push(*only),
                    _ if chosen.contains(&list.key()) => {}
                    _ => parts.list = parts.list.or(Some(list)),
                }
            }
        }
        // What says nothing is a shape of its own all the same, with a place of its own.
        if parts.spots.is_empty() {
            parts.spots.extend(silent);
        }
        parts
    }

    /// The shapes of which a value has one: `id` alone where nothing is chosen from.
    pub(crate) fn variants(&mut self, id: ShapeId) -> Vec<ShapeId> {
        if let Some(known) = self.variants.get(&id) {
            return known.clone();
        }
        let Some(shape) = self.shapes.get(id).cloned() else { return Vec::new() };
        let mut variants = Vec::new();
        match shape.list {
            Some(list) if shape.chosen.len() < LISTS_MAX => {
                let chosen = [&shape.chosen[..], &[list.key()]].concat();
                let branches = list.items().filter(|branch| !read::is_null(*branch)).take(BRANCHES_MAX);
                for branch in branches {
                    let spots = [&[branch][..], &shape.parts].concat();
                    variants.extend(self.with(&spots, chosen.clone()));
                }
                let nested: Vec<ShapeId> =
                    variants.iter().flat_map(|variant| self.variants(*variant)).take(BRANCHES_MAX).collect();
                variants = nested;
            }
            Some(list) => {
                self.view.gap(list, format!("of a value that more than {LISTS_MAX} lists of branches speak of the others are not compared"));
                variants.push(id);
            }
            None => variants.push(id),
        }
        self.variants.insert(id, variants.clone());
        variants
    }

    /// A number that is the same for shapes that say the same, whatever document they are of.
    pub(crate) fn digest(&mut self, id: ShapeId) -> u64 {
        self.digest_to(id, DIGEST_DEPTH)
    }

    fn digest_to(&mut self, id: ShapeId, depth: u8) -> u64 {
        if let Some(known) = self.digests.get(&(id, depth)) {
            return *known;
        }
        let mut hasher = DefaultHasher::new();
        if depth > 0 {
            let variants = self.variants(id);
            let mut digests: Vec<u64> =
                variants.into_iter().map(|variant| self.own_digest(variant, depth)).collect();
            digests.sort_unstable();
            digests.hash(&mut hasher);
        }
        let digest = hasher.finish();
        self.digests.insert((id, depth), digest);
        digest
    }

    fn own_digest(&mut self, id: ShapeId, depth: u8) -> u64 {
        let Some(shape) = self.shapes.get(id).cloned() else { return 0 };
        let mut hasher = DefaultHasher::new();
        shape.hash_own(&mut hasher);
        for (name, spots) in &shape.properties {
            name.hash(&mut hasher);
            self.hash_below(spots, depth, &mut hasher);
        }
        for spots in [&shape.items, &shape.additional].into_iter().chain(&shape.prefix_items) {
            self.hash_below(spots, depth, &mut hasher);
        }
        for (keyword, conditions) in &shape.conditions {
            keyword.hash(&mut hasher);
            let digests: BTreeSet<u64> =
                conditions.iter().map(|condition| self.digest_of(*condition, depth - 1)).collect();
            digests.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The conditions of a shape, by keyword and [`Shapes::digest`].
    pub(super) fn conditions(&mut self, shape: &Shape<'l>) -> BTreeMap<(&'static str, u64), Spot<'l>> {
        let mut conditions = BTreeMap::new();
        for (keyword, all) in &shape.conditions {
            for condition in all {
                let digest = self.digest_of(*condition, DIGEST_DEPTH);
                conditions.insert((*keyword, digest), condition.spot);
            }
        }
        conditions
    }

    fn digest_of(&mut self, condition: Condition<'l>, depth: u8) -> u64 {
        let Condition { of, spot } = condition;
        let mut hasher = DefaultHasher::new();
        (of, spot.node.as_str()).hash(&mut hasher);
        self.of(&[spot]).map(|id| self.digest_to(id, depth)).hash(&mut hasher);
        hasher.finish()
    }

    fn hash_below(&mut self, spots: &[Spot<'l>], depth: u8, hasher: &mut DefaultHasher) {
        let below = self.of(spots).filter(|_| !spots.is_empty());
        below.map(|below| self.digest_to(below, depth - 1)).hash(hasher);
    }
}

impl<'l> Shape<'l> {
    fn empty(spot: Spot<'l>) -> Shape<'l> {
        Shape {
            spot,
            types: BTreeSet::new(),
            is_nullable: false,
            limits: BTreeMap::new(),
            patterns: BTreeMap::new(),
            formats: BTreeMap::new(),
            choice: None,
            properties: BTreeMap::new(),
            required: BTreeMap::new(),
            closed: None,
            additional: Vec::new(),
            items: Vec::new(),
            prefix_items: Vec::new(),
            read_only: None,
            write_only: None,
            conditions: BTreeMap::new(),
            is_whole: true,
            parts: Vec::new(),
            chosen: Vec::new(),
            list: None,
        }
    }

    fn hash_own(&self, hasher: &mut DefaultHasher) {
        (&self.types, self.is_nullable).hash(hasher);
        for (limit, (bound, _)) in &self.limits {
            (limit, bound.value.to_bits(), bound.is_exclusive).hash(hasher);
        }
        self.patterns.keys().collect::<Vec<_>>().hash(hasher);
        self.formats.keys().collect::<Vec<_>>().hash(hasher);
        self.choice.as_ref().map(|(values, _)| values.keys().collect::<Vec<_>>()).hash(hasher);
        self.required.keys().collect::<Vec<_>>().hash(hasher);
        (self.closed.is_some(), self.read_only.is_some(), self.write_only.is_some()).hash(hasher);
    }
}

impl Limit {
    pub(crate) fn is_upper(self) -> bool {
        self <= Limit::Maximum
    }

    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Limit::MaxLength => "maxLength",
            Limit::MaxItems => "maxItems",
            Limit::MaxProperties => "maxProperties",
            Limit::Maximum => "maximum",
            Limit::MinLength => "minLength",
            Limit::MinItems => "minItems",
            Limit::MinProperties => "minProperties",
            Limit::Minimum => "minimum",
        }
    }

    /// Whether `a` lets through what `b` does not.
    pub(crate) fn is_looser(self, a: Bound, b: Bound) -> bool {
        let wider = if self.is_upper() { a.value > b.value } else { a.value < b.value };
        wider || (a.value == b.value && b.is_exclusive && !a.is_exclusive)
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.value, if self.is_exclusive { " (exclusive)" } else { "" })
    }
}
