//! Reads what the parts of a schema say, in one spelling for all versions.

use std::collections::{BTreeMap, BTreeSet};

use spec::{Format, Node, Spot};

use super::{Bound, Condition, Limit, Shape};

/// Keywords that say nothing of which values are allowed.
const SILENT: &[&str] = &[
    "$ref",
    "allOf",
    "oneOf",
    "anyOf",
    "description",
    "summary",
    "title",
    "deprecated",
    "default",
    "example",
    "examples",
    "externalDocs",
    "discriminator",
    "xml",
    "$comment",
    "$id",
    "$anchor",
    "$schema",
    "$defs",
];

/// Keywords that say more of a value by way of a schema that it must or must not fit.
const CONDITIONS: &[&str] = &["not", "if", "then", "else", "contains", "propertyNames"];

/// Whether the schema itself says anything of which values are allowed.
pub(super) fn says_something(spot: Spot<'_>) -> bool {
    spot.members().any(|(key, _)| !SILENT.contains(&key) && (!key.starts_with("x-") || key == "x-nullable"))
}

/// Whether the schema has a list of which a value fits one.
pub(super) fn has_choice(spot: Spot<'_>) -> bool {
    ["oneOf", "anyOf"].into_iter().any(|key| spot.items_of(key).next().is_some())
}

/// Whether a branch is `null` and nothing else.
pub(super) fn is_null(branch: Spot<'_>) -> bool {
    let is_type = branch.text("type") == Some("null");
    is_type
        || branch
            .get("enum")
            .is_some_and(|values| values.node.len() == 1 && values.items().all(is_null_value))
}

fn is_null_value(spot: Spot<'_>) -> bool {
    spot.node.is_null()
}

/// What `parts` say together; where they contradict each other, the strictest holds.
pub(super) fn shape<'l>(first: Spot<'l>, parts: &[Spot<'l>], format: Format) -> Shape<'l> {
    let mut shape = Shape::empty(first);
    let mut types: Option<BTreeSet<&'static str>> = None;
    for part in parts {
        let (said, is_nullable) = types_of(*part, format);
        shape.is_nullable |= is_nullable;
        if !said.is_empty() {
            types = Some(match types {
                Some(known) => known.intersection(&said).copied().collect(),
                None => said,
            });
        }
        for (key, value) in part.members() {
            keyword(&mut shape, *part, key, value);
        }
        exclusive(&mut shape, *part);
    }
    shape.types = types.unwrap_or_default();
    if shape.types.is_empty() {
        shape.types = implied(&shape);
    }
    shape
}

/// What a text is that has an `enum` and no schema.
pub(super) fn text_of(holder: Spot<'_>) -> Shape<'_> {
    let mut shape = Shape::empty(holder);
    shape.types.insert("string");
    if let Some(values) = holder.get("enum") {
        choice(&mut shape, values.items(), values);
    }
    shape
}

/// The types that are said, and whether `null` is one; a number may be an integer.
fn types_of(part: Spot<'_>, format: Format) -> (BTreeSet<&'static str>, bool) {
    let mut types = BTreeSet::new();
    let mut is_nullable = match format {
        Format::Swagger20 => part.is_true("x-nullable"),
        Format::OpenApi30 => part.is_true("nullable"),
        _ => false,
    };
    let said = part.get("type");
    let names = said.and_then(|said| said.node.as_str()).into_iter();
    for name in names.chain(said.into_iter().flat_map(Spot::items).filter_map(|name| name.node.as_str())) {
        match name {
            "null" => is_nullable = true,
            "number" => types.extend(["integer", "number"]),
            "file" | "string" => types.extend(["string"]),
            "integer" => types.extend(["integer"]),
            "boolean" => types.extend(["boolean"]),
            "array" => types.extend(["array"]),
            "object" => types.extend(["object"]),
            _ => {}
        }
    }
    (types, is_nullable)
}

/// The type that a schema means that says none.
fn implied(shape: &Shape<'_>) -> BTreeSet<&'static str> {
    let of_object = !shape.properties.is_empty() || !shape.additional.is_empty() || shape.closed.is_some();
    let is_text = |values: &BTreeMap<String, Spot<'_>>| values.keys().all(|value| value.starts_with('"'));
    if of_object {
        BTreeSet::from(["object"])
    } else if !shape.items.is_empty() {
        BTreeSet::from(["array"])
    } else if shape.choice.as_ref().is_some_and(|(values, _)| !values.is_empty() && is_text(values)) {
        BTreeSet::from(["string"])
    } else {
        BTreeSet::new()
    }
}

fn keyword<'l>(shape: &mut Shape<'l>, part: Spot<'l>, key: &str, value: Spot<'l>) {
    match key {
        "maxLength" => bound(shape, Limit::MaxLength, value, false),
        "minLength" => bound(shape, Limit::MinLength, value, false),
        "maxItems" => bound(shape, Limit::MaxItems, value, false),
        "minItems" => bound(shape, Limit::MinItems, value, false),
        "maxProperties" => bound(shape, Limit::MaxProperties, value, false),
        "minProperties" => bound(shape, Limit::MinProperties, value, false),
        "maximum" => bound(shape, Limit::Maximum, value, part.is_true("exclusiveMaximum")),
        "minimum" => bound(shape, Limit::Minimum, value, part.is_true("exclusiveMinimum")),
        "pattern" => shape.patterns.extend(value.node.as_str().map(|text| (text, value))),
        // It says how a text is read, and not which texts are allowed.
        "format" if part.text("format") == Some("binary") => {}
        "format" => shape.formats.extend(value.node.as_str().map(|text| (text, value))),
        "contentEncoding" if value.node.as_str() == Some("base64") => {
            shape.formats.insert("byte", value);
        }
        "enum" => choice(shape, value.items(), value),
        "const" => choice(shape, [value].into_iter(), value),
        "properties" | "patternProperties" => {
            for (name, property) in value.members() {
                shape.properties.entry(name).or_default().push(property);
            }
        }
        "required" => {
            shape.required.extend(value.items().filter_map(|name| Some((name.node.as_str()?, name))));
        }
        "additionalProperties" | "unevaluatedProperties" => match value.node.as_bool() {
            Some(false) => shape.closed = shape.closed.or(Some(value)),
            Some(true) => {}
            None if value.node.is_empty() => {}
            None => shape.additional.push(value),
        },
        "items" if value.node.is_object() => shape.items.push(value),
        "items" | "prefixItems" => {
            for (index, item) in value.items().enumerate() {
                match shape.prefix_items.get_mut(index) {
                    Some(items) => items.push(item),
                    None => shape.prefix_items.push(vec![item]),
                }
            }
        }
        "readOnly" if value.node.as_bool() == Some(true) => shape.read_only = Some(value),
        "writeOnly" if value.node.as_bool() == Some(true) => shape.write_only = Some(value),
        "dependentRequired" | "dependentSchemas" | "dependencies" => dependents(shape, value),
        other => condition(shape, other, value),
    }
}

fn condition<'l>(shape: &mut Shape<'l>, keyword: &str, value: Spot<'l>) {
    let known = CONDITIONS.iter().find(|known| **known == keyword);
    let condition = Condition { of: "", spot: value };
    known.into_iter().for_each(|known| shape.conditions.entry(known).or_default().push(condition));
}

/// What holds where a property is there: names of others, or a schema. Before 2019-09 one keyword said both.
fn dependents<'l>(shape: &mut Shape<'l>, value: Spot<'l>) {
    for (of, dependent) in value.members() {
        let keyword = if dependent.node.is_array() { "dependentRequired" } else { "dependentSchemas" };
        let says = |spot: &Spot<'l>| spot.node.as_str().is_some() || says_something(*spot);
        let own = (!dependent.node.is_array()).then_some(dependent);
        for spot in dependent.items().chain(own).filter(says) {
            shape.conditions.entry(keyword).or_default().push(Condition { of, spot });
        }
    }
}

/// Since OpenAPI 3.1 an exclusive bound is a number of its own.
fn exclusive<'l>(shape: &mut Shape<'l>, part: Spot<'l>) {
    for (key, limit) in [("exclusiveMaximum", Limit::Maximum), ("exclusiveMinimum", Limit::Minimum)] {
        if let Some(value) = part.get(key).filter(|value| value.node.number().is_some()) {
            bound(shape, limit, value, true);
        }
    }
}

fn bound<'l>(shape: &mut Shape<'l>, limit: Limit, spot: Spot<'l>, is_exclusive: bool) {
    let Some(value) = spot.node.as_f64() else { return };
    // None of these bounds anything.
    if matches!(limit, Limit::MinLength | Limit::MinItems | Limit::MinProperties) && value <= 0.0 {
        return;
    }
    let bound = Bound { value, is_exclusive };
    match shape.limits.get(&limit) {
        Some((known, _)) if !limit.is_looser(*known, bound) => {}
        _ => {
            shape.limits.insert(limit, (bound, spot));
        }
    }
}

/// `null` is left out, since it is a type.
fn choice<'l>(shape: &mut Shape<'l>, values: impl Iterator<Item = Spot<'l>>, at: Spot<'l>) {
    let values = values.filter(|value| !is_null_value(*value)).map(|value| (text(value.node), value));
    let values: BTreeMap<String, Spot<'l>> = values.collect();
    shape.choice = Some(match shape.choice.take() {
        Some((known, at)) => {
            (known.into_iter().filter(|(value, _)| values.contains_key(value)).collect(), at)
        }
        None => (values, at),
    });
}

/// A value as JSON, members sorted; numbers by what they are, and not by how they are written.
fn text(node: Node<'_>) -> String {
    match node.as_f64().filter(|_| node.number().is_some()) {
        Some(number) => number.to_string(),
        None if node.is_object() || node.is_array() => {
            let mut value = node.to_value();
            value.sort_all_objects();
            value.to_string()
        }
        None => node.to_value().to_string(),
    }
}
