//! Schemas of Swagger 2.0 and OpenAPI 3.x rewritten as JSON Schema 2020-12, keyword by keyword.
//!
//! A keyword that is not what it must be is said and left out; annotations are left out silently.

use std::collections::HashSet;

use model::Severity;
use serde_json::{Map, Number, Value, json};

use super::definitions::{Definitions, Dialect, Direction};
use super::format;
use super::scope::{VALIDATION_KEYWORDS, Way};
use crate::source::Spot;
use crate::tree::Kind;

/// Schemas that are looked through by way of `allOf` for what must not be sent.
const ALL_OF_MAX: usize = 256;

type Keywords = Map<String, Value>;

impl<'l> Definitions<'_, 'l> {
    /// The schema at `spot`, with references to other definitions.
    pub(super) fn rewritten(&mut self, spot: Spot<'l>, way: Way) -> Value {
        match spot.node.kind() {
            Kind::Bool => Value::Bool(spot.node.as_bool() == Some(true)),
            Kind::Object => self.rewritten_object(spot, way),
            Kind::Null => {
                self.source.problem(Severity::Warning, spot, "the schema is empty, so any value is valid");
                Value::Bool(true)
            }
            Kind::Number | Kind::String | Kind::Array => {
                self.source.problem(
                    Severity::Error,
                    spot,
                    "a schema is an object, so no value is valid here",
                );
                Value::Bool(false)
            }
        }
    }

    fn rewritten_object(&mut self, spot: Spot<'l>, way: Way) -> Value {
        let Some(way) = self.way_within(spot, way) else { return Value::Bool(false) };
        let mut keywords = Keywords::new();
        let mut dynamic = None;
        for key in ["$ref", "$dynamicRef"] {
            let reference = spot.get(key).filter(|reference| reference.node.as_str().is_some());
            let Some(reference) = reference else { continue };
            let Some(target) = self.referred(spot, key, reference, way) else { return Value::Bool(false) };
            if self.dialect == Dialect::Draft4 {
                return target;
            }
            match target {
                Value::Object(target) if keywords.is_empty() => keywords = target,
                target => dynamic = Some(target),
            }
        }
        for (key, value) in spot.members() {
            self.keyword(&mut keywords, spot, key, value, way);
        }
        if let Some(dynamic) = dynamic {
            let all = keywords.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
            all.as_array_mut().into_iter().for_each(|all| all.push(dynamic.clone()));
        }
        self.drop_unwanted(&mut keywords, spot, way);
        self.check_discriminator(spot);
        if way.vocabulary.asserts_formats {
            format_bounds(&mut keywords, spot);
        }
        Value::Object(keywords)
    }

    fn keyword(&mut self, keywords: &mut Keywords, schema: Spot<'l>, key: &str, value: Spot<'l>, way: Way) {
        let rewritten = match key {
            key if !way.vocabulary.validates && VALIDATION_KEYWORDS.contains(&key) => return,
            "type" => self.types(schema, value),
            "enum" => self.options(schema, value),
            "const" => Some(value.node.to_value()),
            "multipleOf" => {
                self.number(key, value).filter(|factor| factor.as_f64() > Some(0.0)).map(Value::Number)
            }
            "minimum" | "maximum" if excludes_bound(schema, key) => return,
            "minimum" | "maximum" => self.number(key, value).map(Value::Number),
            "exclusiveMinimum" | "exclusiveMaximum" => self.exclusive_bound(schema, key, value),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
            | "minContains" | "maxContains" => self.count(key, value),
            "uniqueItems" => value.node.as_bool().map(Value::Bool),
            "pattern" => self.pattern(value),
            "format" => self.format(value, way),
            // In a parameter of Swagger 2.0 it says that the parameter is, not which properties are.
            "required" if value.node.as_bool().is_some() && schema.get("in").is_some() => return,
            "required" => self.names(key, value),
            "dependentRequired" => self.dependent_names(value),
            "properties" | "dependentSchemas" => self.schema_map(key, value, way),
            "patternProperties" => return self.pattern_properties(keywords, schema, value, way),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.schema_list(key, value, way),
            "items" if value.node.is_array() => {
                let items = self.schema_list(key, value, way);
                keywords.extend(items.map(|items| ("prefixItems".to_owned(), items)));
                return;
            }
            "additionalProperties" if has_unsupported_pattern(keywords) => return,
            "items"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties" => Some(self.rewritten(value, way)),
            _ => return,
        };
        keywords.extend(rewritten.map(|rewritten| (key.to_owned(), rewritten)));
    }

    /// Says that a keyword is not enforced.
    fn malformed(&self, key: &str, value: Spot<'l>, wanted: &str) {
        self.source.problem(
            Severity::Warning,
            value,
            format!("`{key}` is {wanted}; this one is not enforced"),
        );
    }

    fn types(&self, schema: Spot<'l>, value: Spot<'l>) -> Option<Value> {
        let listed: Vec<Spot<'l>> = if value.node.is_array() { value.items().collect() } else { vec![value] };
        let mut types = Vec::new();
        for item in listed {
            match item.node.scalar() {
                Some(name @ ("null" | "boolean" | "integer" | "number" | "string" | "array" | "object")) => {
                    if !types.contains(&Value::from(name)) {
                        types.push(Value::from(name));
                    }
                }
                // The content of an upload in Swagger 2.0.
                Some("file") => return None,
                _ => {
                    self.malformed("type", item, "one of the seven types of JSON");
                    return None;
                }
            }
        }
        let nullable =
            self.dialect == Dialect::Draft4 && (schema.is_true("nullable") || schema.is_true("x-nullable"));
        if nullable && !types.contains(&Value::from("null")) {
            types.push(Value::from("null"));
        }
        match types.len() {
            0 => None,
            1 => types.pop(),
            _ => Some(Value::Array(types)),
        }
    }

    fn options(&self, schema: Spot<'l>, value: Spot<'l>) -> Option<Value> {
        let may_be_empty = self.dialect == Dialect::Draft202012;
        if !value.node.is_array() || value.node.is_empty() && !may_be_empty {
            self.malformed("enum", value, "a list of values");
            return None;
        }
        // In YAML an unquoted `1` or `yes` among strings is no string, though its author meant one.
        let strings_only = schema.text("type") == Some("string");
        let options = value.items().map(|option| match (strings_only, option.node.kind()) {
            (true, Kind::Number | Kind::Bool) => Value::from(option.node.scalar().unwrap_or_default()),
            _ => option.node.to_value(),
        });
        Some(Value::Array(options.collect()))
    }

    fn number(&self, key: &str, value: Spot<'l>) -> Option<Number> {
        match value.node.to_value() {
            Value::Number(number) => Some(number),
            _ => {
                self.malformed(key, value, "a number");
                None
            }
        }
    }

    fn count(&self, key: &str, value: Spot<'l>) -> Option<Value> {
        let count = value.node.as_u64().or_else(|| whole(value.node.as_f64()?));
        if count.is_none() {
            self.malformed(key, value, "a number of zero or more");
        }
        count.map(Value::from)
    }

    /// In draft 4 `exclusiveMinimum` is a boolean beside `minimum`, since draft 6 it is a bound of its own.
    fn exclusive_bound(&self, schema: Spot<'l>, key: &str, value: Spot<'l>) -> Option<Value> {
        match value.node.as_bool() {
            Some(false) => None,
            Some(true) => {
                let inclusive = if key == "exclusiveMinimum" { "minimum" } else { "maximum" };
                let bound = schema.get(inclusive)?;
                self.number(inclusive, bound).map(Value::Number)
            }
            None => self.number(key, value).map(Value::Number),
        }
    }

    fn format(&mut self, value: Spot<'l>, way: Way) -> Option<Value> {
        let name = value.node.as_str().filter(|name| format::ASSERTED.contains(name))?;
        if way.vocabulary.asserts_formats {
            return Some(Value::from(name));
        }
        if self.scopes.told.insert(self.source.resource_of(value)) {
            let message =
                "by the dialect that `$schema` names, formats only describe, so they are not enforced";
            let help = "take `$schema` out for them to be enforced, as the dialect of OpenAPI allows";
            self.source.report(Severity::Warning, value, message.to_owned(), Some(help.to_owned()));
        }
        None
    }

    fn pattern(&mut self, value: Spot<'l>) -> Option<Value> {
        let Some(pattern) = value.node.as_str() else {
            self.malformed("pattern", value, "a regular expression");
            return None;
        };
        self.is_supported(pattern, value).then(|| Value::from(pattern))
    }

    fn is_supported(&mut self, pattern: &str, value: Spot<'l>) -> bool {
        let supported = self.patterns.supports(pattern);
        if !supported {
            let message =
                format!("the pattern `{pattern}` cannot be matched in linear time, so it is not enforced");
            let help = "write it without look-around and backreferences, or limit the value in another way";
            self.source.report(Severity::Warning, value, message, Some(help.to_owned()));
        }
        supported
    }

    fn names(&self, key: &str, value: Spot<'l>) -> Option<Value> {
        let names: Vec<Value> =
            value.items().filter_map(|name| name.node.scalar().map(Value::from)).collect();
        if !value.node.is_array() || names.len() != value.node.len() {
            self.malformed(key, value, "a list of property names");
            return None;
        }
        let mut unique: Vec<Value> = Vec::with_capacity(names.len());
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        Some(Value::Array(unique))
    }

    fn dependent_names(&self, value: Spot<'l>) -> Option<Value> {
        let names = value.members().filter_map(|(key, names)| {
            self.names("dependentRequired", names).map(|names| (key.to_owned(), names))
        });
        Some(Value::Object(names.collect()))
    }

    fn schema_map(&mut self, key: &str, value: Spot<'l>, way: Way) -> Option<Value> {
        if !value.node.is_object() {
            self.malformed(key, value, "an object of schemas");
            return None;
        }
        let schemas = value.members().map(|(name, schema)| (name.to_owned(), self.rewritten(schema, way)));
        Some(Value::Object(schemas.collect()))
    }

    fn schema_list(&mut self, key: &str, value: Spot<'l>, way: Way) -> Option<Value> {
        if !value.node.is_array() || value.node.is_empty() {
            self.malformed(key, value, "a list of schemas");
            return None;
        }
        Some(Value::Array(value.items().map(|schema| self.rewritten(schema, way)).collect()))
    }

    /// A property pattern that is not enforced must not make properties undeclared either.
    fn pattern_properties(&mut self, keywords: &mut Keywords, schema: Spot<'l>, value: Spot<'l>, way: Way) {
        let mut rewritten = Map::new();
        for (pattern, property) in value.members() {
            if self.is_supported(pattern, property) {
                rewritten.insert(pattern.to_owned(), self.rewritten(property, way));
            } else {
                keywords.insert(UNSUPPORTED_PATTERN.to_owned(), Value::Null);
            }
        }
        if has_unsupported_pattern(keywords) && schema.get("additionalProperties").is_some() {
            keywords.remove("additionalProperties");
        }
        keywords.insert("patternProperties".to_owned(), Value::Object(rewritten));
    }

    /// What the caller must not send becomes a property that never is valid, and is no longer required.
    fn drop_unwanted(&mut self, keywords: &mut Keywords, spot: Spot<'l>, way: Way) {
        keywords.remove(UNSUPPORTED_PATTERN);
        let unwanted = self.unwanted(spot, way);
        if unwanted.is_empty() {
            return;
        }
        if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
            for (_, property) in properties.iter_mut().filter(|(name, _)| unwanted.contains(&name.as_str())) {
                *property = Value::Bool(false);
            }
        }
        if let Some(Value::Array(required)) = keywords.get_mut("required") {
            required.retain(|name| !unwanted.iter().any(|unwanted| name == unwanted));
        }
    }

    /// The properties, of the schema itself and of what it is composed from, that must not be sent.
    fn unwanted(&self, spot: Spot<'l>, way: Way) -> Vec<&'l str> {
        let mut unwanted = Vec::new();
        let mut waiting = vec![spot];
        let mut seen = HashSet::new();
        while let Some(schema) = waiting.pop() {
            let declared = schema.members_of("properties");
            unwanted.extend(
                declared.filter(|(_, property)| self.is_unwanted(*property, way)).map(|(name, _)| name),
            );
            for branch in schema.items_of("allOf").filter_map(|branch| self.source.follow_schema(branch).ok())
            {
                if seen.len() < ALL_OF_MAX && seen.insert(branch.key()) {
                    waiting.push(branch);
                }
            }
        }
        unwanted
    }

    fn is_unwanted(&self, property: Spot<'l>, way: Way) -> bool {
        let key = match way.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let beside_reference = self.dialect == Dialect::Draft202012 && property.is_true(key);
        beside_reference || self.source.follow_schema(property).is_ok_and(|target| target.is_true(key))
    }

    /// The choice is by the schemas themselves; a mapping that leads nowhere is said, for others rely on it.
    fn check_discriminator(&self, spot: Spot<'l>) {
        let Some(discriminator) = spot.get("discriminator").filter(|found| found.node.is_object()) else {
            return;
        };
        for (_, target) in discriminator.members_of("mapping") {
            let Some(reference) = target.node.as_str() else {
                self.malformed("mapping", target, "an object of references");
                continue;
            };
            let is_reference = reference.contains(['#', '/', '.']);
            let known = |root: Spot<'l>| root.get("components")?.get("schemas")?.get(reference);
            if !is_reference && self.source.root().and_then(known).is_some() {
                continue;
            }
            if !is_reference || !self.source.leads_somewhere(spot, reference) {
                let message = format!("the discriminator maps to `{reference}`, which leads nowhere");
                self.source.problem(Severity::Warning, target, message);
            }
        }
    }
}

/// Stands among the keywords of a schema while it is rewritten, and is no keyword.
const UNSUPPORTED_PATTERN: &str = "\u{0}unsupported pattern";

fn has_unsupported_pattern(keywords: &Keywords) -> bool {
    keywords.contains_key(UNSUPPORTED_PATTERN)
}

/// Whether the bound called `key` is the one that a boolean beside it makes exclusive.
fn excludes_bound(schema: Spot<'_>, key: &str) -> bool {
    schema.is_true(if key == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" })
}

fn whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    is_whole.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// Adds the bounds of integer formats, which are about numbers and so no `format` of JSON Schema.
fn format_bounds(keywords: &mut Keywords, spot: Spot<'_>) {
    let bounds = spot.text("format").and_then(format::integer_bounds);
    let Some((low, high)) = bounds else { return };
    let mut tighten = |key: &str, exclusive: &str, bound: i64, is_tighter: fn(f64, f64) -> bool| {
        let given = keywords.get(key).or(keywords.get(exclusive)).and_then(Value::as_f64);
        if given.is_none_or(|given| !is_tighter(given, bound as f64)) {
            keywords.insert(key.to_owned(), json!(bound));
        }
    };
    tighten("minimum", "exclusiveMinimum", low, |given, bound| given >= bound);
    tighten("maximum", "exclusiveMaximum", high, |given, bound| given <= bound);
}
