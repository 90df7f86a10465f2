//! What values a schema admits, as far as turning text into a value needs to know.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::source::{Source, Spot};
use crate::tree::Kind;

/// Schemas inside schemas that are looked at: text is never spelled deeper.
const DEPTH_MAX: usize = 6;

/// Schemas that are looked at for one shape.
const SCHEMAS_MAX: usize = 4096;

/// Formats of text that leads somewhere.
const URL_FORMATS: [&str; 5] = ["uri", "uri-reference", "iri", "iri-reference", "url"];

/// Places of URLs that are told of one shape.
const URLS_MAX: usize = 256;

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NONE: Types = Types(0);
    pub(crate) const NULL: Types = Types(1);
    pub(crate) const BOOLEAN: Types = Types(1 << 1);
    pub(crate) const INTEGER: Types = Types(1 << 2);
    /// A number that need not be an integer.
    pub(crate) const NUMBER: Types = Types(1 << 3);
    pub(crate) const STRING: Types = Types(1 << 4);
    pub(crate) const ARRAY: Types = Types(1 << 5);
    pub(crate) const OBJECT: Types = Types(1 << 6);
    pub(crate) const ANY: Types = Types(0x7f);

    /// The type with this name in JSON Schema.
    pub(crate) fn named(name: &str) -> Option<Types> {
        Some(match name {
            "null" => Types::NULL,
            "boolean" => Types::BOOLEAN,
            "integer" => Types::INTEGER,
            "number" => Types::NUMBER.or(Types::INTEGER),
            "string" => Types::STRING,
            "array" => Types::ARRAY,
            "object" => Types::OBJECT,
            _ => return None,
        })
    }

    pub(crate) const fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    pub(crate) const fn and(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub(crate) const fn without(self, others: Types) -> Types {
        Types(self.0 & !others.0)
    }

    /// Whether any of `others` is in the set.
    pub(crate) const fn has(self, others: Types) -> bool {
        self.0 & others.0 != 0
    }

    /// The types that one piece of text can stand for.
    pub(crate) const fn scalars(self) -> Types {
        self.without(Types::ARRAY.or(Types::OBJECT))
    }
}

/// The types of a value and of what is inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) types: Types,
    pub(crate) items: Option<Box<Shape>>,
    pub(crate) properties: BTreeMap<String, Shape>,
    /// Names of properties that a request must have.
    pub(crate) required: Vec<String>,
    /// Of properties that are not named.
    pub(crate) additional: Option<Box<Shape>>,
    /// Whether an object may have properties that are not named.
    pub(crate) open: bool,
    /// The content is not text: `format: binary`, or another media type.
    pub(crate) binary: bool,
    /// The text is a URL, or a reference that becomes one: `format: uri` and its like.
    pub(crate) url: bool,
}

static ANYTHING: Shape = Shape::ANY;

impl Shape {
    /// Says nothing about the value.
    pub(crate) const ANY: Shape = Shape {
        types: Types::ANY,
        items: None,
        properties: BTreeMap::new(),
        required: Vec::new(),
        additional: None,
        open: true,
        binary: false,
        url: false,
    };

    /// What the schema at `spot` admits. Where it says nothing, and beyond some depth, everything.
    pub(crate) fn of<'l>(source: &Source<'l>, spot: Spot<'l>) -> Shape {
        let mut left = SCHEMAS_MAX;
        Shape::below(source, spot, 0, &mut left)
    }

    fn below<'l>(source: &Source<'l>, spot: Spot<'l>, depth: usize, left: &mut usize) -> Shape {
        let target = source.follow_schema(spot).ok();
        let Some(schema) = target.filter(|_| depth < DEPTH_MAX && *left > 0) else { return Shape::ANY };
        *left -= 1;
        let mut shape = Shape { types: declared_types(schema), ..Shape::ANY };
        shape.binary = matches!(schema.text("format"), Some("binary"))
            || schema.text("type") == Some("file")
            || schema.get("contentMediaType").is_some() && schema.get("contentEncoding").is_none();
        shape.url = schema.text("format").is_some_and(|format| URL_FORMATS.contains(&format));
        shape.items = schema.get("items").map(|items| Box::new(Shape::below(source, items, depth + 1, left)));
        for (name, property) in schema.members_of("properties") {
            shape.properties.insert(name.to_owned(), Shape::below(source, property, depth + 1, left));
        }
        let is_read_only = |name: &str| {
            let property = schema.get("properties").and_then(|properties| properties.get(name));
            property.is_some_and(|property| {
                property.is_true("readOnly")
                    || source.follow_schema(property).is_ok_and(|target| target.is_true("readOnly"))
            })
        };
        let required = schema.items_of("required").filter_map(|name| name.node.as_str());
        shape.required.extend(required.filter(|name| !is_read_only(name)).map(str::to_owned));
        match schema.get("additionalProperties") {
            Some(additional) if additional.node.as_bool() == Some(false) => shape.open = false,
            Some(additional) => {
                shape.additional = Some(Box::new(Shape::below(source, additional, depth + 1, left)))
            }
            None => {}
        }
        for branch in schema.items_of("allOf") {
            let mut branch = Shape::below(source, branch, depth + 1, left);
            shape.types = shape.types.and(branch.types);
            shape.open &= branch.open;
            shape.required.append(&mut branch.required);
            shape.take_insides(branch);
        }
        for key in ["oneOf", "anyOf"] {
            let mut alternatives = Types::NONE;
            for branch in schema.items_of(key) {
                let branch = Shape::below(source, branch, depth + 1, left);
                alternatives = alternatives.or(branch.types);
                shape.take_insides(branch);
            }
            if alternatives != Types::NONE {
                shape.types = shape.types.and(alternatives);
            }
        }
        shape
    }

    /// Adds what `other` knows about items and properties.
    fn take_insides(&mut self, other: Shape) {
        self.binary |= other.binary;
        self.url |= other.url;
        self.items = self.items.take().or(other.items);
        self.additional = self.additional.take().or(other.additional);
        for (name, property) in other.properties {
            self.properties.entry(name).or_insert(property);
        }
    }

    /// Where URLs stand inside: names of members, `*` for any item or member; nothing at all for the value itself.
    pub(crate) fn urls(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.add_urls(&mut Vec::new(), &mut found);
        found
    }

    /// As deep as the shape is, which is [`DEPTH_MAX`].
    fn add_urls(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if self.url && found.len() < URLS_MAX {
            found.push(path.clone());
        }
        let named = self.properties.iter().map(|(name, shape)| (name.as_str(), shape));
        let others = self.items.iter().chain(&self.additional).map(|shape| ("*", &**shape));
        for (name, shape) in named.chain(others) {
            path.push(name.to_owned());
            shape.add_urls(path, found);
            path.pop();
        }
    }

    /// The shape of the items of an array.
    pub(crate) fn item(&self) -> &Shape {
        self.items.as_deref().unwrap_or(&ANYTHING)
    }

    /// The shape of the property called `name`.
    pub(crate) fn property(&self, name: &str) -> &Shape {
        self.properties.get(name).or(self.additional.as_deref()).unwrap_or(&ANYTHING)
    }

    /// Whether the object may have a property called `name`.
    pub(crate) fn may_have(&self, name: &str) -> bool {
        self.open || self.properties.contains_key(name)
    }

    /// Whether the schema speaks of a property called `name`. That others are allowed says nothing of them.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.additional.is_some() || self.properties.contains_key(name)
    }

    /// The value that `text` most likely is, and, where the shape also admits a string, the string.
    ///
    /// Text that fits no type of the shape is a string, and so fails the check of types.
    pub(crate) fn scalar(&self, text: &str) -> (Value, Option<Value>) {
        let string = || Value::String(text.to_owned());
        match self.typed(text) {
            Some(value) => (value, self.types.has(Types::STRING).then(string)),
            None => (string(), None),
        }
    }

    /// The value that is no string, if the shape admits one that is spelled `text`.
    pub(crate) fn typed(&self, text: &str) -> Option<Value> {
        let first = *text.as_bytes().first()?;
        if self.types.has(Types::NUMBER.or(Types::INTEGER)) && (first == b'-' || first.is_ascii_digit()) {
            let integers_only = !self.types.has(Types::NUMBER);
            return number(text, integers_only).map(Value::Number);
        }
        match text {
            "true" if self.types.has(Types::BOOLEAN) => Some(Value::Bool(true)),
            "false" if self.types.has(Types::BOOLEAN) => Some(Value::Bool(false)),
            "null" if self.types.has(Types::NULL) => Some(Value::Null),
            _ => None,
        }
    }
}

/// What a schema says of types itself, or what its values give away.
fn declared_types(schema: Spot<'_>) -> Types {
    let named = |spot: Spot<'_>| match spot.node.as_str() {
        Some("file") => Types::STRING,
        name => name.and_then(Types::named).unwrap_or(Types::NONE),
    };
    let all = |spots: &mut dyn Iterator<Item = Types>| spots.fold(Types::NONE, Types::or);
    let mut types = match schema.get("type") {
        Some(list) if list.node.is_array() => all(&mut list.items().map(named)),
        Some(one) => named(one),
        None => match schema.get("const") {
            Some(constant) => type_of(constant),
            None => all(&mut schema.items_of("enum").map(type_of)),
        },
    };
    if types == Types::NONE {
        return Types::ANY;
    }
    if schema.is_true("nullable") || schema.is_true("x-nullable") {
        types = types.or(Types::NULL);
    }
    types
}

fn type_of(spot: Spot<'_>) -> Types {
    match spot.node.kind() {
        Kind::Null => Types::NULL,
        Kind::Bool => Types::BOOLEAN,
        Kind::Number if spot.node.as_i64().is_some() => Types::INTEGER,
        Kind::Number => Types::NUMBER.or(Types::INTEGER),
        Kind::String => Types::STRING,
        Kind::Array => Types::ARRAY,
        Kind::Object => Types::OBJECT,
    }
}

/// A number in JSON's grammar and within the doubles; with `integers_only`, without fraction and exponent.
fn number(text: &str, integers_only: bool) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>()
        && text != "-0"
        && !has_leading_zero(text)
    {
        return Some(integer.into());
    }
    if integers_only && text.contains(['.', 'e', 'E']) {
        return None;
    }
    // White space after a number is fine in JSON, and is none of the number here.
    let ends_plainly = text.as_bytes().last().is_some_and(u8::is_ascii_digit);
    ends_plainly.then(|| serde_json::from_str(text).ok()).flatten()
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(types: &[&str], text: &str, expected: &str) {
        let types = types.iter().fold(Types::NONE, |all, name| all.or(Types::named(name).unwrap()));
        let (value, other) = Shape { types, ..Shape::ANY }.scalar(text);
        let shown =
            std::iter::once(value).chain(other).map(|value| value.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn text_becomes_what_the_types_admit() {
        check(&["string"], "12", "\"12\"");
        check(&["integer"], "12", "12");
        check(&["integer"], "-12", "-12");
        check(&["integer"], "12.0", "\"12.0\"");
        check(&["integer"], "18446744073709551615", "18446744073709551615");
        check(&["number"], "1.5e1", "15.0");
        check(&["boolean"], "true", "true");
        check(&["boolean"], "True", "\"True\"");
        check(&["string", "null"], "null", "null \"null\"");
        check(&["integer", "string"], "7", "7 \"7\"");
        check(&["integer", "string"], "seven", "\"seven\"");
    }

    #[test]
    fn spellings_that_json_does_not_know_are_no_numbers() {
        for text in [
            "", "+1", "01", "-01", "1.", ".5", "0x10", "1_000", " 1", "1 ", "NaN", "Infinity", "1e999", "--1",
        ] {
            check(&["number"], text, &format!("{text:?}"));
        }
    }
}
