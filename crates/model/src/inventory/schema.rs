//! What bodies look like, as JSON Schema, and how what two runs saw of them becomes one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The largest schema that is kept, in bytes; of a larger one only the type is.
const BYTES_MAX: usize = 1 << 16;

/// The most values that an enumeration has.
const VALUES_MAX: usize = 32;

/// A schema (JSON Schema 2020-12) of what was seen, with the keywords that are learned: `type`, `format`, `enum`, bounds, `items`,
/// `properties`, `required`, `additionalProperties` and `x-data-classes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BodySchema(Value);

impl BodySchema {
    /// Of a schema that was learned.
    pub fn new(schema: Value) -> BodySchema {
        BodySchema(bounded(schema))
    }

    /// The schema.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Accepts from now on whatever it or `other` accepts. What is not known of both is not known of either any more: of bounds
    /// that one run learned and another did not, none stays.
    pub fn join(&mut self, other: &BodySchema) {
        self.0 = bounded(join(&self.0, &other.0));
    }
}

fn bounded(schema: Value) -> Value {
    if schema.to_string().len() <= BYTES_MAX {
        return schema;
    }
    schema.get("type").map_or_else(|| json!({}), |types| json!({ "type": types }))
}

fn join(a: &Value, b: &Value) -> Value {
    if a == b {
        return a.clone();
    }
    let (in_a, in_b) = (types(a), types(b));
    // Without a type it accepts anything, and so do both.
    if in_a.is_empty() || in_b.is_empty() {
        return json!({});
    }
    let mut joined = Map::new();
    let mut all: BTreeSet<&str> = in_a.union(&in_b).copied().collect();
    if all.contains("number") {
        all.remove("integer");
    }
    let all: Vec<&str> = all.into_iter().collect();
    let is_alone = all.len() == 1;
    joined.insert("type".to_owned(), if is_alone { json!(all.first()) } else { json!(all) });
    for Keyword { types, name, join } in KEYWORDS {
        let has = |all: &BTreeSet<&str>| types.iter().any(|name| all.contains(name));
        // An enumeration speaks of all types, any other keyword of its own.
        let value = match (has(&in_a), has(&in_b)) {
            (true, true) => join(a.get(name), b.get(name)),
            (true, false) if *name != "enum" => a.get(name).cloned(),
            (false, true) if *name != "enum" => b.get(name).cloned(),
            _ => None,
        };
        joined.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    if !is_alone {
        joined.remove("enum");
    }
    if in_a.contains("object") && in_b.contains("object") {
        joined.extend(objects(a, b));
    } else if let Some(object) = [a, b].into_iter().find(|schema| types(schema).contains("object")) {
        let keywords = ["properties", "required", "additionalProperties"];
        joined
            .extend(keywords.iter().filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone()))));
    }
    let classes: BTreeSet<&str> =
        [a, b].into_iter().flat_map(|schema| words(schema, "x-data-classes")).collect();
    if !classes.is_empty() {
        joined.insert("x-data-classes".to_owned(), json!(classes));
    }
    Value::Object(joined)
}

/// A keyword, and how two of it become one.
struct Keyword {
    /// The types that it speaks of.
    types: &'static [&'static str],
    name: &'static str,
    join: fn(Option<&Value>, Option<&Value>) -> Option<Value>,
}

const KEYWORDS: &[Keyword] = &[
    Keyword { types: &["string"], name: "format", join: same },
    Keyword { types: &["string"], name: "enum", join: either },
    Keyword { types: &["string"], name: "maxLength", join: larger },
    Keyword { types: &["string"], name: "minLength", join: smaller },
    Keyword { types: &["integer", "number"], name: "minimum", join: smaller },
    Keyword { types: &["array"], name: "items", join: items },
    Keyword { types: &["array"], name: "maxItems", join: larger },
];

fn same(a: Option<&Value>, b: Option<&Value>) -> Option<Value> {
    a.filter(|a| Some(*a) == b).cloned()
}

fn either(a: Option<&Value>, b: Option<&Value>) -> Option<Value> {
    let values: BTreeSet<&str> =
        [a?, b?].into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    (values.len() <= VALUES_MAX).then(|| json!(values))
}

fn larger(a: Option<&Value>, b: Option<&Value>) -> Option<Value> {
    Some(json!(a?.as_u64()?.max(b?.as_u64()?)))
}

fn smaller(a: Option<&Value>, b: Option<&Value>) -> Option<Value> {
    Some(json!(a?.as_u64()?.min(b?.as_u64()?)))
}

/// Arrays that were all empty say nothing of items.
fn items(a: Option<&Value>, b: Option<&Value>) -> Option<Value> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (one, other) => one.or(other).cloned(),
    }
}

/// Members of objects. Where the names are values on one side, they are on both.
fn objects(a: &Value, b: &Value) -> Map<String, Value> {
    let members = |schema: &Value| {
        let members = schema.get("properties").and_then(Value::as_object).cloned();
        members.unwrap_or_default()
    };
    let (mut known, more) = (members(a), members(b));
    let any = [a, b].map(|schema| schema.get("additionalProperties"));
    let mut joined = Map::new();
    if any.iter().any(Option::is_some) {
        let all = any.into_iter().flatten().chain(known.values()).chain(more.values());
        let value = all.fold(None, |joined: Option<Value>, schema| {
            Some(joined.map_or_else(|| schema.clone(), |joined| join(&joined, schema)))
        });
        joined.extend(value.map(|value| ("additionalProperties".to_owned(), value)));
        return joined;
    }
    for (name, schema) in more {
        let together = known.get(&name).map(|known| join(known, &schema));
        known.insert(name, together.unwrap_or(schema));
    }
    let required: Vec<&str> =
        words(a, "required").filter(|name| words(b, "required").any(|other| other == *name)).collect();
    if !required.is_empty() {
        joined.insert("required".to_owned(), json!(required));
    }
    joined.insert("properties".to_owned(), Value::Object(known));
    joined
}

fn types(schema: &Value) -> BTreeSet<&str> {
    let one = schema.get("type").and_then(Value::as_str);
    one.into_iter().chain(words(schema, "type")).collect()
}

fn words<'v>(schema: &'v Value, keyword: &str) -> impl Iterator<Item = &'v str> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &Value, b: &Value, expected: &Value) {
        for (a, b) in [(a, b), (b, a)] {
            let mut joined = BodySchema::new(a.clone());
            joined.join(&BodySchema::new(b.clone()));
            assert_eq!(joined.as_value(), expected, "{a} and {b}");
        }
    }

    #[test]
    fn scalars_accept_what_either_accepts() {
        check(
            &json!({ "type": "string", "format": "uuid" }),
            &json!({ "type": "string", "maxLength": 64, "minLength": 1 }),
            &json!({ "type": "string" }),
        );
        check(
            &json!({ "type": "string", "enum": ["a", "b"] }),
            &json!({ "type": "string", "enum": ["b", "c"] }),
            &json!({ "type": "string", "enum": ["a", "b", "c"] }),
        );
        check(
            &json!({ "type": "string", "enum": ["a"] }),
            &json!({ "type": ["null", "string"], "maxLength": 16 }),
            &json!({ "type": ["null", "string"] }),
        );
        check(
            &json!({ "type": "string", "enum": ["a"] }),
            &json!({ "type": "null" }),
            &json!({ "type": ["null", "string"] }),
        );
        check(
            &json!({ "type": "integer", "minimum": 0 }),
            &json!({ "type": "number", "minimum": 0 }),
            &json!({ "type": "number", "minimum": 0 }),
        );
        check(
            &json!({ "type": "integer", "minimum": 0 }),
            &json!({ "type": "string", "format": "date" }),
            &json!({ "type": ["integer", "string"], "minimum": 0, "format": "date" }),
        );
        check(&json!({ "type": "integer" }), &json!({}), &json!({}));
    }

    #[test]
    fn members_are_required_where_both_require_them() {
        check(
            &json!({ "type": "object", "required": ["id", "name"], "properties": { "id": { "type": "integer" }, "name": { "type": "string" } } }),
            &json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" }, "mail": { "type": "string", "x-data-classes": ["personal"] } } }),
            &json!({ "type": "object", "required": ["id"], "properties": {
                "id": { "type": ["integer", "string"] }, "name": { "type": "string" }, "mail": { "type": "string", "x-data-classes": ["personal"] } } }),
        );
    }

    #[test]
    fn names_that_are_values_on_one_side_are_on_both() {
        check(
            &json!({ "type": "object", "properties": { "7": { "type": "integer" } } }),
            &json!({ "type": "object", "additionalProperties": { "type": "null" } }),
            &json!({ "type": "object", "additionalProperties": { "type": ["integer", "null"] } }),
        );
    }

    #[test]
    fn arrays_that_were_empty_say_nothing_of_items() {
        check(
            &json!({ "type": "array", "maxItems": 16 }),
            &json!({ "type": "array", "maxItems": 64, "items": { "type": "string" } }),
            &json!({ "type": "array", "maxItems": 64, "items": { "type": "string" } }),
        );
    }

    #[test]
    fn of_a_schema_that_is_too_large_the_type_is_kept() {
        let properties: Map<String, Value> =
            (0..4000).map(|number| (format!("member-{number}"), json!({ "type": "string" }))).collect();
        let large = BodySchema::new(json!({ "type": "object", "properties": properties }));
        assert_eq!(large.as_value(), &json!({ "type": "object" }));
    }
}
