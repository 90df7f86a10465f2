//! Lets schema validators read a [`Node`] in place, without a copy as another JSON type.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{self, NodeIdentity};
use serde_json::{Number, Value};

use crate::tree::{Builder, Entries, Form, Items, Kind, Node, Record, Tree};

/// The representation to build validators for: `jsonschema::options_for::<SpannedJson>()`.
#[derive(Debug, Clone, Copy)]
pub struct SpannedJson;

/// Holds one member name as a node of its own, while a validator looks at it.
#[derive(Debug, Default)]
pub struct NameBuffer {
    text: String,
    tree: Tree,
}

impl json::Json for SpannedJson {
    type Node<'a> = Node<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = NameBuffer;

    // Small objects are walked for each lookup, so one walk over all members is worth several lookups.
    const KEYS_PER_LOOKUP: usize = 4;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut NameBuffer, string: &str, f: impl FnOnce(Node<'_>) -> T) -> T {
        buffer.text.clear();
        buffer.text.push_str(string);
        let end = u32::try_from(string.len()).unwrap_or(u32::MAX);
        let mut builder = Builder::new(0);
        builder.scalar(Record::new(Kind::String, Form::Verbatim, (0, end)));
        buffer.tree = builder.finish();
        f(buffer.tree.root(&buffer.text))
    }
}

impl<'a> json::Node<'a, SpannedJson> for Node<'a> {
    type Object = Node<'a>;
    type Array = Node<'a>;
    type Number = Node<'a>;

    fn as_object(&self) -> Option<Node<'a>> {
        self.is_object().then_some(*self)
    }

    fn as_array(&self) -> Option<Node<'a>> {
        self.is_array().then_some(*self)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<Node<'a>> {
        (self.kind() == Kind::Number).then_some(*self)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    fn json_type(&self) -> JsonType {
        match self.kind() {
            Kind::Null => JsonType::Null,
            Kind::Bool => JsonType::Boolean,
            Kind::Number => JsonType::Number,
            Kind::String => JsonType::String,
            Kind::Array => JsonType::Array,
            Kind::Object => JsonType::Object,
        }
    }

    fn string_length_within(&self, min: u64, max: u64) -> Option<bool> {
        let text = self.as_str()?;
        let within = |characters: usize| (min..=max).contains(&(characters as u64));
        // A character takes one to four bytes, which mostly decides it without counting.
        let (most, fewest) = (text.len(), text.len().div_ceil(4));
        Some(within(most) && within(fewest) || within(text.chars().count()))
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self.kind(), expected) {
            (Kind::Null, Value::Null) => true,
            (Kind::Bool, Value::Bool(expected)) => self.as_bool() == Some(*expected),
            (Kind::String, Value::String(expected)) => self.as_str() == Some(expected),
            (Kind::Number, Value::Number(expected)) => json::cmp::equal_numbers(self, expected),
            (Kind::Array, Value::Array(expected)) => {
                let equal = |(item, expected): (Node<'_>, &Value)| json::Node::equals_value(&item, expected);
                self.len() == expected.len() && self.items().zip(expected).all(equal)
            }
            (Kind::Object, Value::Object(expected)) => {
                self.len() == expected.len()
                    && self.entries().all(|entry| {
                        let expected = expected.get(entry.key);
                        expected.is_some_and(|expected| json::Node::equals_value(&entry.value, expected))
                    })
            }
            _ => false,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(Node::to_value(*self))
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::tagged(std::ptr::from_ref(self.tree()).addr(), self.index()))
    }
}

impl<'a> json::Object<'a, SpannedJson> for Node<'a> {
    type Node = Node<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        Node::len(*self)
    }

    fn get(&self, key: &Box<str>) -> Option<Node<'a>> {
        Node::get(*self, key)
    }

    fn members(&self) -> Members<'a> {
        Members(self.entries())
    }
}

/// The members as a validator wants them: name and value.
#[derive(Debug)]
pub struct Members<'a>(Entries<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Node<'a>);

    fn next(&mut self) -> Option<(&'a str, Node<'a>)> {
        self.0.next().map(|entry| (entry.key, entry.value))
    }
}

impl<'a> json::Array<'a, SpannedJson> for Node<'a> {
    type Node = Node<'a>;
    type ElementsIter = Items<'a>;

    fn len(&self) -> usize {
        Node::len(*self)
    }

    fn elements(&self) -> Items<'a> {
        self.items()
    }
}

impl json::JsonNumber for Node<'_> {
    fn as_u64(&self) -> Option<u64> {
        Node::as_u64(*self)
    }

    fn as_i64(&self) -> Option<i64> {
        Node::as_i64(*self)
    }

    fn as_f64(&self) -> Option<f64> {
        Node::as_f64(*self)
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.number().unwrap_or_default())
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(Node::to_number(*self).unwrap_or_else(|| Number::from(0)))
    }

    fn is_integer(&self) -> bool {
        let digits = self.number().is_some_and(|text| !text.contains(['.', 'e', 'E']));
        digits || Node::as_f64(*self).is_some_and(|number| number.fract() == 0.0)
    }
}
