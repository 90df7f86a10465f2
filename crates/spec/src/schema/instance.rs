//! What a validator looks at: parsed JSON, a value decoded from text, or text itself, in one representation.
//!
//! All schemas of a contract are compiled as one, so that a definition is compiled once however many operations
//! use it. Its root is a table of slots, and what is checked is wrapped in the name of its slot.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{self, Json, JsonNumber, NodeIdentity};
use serde_json::{Map, Number, Value};

use crate::json::SpannedJson;
use crate::tree::{Entries, Items, Node};

/// The representation that contract schemas are compiled for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstanceJson;

/// One value to check; a cheap handle.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instance<'a> {
    /// A node of a JSON text.
    Node(Node<'a>),
    /// A value decoded from a parameter or form.
    Value(&'a Value),
    /// A string.
    Text(&'a str),
    /// An object whose one member is named like a slot.
    Slot(&'a Slot<'a>),
}

/// A value under the name of the slot that checks it.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) name: &'a str,
    pub(crate) instance: Instance<'a>,
}

/// A number of either kind.
pub(crate) enum InstanceNumber<'a> {
    Node(Node<'a>),
    Value(&'a Number),
}

/// Members of either kind of object.
pub(crate) enum Members<'a> {
    Node(Entries<'a>),
    Value(serde_json::map::Iter<'a>),
    Slot(std::option::IntoIter<&'a Slot<'a>>),
}

/// An object of either kind.
pub(crate) enum InstanceObject<'a> {
    Node(Node<'a>),
    Value(&'a Map<String, Value>),
    Slot(&'a Slot<'a>),
}

/// An array of either kind.
pub(crate) enum InstanceArray<'a> {
    Node(Node<'a>),
    Value(&'a [Value]),
}

/// Items of either kind of array.
pub(crate) enum Elements<'a> {
    Node(Items<'a>),
    Value(std::slice::Iter<'a, Value>),
}

impl Json for InstanceJson {
    type Node<'a> = Instance<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = SpannedJson::KEYS_PER_LOOKUP;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Instance<'_>) -> T) -> T {
        f(Instance::Text(string))
    }
}

impl<'a> json::Node<'a, InstanceJson> for Instance<'a> {
    type Object = InstanceObject<'a>;
    type Array = InstanceArray<'a>;
    type Number = InstanceNumber<'a>;

    fn as_object(&self) -> Option<InstanceObject<'a>> {
        match *self {
            Instance::Node(node) => node.is_object().then_some(InstanceObject::Node(node)),
            Instance::Value(value) => value.as_object().map(InstanceObject::Value),
            Instance::Text(_) => None,
            Instance::Slot(slot) => Some(InstanceObject::Slot(slot)),
        }
    }

    fn as_array(&self) -> Option<InstanceArray<'a>> {
        match *self {
            Instance::Node(node) => node.is_array().then_some(InstanceArray::Node(node)),
            Instance::Value(value) => value.as_array().map(|items| InstanceArray::Value(items)),
            Instance::Text(_) | Instance::Slot(_) => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match *self {
            Instance::Node(node) => node.as_str().map(Cow::Borrowed),
            Instance::Value(value) => value.as_str().map(Cow::Borrowed),
            Instance::Text(text) => Some(Cow::Borrowed(text)),
            Instance::Slot(_) => None,
        }
    }

    fn as_number(&self) -> Option<InstanceNumber<'a>> {
        match *self {
            Instance::Node(node) => node.number().is_some().then_some(InstanceNumber::Node(node)),
            Instance::Value(Value::Number(number)) => Some(InstanceNumber::Value(number)),
            Instance::Value(_) | Instance::Text(_) | Instance::Slot(_) => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match *self {
            Instance::Node(node) => node.as_bool(),
            Instance::Value(value) => value.as_bool(),
            Instance::Text(_) | Instance::Slot(_) => None,
        }
    }

    fn is_null(&self) -> bool {
        self.json_type() == JsonType::Null
    }

    fn is_number(&self) -> bool {
        self.json_type() == JsonType::Number
    }

    fn json_type(&self) -> JsonType {
        match *self {
            Instance::Node(node) => json::Node::<SpannedJson>::json_type(&node),
            Instance::Value(Value::Null) => JsonType::Null,
            Instance::Value(Value::Bool(_)) => JsonType::Boolean,
            Instance::Value(Value::Number(_)) => JsonType::Number,
            Instance::Value(Value::String(_)) | Instance::Text(_) => JsonType::String,
            Instance::Value(Value::Array(_)) => JsonType::Array,
            Instance::Value(Value::Object(_)) | Instance::Slot(_) => JsonType::Object,
        }
    }

    fn string_length_within(&self, min: u64, max: u64) -> Option<bool> {
        let text = self.as_string()?;
        let within = |characters: usize| (min..=max).contains(&(characters as u64));
        // A character takes one to four bytes, which mostly decides it without counting.
        let (most, fewest) = (text.len(), text.len().div_ceil(4));
        Some(within(most) && within(fewest) || within(text.chars().count()))
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match *self {
            Instance::Node(node) => json::Node::<SpannedJson>::equals_value(&node, expected),
            Instance::Value(value) => json::cmp::equal(value, expected),
            Instance::Text(text) => expected.as_str() == Some(text),
            Instance::Slot(_) => false,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        match *self {
            Instance::Node(node) => Cow::Owned(node.to_value()),
            Instance::Value(value) => Cow::Borrowed(value),
            Instance::Text(text) => Cow::Owned(Value::String(text.to_owned())),
            // Only errors ask for it, and they never show values.
            Instance::Slot(_) => Cow::Owned(Value::Null),
        }
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(match *self {
            Instance::Node(node) => return json::Node::<SpannedJson>::identity(&node),
            Instance::Value(value) => NodeIdentity::new(std::ptr::from_ref::<Value>(value).addr()),
            Instance::Text(text) => NodeIdentity::tagged(text.as_ptr().addr(), u32::MAX),
            Instance::Slot(slot) => {
                NodeIdentity::tagged(std::ptr::from_ref::<Slot<'_>>(slot).addr(), u32::MAX)
            }
        })
    }
}

impl<'a> json::Object<'a, InstanceJson> for InstanceObject<'a> {
    type Node = Instance<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        match *self {
            InstanceObject::Node(node) => node.len(),
            InstanceObject::Value(members) => members.len(),
            InstanceObject::Slot(_) => 1,
        }
    }

    fn get(&self, key: &Box<str>) -> Option<Instance<'a>> {
        match *self {
            InstanceObject::Node(node) => node.get(key).map(Instance::Node),
            InstanceObject::Value(members) => members.get(key.as_ref()).map(Instance::Value),
            InstanceObject::Slot(slot) => (slot.name == &**key).then_some(slot.instance),
        }
    }

    fn members(&self) -> Members<'a> {
        match *self {
            InstanceObject::Node(node) => Members::Node(node.entries()),
            InstanceObject::Value(members) => Members::Value(members.iter()),
            InstanceObject::Slot(slot) => Members::Slot(Some(slot).into_iter()),
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Instance<'a>);

    fn next(&mut self) -> Option<(&'a str, Instance<'a>)> {
        match self {
            Members::Node(entries) => entries.next().map(|entry| (entry.key, Instance::Node(entry.value))),
            Members::Value(members) => {
                members.next().map(|(key, value)| (key.as_str(), Instance::Value(value)))
            }
            Members::Slot(slot) => slot.next().map(|slot| (slot.name, slot.instance)),
        }
    }
}

impl<'a> json::Array<'a, InstanceJson> for InstanceArray<'a> {
    type Node = Instance<'a>;
    type ElementsIter = Elements<'a>;

    fn len(&self) -> usize {
        match *self {
            InstanceArray::Node(node) => node.len(),
            InstanceArray::Value(items) => items.len(),
        }
    }

    fn elements(&self) -> Elements<'a> {
        match *self {
            InstanceArray::Node(node) => Elements::Node(node.items()),
            InstanceArray::Value(items) => Elements::Value(items.iter()),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Instance<'a>;

    fn next(&mut self) -> Option<Instance<'a>> {
        match self {
            Elements::Node(items) => items.next().map(Instance::Node),
            Elements::Value(items) => items.next().map(Instance::Value),
        }
    }
}

impl JsonNumber for InstanceNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        match *self {
            InstanceNumber::Node(node) => node.as_u64(),
            InstanceNumber::Value(number) => number.as_u64(),
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match *self {
            InstanceNumber::Node(node) => node.as_i64(),
            InstanceNumber::Value(number) => number.as_i64(),
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match *self {
            InstanceNumber::Node(node) => node.as_f64(),
            InstanceNumber::Value(number) => number.as_f64(),
        }
    }

    fn as_str(&self) -> Cow<'_, str> {
        match *self {
            InstanceNumber::Node(node) => Cow::Borrowed(node.number().unwrap_or_default()),
            InstanceNumber::Value(number) => Cow::Owned(number.to_string()),
        }
    }

    fn to_number(&self) -> Cow<'_, Number> {
        match *self {
            InstanceNumber::Node(node) => Cow::Owned(node.to_number().unwrap_or_else(|| Number::from(0))),
            InstanceNumber::Value(number) => Cow::Borrowed(number),
        }
    }

    fn is_integer(&self) -> bool {
        match *self {
            InstanceNumber::Node(node) => JsonNumber::is_integer(&node),
            InstanceNumber::Value(number) => {
                !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
        }
    }
}
