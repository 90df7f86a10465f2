//! Sets of types and of keywords that schemas say.

use spec::Node;

/// JSON's types, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Types = Types(1);
    pub(crate) const BOOLEAN: Types = Types(1 << 1);
    pub(crate) const INTEGER: Types = Types(1 << 2);
    pub(crate) const NUMBER: Types = Types(1 << 3);
    pub(crate) const STRING: Types = Types(1 << 4);
    pub(crate) const ARRAY: Types = Types(1 << 5);
    pub(crate) const OBJECT: Types = Types(1 << 6);
    pub(crate) const FILE: Types = Types(1 << 7);

    /// What `type` says; nothing where it says nothing that is understood.
    pub(crate) fn said_by(schema: Node<'_>) -> Option<Types> {
        let said = schema.get("type")?;
        let names = said.as_str().into_iter().chain(said.items().filter_map(Node::as_str));
        let types = names.filter_map(Types::named).fold(Types::default(), |all, one| Types(all.0 | one.0));
        (types != Types::default()).then_some(types)
    }

    fn named(name: &str) -> Option<Types> {
        Some(match name {
            "null" => Types::NULL,
            "boolean" => Types::BOOLEAN,
            "integer" => Types::INTEGER,
            "number" => Types::NUMBER,
            "string" => Types::STRING,
            "array" => Types::ARRAY,
            "object" => Types::OBJECT,
            "file" => Types::FILE,
            _ => return None,
        })
    }

    pub(crate) fn and(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub(crate) const fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    pub(crate) fn has(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }
}

/// Keywords of schemas, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Keywords(u32);

impl Keywords {
    pub(crate) const MAX_LENGTH: Keywords = Keywords(1);
    pub(crate) const PATTERN: Keywords = Keywords(1 << 1);
    pub(crate) const FORMAT: Keywords = Keywords(1 << 2);
    /// `enum` or `const`.
    pub(crate) const CHOICE: Keywords = Keywords(1 << 3);
    pub(crate) const MAX_ITEMS: Keywords = Keywords(1 << 4);
    /// `minimum` or `exclusiveMinimum`.
    pub(crate) const MINIMUM: Keywords = Keywords(1 << 5);
    /// `maximum` or `exclusiveMaximum`.
    pub(crate) const MAXIMUM: Keywords = Keywords(1 << 6);
    pub(crate) const MAX_PROPERTIES: Keywords = Keywords(1 << 7);
    pub(crate) const PROPERTIES: Keywords = Keywords(1 << 8);
    /// `additionalProperties` or `unevaluatedProperties` is `false`.
    pub(crate) const CLOSED: Keywords = Keywords(1 << 9);

    /// What the schema itself says.
    pub(crate) fn said_by(schema: Node<'_>) -> Keywords {
        let mut said = Keywords::default();
        for entry in schema.entries() {
            let number = entry.value.number().is_some();
            let keyword = match entry.key {
                "maxLength" => Keywords::MAX_LENGTH,
                "pattern" => Keywords::PATTERN,
                "format" => Keywords::FORMAT,
                "enum" | "const" => Keywords::CHOICE,
                "maxItems" => Keywords::MAX_ITEMS,
                "minimum" => Keywords::MINIMUM,
                "maximum" => Keywords::MAXIMUM,
                // Before OpenAPI 3.1 they are booleans beside the bound, and no bounds.
                "exclusiveMinimum" if number => Keywords::MINIMUM,
                "exclusiveMaximum" if number => Keywords::MAXIMUM,
                "maxProperties" => Keywords::MAX_PROPERTIES,
                "properties" => Keywords::PROPERTIES,
                "additionalProperties" | "unevaluatedProperties" if entry.value.as_bool() == Some(false) => {
                    Keywords::CLOSED
                }
                _ => continue,
            };
            said = said.or(keyword);
        }
        said
    }

    pub(crate) const fn or(self, other: Keywords) -> Keywords {
        Keywords(self.0 | other.0)
    }

    pub(crate) fn has_any(self, other: Keywords) -> bool {
        self.0 & other.0 != 0
    }
}
