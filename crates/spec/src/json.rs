//! JSON as RFC 8259 defines it, in one pass into a [`Tree`]: strict for bodies, forgiving for documents; and in parts.

mod number;
mod scanner;
mod schema;
mod stream;
mod text;

use std::error::Error;
use std::fmt;

use crate::tree::{Node, Tree};

pub(crate) use number::{Reading, reading};
pub(crate) use scanner::parse_forgiving;
pub use schema::{NameBuffer, SpannedJson};
pub use stream::{JsonStream, Piece};

/// How large and how deep JSON from outside may be. What is over a limit is refused, never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Arrays and objects inside each other; never more than [`JsonLimits::DEPTH_CEILING`].
    pub depth_max: usize,
    /// Values and member names together.
    pub nodes_max: usize,
    /// Bytes of one string or member name, escapes decoded.
    pub string_bytes_max: usize,
    /// Bytes of one number as it is written.
    pub number_bytes_max: usize,
    /// Items of one array.
    pub array_items_max: usize,
    /// Members of one object.
    pub object_members_max: usize,
}

impl JsonLimits {
    /// No limit on depth is looser than this, since what reads a tree may recurse.
    pub const DEPTH_CEILING: usize = 512;
}

impl Default for JsonLimits {
    fn default() -> Self {
        JsonLimits {
            depth_max: 64,
            nodes_max: 1_000_000,
            string_bytes_max: 1 << 20,
            number_bytes_max: 256,
            array_items_max: 100_000,
            object_members_max: 10_000,
        }
    }
}

/// The parsed JSON text of a body.
#[derive(Debug)]
pub struct Json<'s> {
    source: &'s str,
    tree: Tree,
}

impl<'s> Json<'s> {
    /// Its one value.
    pub fn root(&self) -> Node<'_> {
        self.tree.root(self.source)
    }

    /// The text it was made from.
    pub fn source(&self) -> &'s str {
        self.source
    }
}

/// Reads one JSON text: RFC 8259 without its liberties.
///
/// # Errors
/// The first fault. Beside what the grammar refuses these are: repeated names in an object and lone surrogates, on
/// which readers disagree; a byte order mark; a number beyond the doubles; whatever is over `limits`.
pub fn parse<'s>(bytes: &'s [u8], limits: &JsonLimits) -> Result<Json<'s>, JsonError> {
    let source = match std::str::from_utf8(bytes) {
        Ok(source) => source,
        Err(error) => {
            return Err(JsonError { offset: error.valid_up_to(), kind: JsonErrorKind::InvalidUtf8 });
        }
    };
    scanner::parse_strict(source, limits).map(|tree| Json { source, tree })
}

/// Why and where a text is no JSON, or not JSON that is let in. It holds nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// The byte at which it shows.
    pub offset: usize,
    /// What it is.
    pub kind: JsonErrorKind,
}

/// What can be wrong with JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonErrorKind {
    /// The text ends too early.
    UnexpectedEnd,
    /// A value should begin here.
    ExpectedValue,
    /// A member's name, in quotes, should begin here.
    ExpectedName,
    /// A `:` should stand here.
    ExpectedColon,
    /// A `,` or the end of the array or object should stand here.
    ExpectedComma,
    /// A `,` before the end of an array or object.
    TrailingComma,
    /// Something after the one value.
    TrailingData,
    /// A byte order mark at the beginning.
    ByteOrderMark,
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// A control character in a string that is not escaped.
    ControlCharacter,
    /// A `\` followed by something that makes no escape.
    InvalidEscape,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// Something that begins like a number and is none.
    InvalidNumber,
    /// A number whose magnitude no double can hold.
    NumberOutOfRange,
    /// A name that the object already has.
    DuplicateName,
    /// Over [`JsonLimits::depth_max`].
    TooDeep,
    /// Over [`JsonLimits::nodes_max`].
    TooManyNodes,
    /// Over [`JsonLimits::string_bytes_max`].
    StringTooLong,
    /// Over [`JsonLimits::number_bytes_max`].
    NumberTooLong,
    /// Over [`JsonLimits::array_items_max`].
    ArrayTooLong,
    /// Over [`JsonLimits::object_members_max`].
    ObjectTooLarge,
    /// More bytes than a tree can address.
    TooLarge,
}

impl JsonErrorKind {
    /// In words, without anything of the text.
    pub fn as_str(self) -> &'static str {
        match self {
            JsonErrorKind::UnexpectedEnd => "the text ends too early",
            JsonErrorKind::ExpectedValue => "expected a value",
            JsonErrorKind::ExpectedName => "expected a member name in double quotes",
            JsonErrorKind::ExpectedColon => "expected `:` after the member name",
            JsonErrorKind::ExpectedComma => "expected `,` or the end of the array or object",
            JsonErrorKind::TrailingComma => "`,` before the end of the array or object",
            JsonErrorKind::TrailingData => "text after the end of the value",
            JsonErrorKind::ByteOrderMark => "byte order mark before the value",
            JsonErrorKind::InvalidUtf8 => "bytes that are not UTF-8",
            JsonErrorKind::ControlCharacter => "control character in a string that is not escaped",
            JsonErrorKind::InvalidEscape => "escape that JSON does not know",
            JsonErrorKind::LoneSurrogate => "escaped half of a surrogate pair",
            JsonErrorKind::InvalidNumber => "not a number as JSON writes it",
            JsonErrorKind::NumberOutOfRange => "number beyond the range of a double",
            JsonErrorKind::DuplicateName => "member name that the object already has",
            JsonErrorKind::TooDeep => "arrays and objects are nested too deep",
            JsonErrorKind::TooManyNodes => "too many values",
            JsonErrorKind::StringTooLong => "string is too long",
            JsonErrorKind::NumberTooLong => "number is too long",
            JsonErrorKind::ArrayTooLong => "array has too many items",
            JsonErrorKind::ObjectTooLarge => "object has too many members",
            JsonErrorKind::TooLarge => "text is too large",
        }
    }

    /// Whether the text may be JSON but is over a limit.
    pub fn is_limit(self) -> bool {
        matches!(
            self,
            JsonErrorKind::TooDeep
                | JsonErrorKind::TooManyNodes
                | JsonErrorKind::StringTooLong
                | JsonErrorKind::NumberTooLong
                | JsonErrorKind::ArrayTooLong
                | JsonErrorKind::ObjectTooLarge
                | JsonErrorKind::TooLarge
        )
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.as_str(), self.offset)
    }
}

impl Error for JsonError {}

#[cfg(test)]
mod tests;
