//! Members, items and choices, as serde walks them.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::failure::Failure;
use super::{Reader, Reading};
use crate::tree::{self, Entries, Entry, Node};

/// The members of an object, without those that could not be read.
pub(super) struct Members<'r, 't> {
    reading: &'r Reading,
    entries: Entries<'t>,
    value: Option<Node<'t>>,
}

impl<'r, 't> Members<'r, 't> {
    pub(super) fn new(reading: &'r Reading, node: Node<'t>) -> Members<'r, 't> {
        Members { reading, entries: node.entries(), value: None }
    }
}

impl<'t> MapAccess<'t> for Members<'_, 't> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some(entry) = self.entries.find(|entry| !self.reading.skips(entry.value)) else {
            return Ok(None);
        };
        self.value = Some(entry.value);
        seed.deserialize(KeyOf(entry)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        match self.value.take() {
            Some(node) => read(seed, self.reading, node),
            None => Err(Failure::misused("a value was asked for before its key")),
        }
    }
}

/// The items of an array, without those that could not be read.
pub(super) struct Items<'r, 't> {
    pub(super) reading: &'r Reading,
    pub(super) items: tree::Items<'t>,
}

impl<'t> SeqAccess<'t> for Items<'_, 't> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(node) = self.items.find(|item| !self.reading.skips(*item)) else { return Ok(None) };
        read(seed, self.reading, node).map(Some)
    }
}

/// Serde's untagged types fail outside of their deserializer, so the place is given here.
fn read<'t, T: DeserializeSeed<'t>>(seed: T, reading: &Reading, node: Node<'t>) -> Result<T::Value, Failure> {
    seed.deserialize(Reader { reading, node }).map_err(|failure: Failure| failure.at(node))
}

/// The name of a member as a value of its own: text, or a number where that is what is asked for.
pub(super) struct KeyOf<'t>(pub(super) Entry<'t>);

impl<'t> KeyOf<'t> {
    fn whole_number<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = match self.0.key.parse() {
            Ok(number) => visitor.visit_u64(number),
            Err(_) => visitor.visit_borrowed_str(self.0.key),
        };
        value.map_err(|failure: Failure| failure.at_key(self.0.value))
    }
}

impl<'t> Deserializer<'t> for KeyOf<'t> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.0.key).map_err(|failure: Failure| failure.at_key(self.0.value))
    }

    fn deserialize_u16<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.whole_number(visitor)
    }

    fn deserialize_u32<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.whole_number(visitor)
    }

    fn deserialize_u64<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.whole_number(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let entry = self.0;
        visitor.visit_newtype_struct(self).map_err(|failure: Failure| failure.at_key(entry.value))
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let entry = self.0;
        visitor.visit_enum(KeyChoice(entry)).map_err(|failure: Failure| failure.at_key(entry.value))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>> bool i8 i16 i32 i64 i128 u8 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A variant: its name alone, or a mapping of its name to what it holds.
pub(super) struct Choice<'r, 't> {
    reading: &'r Reading,
    name: &'t str,
    /// Where the name stands: a string node, or the key of this value.
    node: Node<'t>,
    content: Option<Node<'t>>,
}

impl<'r, 't> Choice<'r, 't> {
    pub(super) fn named(reading: &'r Reading, name: &'t str, node: Node<'t>) -> Choice<'r, 't> {
        Choice { reading, name, node, content: None }
    }

    pub(super) fn keyed(reading: &'r Reading, entry: Entry<'t>) -> Choice<'r, 't> {
        Choice { reading, name: entry.key, node: entry.value, content: Some(entry.value) }
    }

    fn content(&self) -> Result<Reader<'r, 't>, Failure> {
        match self.content {
            Some(node) => Ok(Reader { reading: self.reading, node }),
            None => Err(Failure::without_content(self.name).at(self.node)),
        }
    }
}

impl<'t> EnumAccess<'t> for Choice<'_, 't> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        let name = serde::de::value::BorrowedStrDeserializer::<Failure>::new(self.name);
        let variant = seed.deserialize(name).map_err(|failure: Failure| match self.content {
            Some(content) => failure.at_key(content),
            None => failure.at(self.node),
        })?;
        Ok((variant, self))
    }
}

impl<'t> VariantAccess<'t> for Choice<'_, 't> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.content {
            Some(content) if !content.is_null() => Err(Failure::with_content(self.name).at(content)),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'t>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'t>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.content()?.deserialize_map(visitor)
    }
}

/// A key that names a variant.
struct KeyChoice<'t>(Entry<'t>);

impl<'t> EnumAccess<'t> for KeyChoice<'t> {
    type Error = Failure;
    type Variant = KeyVariant;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, KeyVariant), Failure> {
        seed.deserialize(KeyOf(self.0)).map(|variant| (variant, KeyVariant))
    }
}

/// A key holds nothing beside its name.
struct KeyVariant;

impl<'t> VariantAccess<'t> for KeyVariant {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, _: T) -> Result<T::Value, Failure> {
        Err(Failure::misused("a key cannot hold a value"))
    }

    fn tuple_variant<V: Visitor<'t>>(self, _: usize, _: V) -> Result<V::Value, Failure> {
        Err(Failure::misused("a key cannot hold a list"))
    }

    fn struct_variant<V: Visitor<'t>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Failure> {
        Err(Failure::misused("a key cannot hold a mapping"))
    }
}
