//! What was learned of values as JSON Schema: nothing narrower than what was seen, and wider where little was.

use model::inventory::{DataClass, Word};
use serde_json::{Map, Value, json};

use super::{Evidence, Numbers, Objects, Shape, Strings, classes};

/// Objects that must have been seen before a member that all of them have is required.
const REQUIRED_MIN: u64 = 10;

/// Values that must have been seen before their lengths say anything of others.
const BOUNDS_MIN: u64 = 50;

/// One field: where it stands, what its values are, and of which classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// JSON pointer, `*` for items and for members whose names are values.
    pub pointer: String,
    /// Types of its values, as JSON Schema calls them.
    pub types: Vec<&'static str>,
    /// Its classes, with what speaks for each.
    pub classes: Vec<(DataClass, Evidence)>,
}

/// The JSON Schema (2020-12) of values of `shape`, which are called `name`.
pub fn schema(name: &str, shape: &Shape) -> Value {
    let mut schema = Map::new();
    let types = types(shape);
    match types.as_slice() {
        [] => {}
        [only] => {
            schema.insert("type".to_owned(), json!(only));
        }
        several => {
            schema.insert("type".to_owned(), json!(several));
        }
    }
    if let Some(strings) = &shape.strings {
        of_strings(strings, types.len() == 1, &mut schema);
    }
    of_numbers(shape.numbers, &mut schema);
    if let Some(arrays) = &shape.arrays {
        if arrays.item.count > 0 {
            schema.insert("items".to_owned(), self::schema(name, &arrays.item));
        }
        if arrays.count >= BOUNDS_MIN {
            schema.insert("maxItems".to_owned(), json!(roomy(arrays.items_max)));
        }
    }
    if let Some(objects) = &shape.objects {
        of_objects(objects, &mut schema);
    }
    let mut names: Vec<&str> = classes(name, shape).iter().map(|(class, _)| class.name()).collect();
    names.dedup();
    if !names.is_empty() {
        schema.insert("x-data-classes".to_owned(), json!(names));
    }
    Value::Object(schema)
}

fn types(shape: &Shape) -> Vec<&'static str> {
    let Numbers { count, fractions, .. } = shape.numbers;
    let is_there = [
        ("object", shape.objects.is_some()),
        ("array", shape.arrays.is_some()),
        ("string", shape.strings.is_some()),
        ("integer", count > 0 && fractions == 0),
        ("number", fractions > 0),
        ("boolean", shape.booleans > 0),
        ("null", shape.nulls > 0),
    ];
    is_there.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

fn of_strings(strings: &Strings, are_alone: bool, schema: &mut Map<String, Value>) {
    if let Some(format) = strings.format() {
        schema.insert("format".to_owned(), json!(format.name()));
        return;
    }
    match strings.enumeration().filter(|_| are_alone) {
        Some(words) => {
            schema.insert("enum".to_owned(), json!(words));
        }
        None if strings.count >= BOUNDS_MIN => {
            schema.insert("maxLength".to_owned(), json!(roomy(strings.chars.1)));
            if strings.chars.0 > 0 {
                schema.insert("minLength".to_owned(), json!(1));
            }
        }
        None => {}
    }
}

fn of_numbers(numbers: Numbers, schema: &mut Map<String, Value>) {
    if numbers.count >= BOUNDS_MIN && !numbers.has_negative {
        schema.insert("minimum".to_owned(), json!(0));
    }
}

fn of_objects(objects: &Objects, schema: &mut Map<String, Value>) {
    if let Some(values) = objects.values() {
        schema.insert("additionalProperties".to_owned(), self::schema("", &values));
        return;
    }
    let properties: Map<String, Value> =
        objects.members.iter().map(|(name, shape)| (name.to_string(), self::schema(name, shape))).collect();
    schema.insert("properties".to_owned(), Value::Object(properties));
    let is_required = |shape: &Shape| objects.count >= REQUIRED_MIN && shape.count == objects.count;
    let required: Vec<&str> =
        objects.members.iter().filter(|(_, shape)| is_required(shape)).map(|(name, _)| &**name).collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
}

/// A bound for what was never more than `seen`: twice as much, as a power of two.
fn roomy(seen: u64) -> u64 {
    seen.max(8).saturating_mul(2).checked_next_power_of_two().unwrap_or(u64::MAX)
}

/// Every field of values of `shape` that is no object, in the order of the pointers.
pub fn fields(shape: &Shape) -> Vec<Field> {
    let mut found = Vec::new();
    walk("", "", shape, &mut found);
    found
}

fn walk(pointer: &str, name: &str, shape: &Shape, found: &mut Vec<Field>) {
    let mut types = types(shape);
    types.retain(|name| !matches!(*name, "object" | "array"));
    if types.iter().any(|name| *name != "null") {
        found.push(Field { pointer: pointer.to_owned(), types, classes: classes(name, shape) });
    }
    if let Some(arrays) = &shape.arrays {
        walk(&format!("{pointer}/*"), name, &arrays.item, found);
    }
    let Some(objects) = &shape.objects else { return };
    if let Some(values) = objects.values() {
        return walk(&format!("{pointer}/*"), "", &values, found);
    }
    for (name, shape) in &objects.members {
        let token = name.replace('~', "~0").replace('/', "~1");
        walk(&format!("{pointer}/{token}"), name, shape, found);
    }
}
