//! The same document in other words: shuffled, renamed, references put in place.

use serde_json::{Map, Value};

use crate::random::Random;

/// Lists whose order means nothing.
const SETS: &[&str] = &[
    "required",
    "enum",
    "type",
    "security",
    "allOf",
    "oneOf",
    "anyOf",
    "parameters",
    "tags",
    "schemes",
    "consumes",
    "produces",
];

/// Members shuffled, and the lists that are sets, unless references lead to their items by number.
pub(crate) fn shuffled(document: &Value, random: &mut Random) -> Value {
    let text = document.to_string();
    let is_referred_to = |key: &str| {
        let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        text.split(&format!("/{key}/")).skip(1).any(digit)
    };
    let sets: Vec<&str> = SETS.iter().copied().filter(|key| !is_referred_to(key)).collect();
    shuffled_below(document, &sets, random)
}

fn shuffled_below(value: &Value, sets: &[&str], random: &mut Random) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members
                .iter()
                .map(|(name, value)| {
                    let mut value = shuffled_below(value, sets, random);
                    if let Value::Array(items) = &mut value
                        && sets.contains(&name.as_str())
                    {
                        random.shuffle(items);
                    }
                    (name.clone(), value)
                })
                .collect();
            random.shuffle(&mut members);
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| shuffled_below(item, sets, random)).collect())
        }
        other => other.clone(),
    }
}

/// Where schemas and security schemes are declared.
fn places(document: &Value) -> [&'static str; 2] {
    let is_old = document.get("swagger").is_some();
    if is_old {
        ["/definitions", "/securityDefinitions"]
    } else {
        ["/components/schemas", "/components/securitySchemes"]
    }
}

/// Schemas and security schemes under other names.
pub(crate) fn renamed(document: &Value) -> Value {
    let [schemas, schemes] = places(document);
    let mut renamed = document.clone();
    for place in [schemas, schemes] {
        if let Some(Value::Object(members)) = renamed.pointer_mut(place) {
            *members =
                std::mem::take(members).into_iter().map(|(name, value)| (other(&name), value)).collect();
        }
    }
    let declared: Vec<String> = document
        .pointer(schemas)
        .and_then(Value::as_object)
        .map(|members| members.keys().map(|name| format!("#{schemas}/{}", escaped(name))).collect())
        .unwrap_or_default();
    let known = document.pointer(schemes).and_then(Value::as_object).cloned().unwrap_or_default();
    rename_in(&mut renamed, &declared, &known);
    renamed
}

fn other(name: &str) -> String {
    format!("Zz{name}")
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn rename_in(value: &mut Value, declared: &[String], schemes: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                // A reference may lead into a schema as well.
                let longest = declared.iter().filter(|known| {
                    reference
                        .strip_prefix(known.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                });
                if let Some(known) = longest.max_by_key(|known| known.len()) {
                    let (folder, name) = known.rsplit_once('/').unwrap();
                    *reference = format!("{folder}/{}{}", other(name), &reference[known.len()..]);
                }
            }
            if let Some(Value::Array(alternatives)) = members.get_mut("security") {
                for alternative in alternatives.iter_mut().filter_map(Value::as_object_mut) {
                    *alternative = std::mem::take(alternative)
                        .into_iter()
                        .map(|(name, scopes)| {
                            let name = if schemes.contains_key(&name) { other(&name) } else { name };
                            (name, scopes)
                        })
                        .collect();
                }
            }
            members.values_mut().for_each(|value| rename_in(value, declared, schemes));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_in(item, declared, schemes)),
        _ => {}
    }
}

/// Some references to schemas are replaced by what they lead to, one step deep.
pub(crate) fn inlined(document: &Value, random: &mut Random) -> Value {
    let mut inlined = document.clone();
    let [schemas, _] = places(document);
    if let Some(paths) = inlined.get_mut("paths") {
        inline_in(paths, document, schemas, random);
    }
    inlined
}

fn inline_in(value: &mut Value, document: &Value, schemas: &str, random: &mut Random) {
    let is_plain = value.as_object().is_some_and(|members| members.len() == 1);
    let reference =
        value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    let target = reference
        .filter(|pointer| is_plain && pointer.starts_with(schemas))
        .and_then(|pointer| document.pointer(pointer))
        .filter(|target| target.get("$id").is_none());
    if let Some(target) = target.cloned() {
        if random.below(2) == 0 {
            *value = target;
        }
        return;
    }
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|value| inline_in(value, document, schemas, random));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inline_in(item, document, schemas, random)),
        _ => {}
    }
}
