//! Schemas of Swagger 2.0 and OpenAPI 3.x rewritten as JSON Schema 2020-12, keyword by keyword.
//!
//! A keyword that is not what it must be is said and left out; annotations are left out silently.

use model::Severity;
use serde_json::{Map, Number, Value, json};

use super::definitions::{Definitions, Dialect, Direction};
use super::format;
use crate::source::Spot;
use crate::tree::Kind;

/// `allOf` inside `allOf` that is looked through for `readOnly`.
const ALL_OF_DEPTH_MAX: usize = 8;

type Keywords = Map<String, Value>;

impl<'l> Definitions<'_, 'l> {
    /// The schema at `spot`, with references to other definitions.
    pub(super) fn rewritten(&mut self, spot: Spot<'l>, direction: Direction) -> Value {
        match spot.node.kind() {
            Kind::Bool => Value::Bool(spot.node.as_bool() == Some(true)),
            Kind::Object => self.rewritten_object(spot, direction),
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

    fn rewritten_object(&mut self, spot: Spot<'l>, direction: Direction) -> Value {
        let mut keywords = Keywords::new();
        let reference = ["$ref", "$dynamicRef"].into_iter().find_map(|key| spot.get(key));
        if let Some(reference) = reference.filter(|reference| reference.node.as_str().is_some()) {
            // A chain that leads around in a circle says nothing, and what says nothing would accept everything.
            let target = self.source.resolve(reference).filter(|_| self.source.follow(spot).is_some());
            let Some(target) = target else { return Value::Bool(false) };
            let reference = self.reference(target, direction);
            if self.dialect == Dialect::Draft4 || spot.node.len() == 1 {
                return reference;
            }
            if let Value::Object(reference) = reference {
                keywords = reference;
            }
        }
        for (key, value) in spot.members() {
            self.keyword(&mut keywords, spot, key, value, direction);
        }
        self.drop_unwanted(&mut keywords, spot, direction);
        self.check_discriminator(spot);
        format_bounds(&mut keywords, spot);
        Value::Object(keywords)
    }

    fn keyword(
        &mut self,
        keywords: &mut Keywords,
        schema: Spot<'l>,
        key: &str,
        value: Spot<'l>,
        direction: Direction,
    ) {
        let rewritten = match key {
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
            "format" => value.node.as_str().filter(|name| format::ASSERTED.contains(name)).map(Value::from),
            // In a parameter of Swagger 2.0 it says that the parameter is, not which properties are.
            "required" if value.node.as_bool().is_some() && schema.get("in").is_some() => return,
            "required" => self.names(key, value),
            "dependentRequired" => self.dependent_names(value),
            "properties" | "dependentSchemas" => self.schema_map(key, value, direction),
            "patternProperties" => return self.pattern_properties(keywords, schema, value, direction),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.schema_list(key, value, direction),
            "items" if value.node.is_array() => {
                let items = self.schema_list(key, value, direction);
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
            | "unevaluatedProperties" => Some(self.rewritten(value, direction)),
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
        if !value.node.is_array() || value.node.is_empty() {
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

    fn schema_map(&mut self, key: &str, value: Spot<'l>, direction: Direction) -> Option<Value> {
        if !value.node.is_object() {
            self.malformed(key, value, "an object of schemas");
            return None;
        }
        let schemas =
            value.members().map(|(name, schema)| (name.to_owned(), self.rewritten(schema, direction)));
        Some(Value::Object(schemas.collect()))
    }

    fn schema_list(&mut self, key: &str, value: Spot<'l>, direction: Direction) -> Option<Value> {
        if !value.node.is_array() || value.node.is_empty() {
            self.malformed(key, value, "a list of schemas");
            return None;
        }
        Some(Value::Array(value.items().map(|schema| self.rewritten(schema, direction)).collect()))
    }

    /// A property pattern that is not enforced must not make properties undeclared either.
    fn pattern_properties(
        &mut self,
        keywords: &mut Keywords,
        schema: Spot<'l>,
        value: Spot<'l>,
        direction: Direction,
    ) {
        let mut rewritten = Map::new();
        for (pattern, property) in value.members() {
            if self.is_supported(pattern, property) {
                rewritten.insert(pattern.to_owned(), self.rewritten(property, direction));
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
    fn drop_unwanted(&mut self, keywords: &mut Keywords, spot: Spot<'l>, direction: Direction) {
        keywords.remove(UNSUPPORTED_PATTERN);
        let mut unwanted = Vec::new();
        self.collect_unwanted(spot, direction, &mut unwanted, 0);
        if unwanted.is_empty() {
            return;
        }
        if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
            for (name, property) in
                properties.iter_mut().filter(|(name, _)| unwanted.contains(&name.as_str()))
            {
                let _: &String = name;
                *property = Value::Bool(false);
            }
        }
        if let Some(Value::Array(required)) = keywords.get_mut("required") {
            required.retain(|name| !unwanted.iter().any(|unwanted| name == unwanted));
        }
    }

    fn collect_unwanted(
        &self,
        spot: Spot<'l>,
        direction: Direction,
        unwanted: &mut Vec<&'l str>,
        depth: usize,
    ) {
        for (name, property) in spot.members_of("properties") {
            if self.is_unwanted(property, direction) {
                unwanted.push(name);
            }
        }
        if depth == ALL_OF_DEPTH_MAX {
            return;
        }
        for branch in spot.items_of("allOf").filter_map(|branch| self.source.follow(branch)) {
            self.collect_unwanted(branch, direction, unwanted, depth + 1);
        }
    }

    fn is_unwanted(&self, property: Spot<'l>, direction: Direction) -> bool {
        let key = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let beside_reference = self.dialect == Dialect::Draft202012 && property.is_true(key);
        beside_reference || self.source.follow(property).is_some_and(|target| target.is_true(key))
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
