//! What serde complains about, in words for the author of the file: no Rust types, no values that may be secret.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::suggest::nearest;
use crate::tree::Node;

/// Why a value could not be read, and where once that is known.
#[derive(Debug)]
pub(super) struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    wrong: Wrong,
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    index: u32,
    is_key: bool,
    is_of_whole: bool,
}

/// What to say.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The key that the type does not know, whose place may be found later.
    unknown_key: Option<String>,
}

/// A failure with its place.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) wrong: Wrong,
    /// The value that is wrong, or whose key is.
    pub(super) index: u32,
    pub(super) is_key: bool,
    /// Whether the value fails as a whole, rather than for being of the wrong kind.
    pub(super) is_of_whole: bool,
}

impl Failure {
    fn saying(message: impl Into<String>) -> Failure {
        let wrong = Wrong { message: message.into(), ..Wrong::default() };
        Failure(Box::new(Inner { wrong, place: None }))
    }

    fn help(mut self, help: impl Into<String>) -> Failure {
        self.0.wrong.help = Some(help.into());
        self
    }

    /// A type asked for something that serde's own types never ask for.
    pub(super) fn misused(message: &'static str) -> Failure {
        Failure::saying(message)
    }

    pub(super) fn not_a_choice(variants: &'static [&'static str]) -> Failure {
        Failure::saying("expected a name or a mapping with one key").help(one_of(variants))
    }

    pub(super) fn without_content(name: &str) -> Failure {
        Failure::saying(format!("`{}` needs a value", cut(name))).help(format!("write `{}: …`", cut(name)))
    }

    pub(super) fn with_content(name: &str) -> Failure {
        Failure::saying(format!("`{}` takes no value", cut(name)))
    }

    /// The same failure at `node`, unless its place is known already.
    pub(super) fn at(mut self, node: Node<'_>) -> Failure {
        if self.0.place.is_none() {
            let unknown = self.0.wrong.unknown_key.as_deref().and_then(|key| node.get(key));
            self.0.place = Some(Place {
                index: unknown.unwrap_or(node).index(),
                is_key: unknown.is_some(),
                is_of_whole: unknown.is_none(),
            });
        }
        self
    }

    /// The same failure at the key of `value`, unless its place is known already.
    pub(super) fn at_key(mut self, value: Node<'_>) -> Failure {
        self.0.place.get_or_insert(Place { index: value.index(), is_key: true, is_of_whole: false });
        self
    }

    /// The failure with its place, which is `node` if nobody knew better.
    pub(super) fn located_at(self, node: Node<'_>) -> Located {
        let Inner { wrong, place } = *self.at(node).0;
        let place = place.unwrap_or(Place { index: node.index(), is_key: false, is_of_whole: true });
        Located { wrong, index: place.index, is_key: place.is_key, is_of_whole: place.is_of_whole }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.wrong.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: Display>(message: T) -> Failure {
        Failure::saying(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Failure {
        let expected = in_words(&expected.to_string());
        let failure = Failure::saying(format!("expected {expected}, found {}", kind_of(found)));
        let is_text = expected == "a string"
            && matches!(
                found,
                Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) | Unexpected::Bool(_)
            );
        if is_text { failure.help("write it in quotes") } else { failure }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Failure {
        Failure::saying(format!("expected {}, found {}", in_words(&expected.to_string()), kind_of(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Failure {
        Failure::saying(format!("expected {}, found {length} items", in_words(&expected.to_string())))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Failure {
        let failure = Failure::saying(format!("unknown value `{}`", cut(variant)));
        failure.help(suggestion(variant, expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Failure {
        let mut failure =
            Failure::saying(format!("unknown key `{}`", cut(field))).help(suggestion(field, expected));
        failure.0.wrong.unknown_key = Some(field.to_owned());
        failure
    }

    fn missing_field(field: &'static str) -> Failure {
        Failure::saying(format!("`{field}` is missing"))
    }
}

fn suggestion(word: &str, known: &'static [&'static str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => one_of(known),
    }
}

fn one_of(known: &'static [&'static str]) -> String {
    match known {
        [] => "nothing may stand here".to_owned(),
        [only] => format!("only `{only}` may stand here"),
        _ => format!("expected one of `{}`", known.join("`, `")),
    }
}

/// What a visitor expects, without the names of Rust types.
fn in_words(expected: &str) -> String {
    let words = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" | "nonzero usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" | "variant identifier" | "field identifier" => "a mapping",
        "unit" | "option" => "nothing",
        other if other.starts_with("a nonzero ") || other.starts_with("a nonzero") => {
            "a whole number above 0"
        }
        other if other.starts_with("struct ") || other.starts_with("struct variant ") => "a mapping",
        other if other.starts_with("tuple ") => "a list",
        other if other.starts_with("enum ") => "a name or a mapping with one key",
        other => other,
    };
    words.to_owned()
}

/// What was found, without a string itself: it may be a credential in the wrong place.
fn kind_of(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number `{number}`"),
        Unexpected::Signed(number) => format!("the number `{number}`"),
        Unexpected::Float(number) => format!("the number `{number}`"),
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => "a string".to_owned(),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::NewtypeStruct => "a mapping".to_owned(),
        Unexpected::Enum | Unexpected::UnitVariant | Unexpected::NewtypeVariant => "a name".to_owned(),
        Unexpected::TupleVariant | Unexpected::StructVariant => "a mapping".to_owned(),
        Unexpected::Other(other) => other.to_owned(),
    }
}

/// So much of an input as belongs in a message.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(60)).unwrap_or_default()
}
