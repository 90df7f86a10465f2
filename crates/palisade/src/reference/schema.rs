//! The JSON Schema of the config, and tables of what a schema describes.

use gateway::config::Config;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::reference::cell;

/// The JSON Schema of `palisade.yaml`, for editors.
pub(super) fn of_config() -> Schema {
    let mut schema =
        SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "palisade.yaml".into());
    for place in ["/$defs/Review/properties/rules", "/$defs/FileRules/properties/rules"] {
        if let Some(Value::Object(rules)) = schema.pointer_mut(place) {
            rules.insert("propertyNames".to_owned(), json!({ "enum": rule_ids() }));
        }
    }
    sorted(schema)
}

/// What `review` of the config may name, which its type does not know.
fn rule_ids() -> Vec<&'static str> {
    let rules = review::ALL.iter().map(|rule| rule.id);
    let mut ids: Vec<&'static str> = rules.chain(review::CHANGES.iter().map(|change| change.id)).collect();
    ids.sort_unstable();
    ids
}

/// The schema with its keys in alphabetical order.
pub(super) fn sorted(schema: Schema) -> Schema {
    let mut value = Value::from(schema);
    value.sort_all_objects();
    // What was a schema before is one.
    Schema::try_from(value).unwrap_or_default()
}

/// A table of the keys that `schema`, an object, may have; empty if it names none.
pub(super) fn table(schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return String::new() };
    let required: Vec<&str> = strings(schema.get("required"));
    let mut table = "| key | value | meaning |\n|---|---|---|\n".to_owned();
    for (key, property) in properties {
        let mut meaning = description(property);
        if required.contains(&key.as_str()) {
            meaning = format!("{meaning} **Required.**");
        } else if let Some(default) = property.get("default").filter(|default| says_something(default)) {
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            meaning = format!("{meaning} Default: `{default}`.");
        }
        table.push_str(&format!("| `{key}` | {} | {} |\n", cell(&kind(property)), cell(&meaning)));
    }
    table
}

/// Whether a default is worth a sentence: that nothing stands where nothing is written is clear.
fn says_something(default: &Value) -> bool {
    match default {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// What `schema` says of itself.
pub(super) fn description(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a value may be, in a few words, with links to the tables of named objects.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return link(name);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let is_null = |choice: &&Value| choice.get("type").and_then(Value::as_str) == Some("null");
            let mut kinds: Vec<String> = choices.iter().filter(|choice| !is_null(choice)).map(kind).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{}`", constant.as_str().map_or_else(|| constant.to_string(), str::to_owned));
    }
    let choices = strings(schema.get("enum"));
    if !choices.is_empty() {
        return choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(" or ");
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(_)) => strings(schema.get("type")),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let kinds = kinds.into_iter().filter(|kind| *kind != "null").map(|kind| match kind {
        "array" => {
            format!("list of {}", schema.get("items").map_or_else(|| "anything".to_owned(), self::kind))
        }
        "object" => object(schema),
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => "whole number".to_owned(),
        other => other.to_owned(),
    });
    let kinds: Vec<String> = kinds.collect();
    if kinds.is_empty() { "anything".to_owned() } else { kinds.join(" or ") }
}

/// An object in a few words: its keys, or what its members are.
fn object(schema: &Value) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    if let Some(properties) = properties.filter(|properties| !properties.is_empty()) {
        let keys = properties.iter().map(|(key, value)| format!("`{key}:` {}", kind(value)));
        return format!("object of {}", keys.collect::<Vec<_>>().join(", "));
    }
    match schema.get("additionalProperties") {
        Some(members @ Value::Object(_)) => format!("object of {}", kind(members)),
        _ => "object".to_owned(),
    }
}

/// The name of the definition that `schema` refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)?.strip_prefix("#/$defs/")
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
