//! Forms: urlencoded pairs and multipart parts as one object, checked by the schema of the whole.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::contract::{MediaRange, MediaType};
use crate::json::{self, JsonLimits};
use crate::multipart::Part;
use crate::parameter::{Escapes, Shape, Style, StyleFault, Types, deep, insert, split};
use crate::query::Query;
use crate::schema::{Instance, Place, Validator, Violation};

/// How the object that a form stands for is put together and checked.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) shape: Shape,
    pub(crate) encodings: BTreeMap<String, Encoding>,
    pub(crate) validator: Validator,
}

/// How one property is written in a form.
#[derive(Debug, Clone)]
pub(crate) struct Encoding {
    pub(crate) style: Style,
    pub(crate) explode: bool,
    /// Media types that a part may have; any where none is said.
    pub(crate) media: Vec<MediaRange>,
}

impl Form {
    /// Checks the pairs of an urlencoded form.
    pub(crate) fn check_pairs(&self, pairs: &Query<'_>) -> Result<(), Violation> {
        let mut members = Map::new();
        for pair in pairs.pairs() {
            let added = self.add_pair(&mut members, &pair.name, pair.raw_value);
            added.map_err(|violation| self.without_undeclared(violation))?;
        }
        self.check(members)
    }

    /// The same violation without a name that the caller made up.
    fn without_undeclared(&self, violation: Violation) -> Violation {
        let is_declared = |name: &String| self.shape.properties.contains_key(name);
        match violation.name.as_ref().is_none_or(is_declared) {
            true => violation,
            false => Violation { name: Some("*".to_owned()), ..violation },
        }
    }

    fn add_pair(&self, members: &mut Map<String, Value>, name: &str, raw: &str) -> Result<(), Violation> {
        if !self.shape.properties.contains_key(name)
            && let Some((head, path)) = deep::path(name)
            && self.is_deep(head)
        {
            let text = Escapes::Form.decode(raw).map_err(|fault| misspelled(name, fault))?;
            let added = deep::add(members, head, &path, &text, self.shape.property(head));
            return added.map_err(|fault| misspelled(name, fault));
        }
        let shape = self.shape.property(name);
        let encoding = self.encodings.get(name);
        let explode = encoding.is_none_or(|encoding| encoding.explode);
        if shape.types.has(Types::ARRAY)
            && explode
            && (is_only(shape, Types::ARRAY) || members.contains_key(name))
        {
            let text = Escapes::Form.decode(raw).map_err(|fault| misspelled(name, fault))?;
            return push_item(members, name, shape.item().scalar(&text).0);
        }
        let value = if is_only(shape, Types::OBJECT) || is_only(shape, Types::ARRAY) {
            let text = Escapes::Form.decode(raw).map_err(|fault| misspelled(name, fault))?;
            match text.starts_with('{') || text.starts_with('[') {
                true => json_of(name, text.as_bytes())?,
                false => {
                    let style = encoding.map_or(Style::Form, |encoding| encoding.style);
                    let candidates = split(style, explode, name, shape, Escapes::Form, raw);
                    let candidates = candidates.map_err(|fault| misspelled(name, fault))?;
                    candidates.into_iter().next().unwrap_or(Value::Null)
                }
            }
        } else {
            let text = Escapes::Form.decode(raw).map_err(|fault| misspelled(name, fault))?;
            scalar(shape, &text)
        };
        insert(members, name.into(), value).map_err(|fault| misspelled(name, fault))
    }

    /// Checks the parts of a multipart form.
    pub(crate) fn check_parts(&self, parts: &[Part<'_>]) -> Result<(), Violation> {
        let mut members = Map::new();
        for part in parts {
            let added = self.add_part(&mut members, part);
            added.map_err(|violation| self.without_undeclared(violation))?;
        }
        self.check(members)
    }

    fn add_part(&self, members: &mut Map<String, Value>, part: &Part<'_>) -> Result<(), Violation> {
        let name = part.name.as_str();
        let shape = self.shape.property(name);
        self.check_part_type(part)?;
        if !shape.types.has(Types::ARRAY) || shape.binary {
            let value = self.part_value(part, shape)?;
            return insert(members, name.into(), value).map_err(|fault| misspelled(name, fault));
        }
        match self.part_value(part, shape.item())? {
            // A part of type JSON may be the whole array.
            whole @ Value::Array(_) => {
                insert(members, name.into(), whole).map_err(|fault| misspelled(name, fault))
            }
            item => push_item(members, name, item),
        }
    }

    fn check_part_type(&self, part: &Part<'_>) -> Result<(), Violation> {
        let Some(encoding) = self.encodings.get(&part.name).filter(|encoding| !encoding.media.is_empty())
        else {
            return Ok(());
        };
        // RFC 7578, section 4.4: a part without a type is text.
        let media = MediaType::parse(part.content_type.unwrap_or("text/plain"));
        let allowed = media.is_some_and(|media| {
            encoding.media.iter().any(|range| range.closeness(&media.essence).is_some())
        });
        if allowed {
            return Ok(());
        }
        let message = "is of a media type that is not declared for it";
        Err(Violation::new(Place::Body, "contentType", message).of(Place::Body, &part.name))
    }

    /// The value that a part is. A file is not looked into: it stands as a string without its content.
    fn part_value(&self, part: &Part<'_>, shape: &Shape) -> Result<Value, Violation> {
        let name = part.name.as_str();
        let media = part.content_type.and_then(MediaType::parse);
        let is_json = media.as_ref().is_some_and(MediaType::is_json);
        let wants_structure = is_only(shape, Types::OBJECT) || is_only(shape, Types::ARRAY);
        if is_json && !shape.binary || wants_structure && media.is_none() {
            return json_of(name, part.data);
        }
        if shape.binary || part.filename.is_some() {
            return Ok(Value::String(String::new()));
        }
        match std::str::from_utf8(part.data) {
            Ok(text) => Ok(scalar(shape, text)),
            Err(_) => Err(violation(name, "syntax", "is not UTF-8")),
        }
    }

    /// Whether `name[…]` names a member of the property `name`.
    fn is_deep(&self, name: &str) -> bool {
        let declared = self.encodings.get(name).is_some_and(|encoding| encoding.style == Style::DeepObject);
        declared || self.shape.property(name).types.has(Types::ARRAY.or(Types::OBJECT))
    }

    fn check(&self, members: Map<String, Value>) -> Result<(), Violation> {
        self.validator.check_instance(Instance::Value(&Value::Object(members)))
    }
}

/// What may be a string is one: in a form every text is.
fn scalar(shape: &Shape, text: &str) -> Value {
    let typed = if shape.types.has(Types::STRING) { None } else { shape.typed(text) };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Whether the shape is of these types alone, `null` aside.
fn is_only(shape: &Shape, types: Types) -> bool {
    shape.types == types || shape.types == types.or(Types::NULL)
}

fn push_item(members: &mut Map<String, Value>, name: &str, item: Value) -> Result<(), Violation> {
    match members.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(items) => {
            items.push(item);
            Ok(())
        }
        _ => Err(misspelled(name, StyleFault::Repeated)),
    }
}

fn json_of(name: &str, data: &[u8]) -> Result<Value, Violation> {
    match json::parse(data, &JsonLimits::default()) {
        Ok(json) => Ok(json.root().to_value()),
        Err(error) => Err(violation(name, "syntax", error.kind.as_str())),
    }
}

fn misspelled(name: &str, fault: StyleFault) -> Violation {
    violation(name, "style", fault.as_str())
}

fn violation(name: &str, keyword: &'static str, message: &'static str) -> Violation {
    Violation::new(Place::Body, keyword, message).of(Place::Body, name)
}

#[cfg(test)]
mod tests;
