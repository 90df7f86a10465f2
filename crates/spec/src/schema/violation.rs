//! How an instance fails its schema, in words that never repeat the instance.

use std::borrow::Cow;
use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};

/// The part of a message that a violation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A parameter in the path.
    Path,
    /// A parameter in the query string, or the query string itself.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body.
    Body,
}

/// The first thing found wrong. Nothing in it is taken from the values that were checked; member names of
/// objects may stand in the pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the message it is.
    pub place: Place,
    /// The parameter, as the document names it.
    pub name: Option<String>,
    /// JSON pointer into the body or the decoded value.
    pub pointer: String,
    /// The schema keyword that is not satisfied, or what stands for one: `required`, `type`, `style`, `syntax`,
    /// `contentType`, `limit`.
    pub keyword: &'static str,
    /// What is wrong, for the caller to read.
    pub message: Cow<'static, str>,
}

impl Violation {
    /// A violation by the message as a whole.
    pub(crate) fn new(
        place: Place,
        keyword: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Violation {
        Violation { place, name: None, pointer: String::new(), keyword, message: message.into() }
    }

    /// The same, of the parameter `name` in `place`.
    pub(crate) fn of(self, place: Place, name: &str) -> Violation {
        Violation { place, name: Some(name.to_owned()), ..self }
    }

    /// The words for `error`, found below the slot whose name begins its path.
    pub(super) fn from_error(error: &ValidationError<'_>) -> Violation {
        let (keyword, message) = described(error.kind());
        let path = error.instance_path().as_str();
        let pointer = path.get(1..).and_then(|inner| inner.find('/').and_then(|at| inner.get(at..)));
        Violation {
            pointer: pointer.unwrap_or_default().to_owned(),
            ..Violation::new(Place::Body, keyword, message)
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Cookie => "cookie",
            Place::Body => "body",
        };
        f.write_str(place)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        if !self.pointer.is_empty() {
            write!(f, " at `{}`", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Keyword and words. Limits and names come from the schema; nothing comes from the instance.
fn described(kind: &ValidationErrorKind) -> (&'static str, Cow<'static, str>) {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::AdditionalItems { limit } => ("items", format!("has more than {limit} items").into()),
        Kind::AdditionalProperties { .. } => {
            ("additionalProperties", "has a property that is not declared".into())
        }
        Kind::UnevaluatedProperties { .. } => {
            ("unevaluatedProperties", "has a property that is not declared".into())
        }
        Kind::UnevaluatedItems { .. } => ("unevaluatedItems", "has an item that is not declared".into()),
        Kind::AnyOf { .. } => ("anyOf", "matches none of the alternatives".into()),
        Kind::OneOfNotValid { .. } => ("oneOf", "matches none of the alternatives".into()),
        Kind::OneOfMultipleValid { .. } => ("oneOf", "matches more than one of the alternatives".into()),
        Kind::Pattern { .. } | Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            ("pattern", "does not match the pattern".into())
        }
        Kind::Constant { .. } => ("const", "is not the one value allowed".into()),
        Kind::Enum { .. } => ("enum", "is not one of the values allowed".into()),
        Kind::Contains => ("contains", "has not the items it must contain".into()),
        Kind::ContentEncoding { .. } | Kind::FromUtf8 { .. } => {
            ("contentEncoding", "is not encoded as declared".into())
        }
        Kind::ContentMediaType { .. } => ("contentMediaType", "is not of the declared media type".into()),
        Kind::Custom { .. } => ("custom", "is not valid".into()),
        Kind::FalseSchema => ("not", "must not be present".into()),
        Kind::Format { format } => ("format", format!("is not in the format `{format}`").into()),
        Kind::Not { .. } => ("not", "matches what it must not".into()),
        Kind::PropertyNames { .. } => {
            ("propertyNames", "has a property with a name that is not allowed".into())
        }
        Kind::Required { property } => {
            ("required", format!("lacks the property `{}`", property.as_str().unwrap_or_default()).into())
        }
        Kind::Type { kind } => ("type", format!("is not of type {}", types(kind)).into()),
        Kind::UniqueItems => ("uniqueItems", "has the same item more than once".into()),
        Kind::Referencing(_) => ("$ref", "is checked by a schema that cannot be resolved".into()),
        other => bound(other),
    }
}

/// Keyword and words of those that compare with a number.
fn bound(kind: &ValidationErrorKind) -> (&'static str, Cow<'static, str>) {
    use ValidationErrorKind as Kind;
    let (keyword, message) = match kind {
        Kind::Minimum { limit } => ("minimum", format!("is less than {limit}")),
        Kind::Maximum { limit } => ("maximum", format!("is more than {limit}")),
        Kind::ExclusiveMinimum { limit } => ("exclusiveMinimum", format!("is not more than {limit}")),
        Kind::ExclusiveMaximum { limit } => ("exclusiveMaximum", format!("is not less than {limit}")),
        Kind::MultipleOf { multiple_of } => ("multipleOf", format!("is not a multiple of {multiple_of}")),
        Kind::MinLength { limit } => ("minLength", format!("is shorter than {limit} characters")),
        Kind::MaxLength { limit } => ("maxLength", format!("is longer than {limit} characters")),
        Kind::MinItems { limit } => ("minItems", format!("has fewer than {limit} items")),
        Kind::MaxItems { limit } => ("maxItems", format!("has more than {limit} items")),
        Kind::MinProperties { limit } => ("minProperties", format!("has fewer than {limit} properties")),
        Kind::MaxProperties { limit } => ("maxProperties", format!("has more than {limit} properties")),
        _ => ("schema", "is not valid".to_owned()),
    };
    (keyword, message.into())
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => format!("`{kind}`"),
        TypeKind::Multiple(kinds) => {
            let names: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            names.join(" or ")
        }
    }
}
