//! How an instance fails its schema, in words that never repeat the instance.

use std::borrow::Cow;
use std::fmt;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::json::{Array as _, Node as _, Object as _};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::Instance;

/// Longest list of values that is repeated, in bytes.
const LISTED_BYTES_MAX: usize = 80;

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

/// The first thing found wrong. Nothing in it is taken from the message that was checked: neither values, nor names
/// that the schema does not declare, which a caller makes up. So it may be recorded as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the message it is.
    pub place: Place,
    /// The parameter or property of a form, as the document names it; `*` for one that it does not.
    pub name: Option<String>,
    /// JSON pointer into the body or the decoded value, with `*` for each member that the schema does not declare.
    pub pointer: String,
    /// The schema keyword that is not satisfied, or what stands for one: `required`, `type`, `style`, `syntax`,
    /// `contentType`, `limit`.
    pub keyword: &'static str,
    /// What must hold, as the end of a sentence that begins with the place.
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

    /// The words for `error`, found in the slot of `instance`, whose name begins its path.
    pub(super) fn from_error(error: &ValidationError<'_>, instance: Instance<'_>) -> Violation {
        let (pointer, found) = located(error, instance);
        let (keyword, mut message) = described(error.kind());
        if let (ValidationErrorKind::Type { .. }, Some(found)) = (error.kind(), found) {
            message = format!("{message}, is {}", type_name(found.json_type())).into();
        }
        Violation { pointer, ..Violation::new(Place::Body, keyword, message) }
    }
}

/// Where in `instance` the error is, in names that the schema declares, and what is there.
fn located<'i>(error: &ValidationError<'_>, instance: Instance<'i>) -> (String, Option<Instance<'i>>) {
    // The way that the evaluation took through the schema names every declared member on the way to the error.
    let mut taken = error.evaluation_path().as_str().split('/');
    let mut declared = Vec::new();
    while taken.by_ref().any(|keyword| keyword == "properties") {
        declared.extend(taken.next());
    }
    let mut pointer = String::new();
    let mut found = Some(instance);
    // The path begins with a slash and the slot.
    for step in error.instance_path().as_str().split('/').skip(2) {
        let items = found.and_then(|found| found.as_array());
        let is_shown = items.is_some() || declared.contains(&step);
        pointer.push('/');
        pointer.push_str(if is_shown { step } else { "*" });
        found = match items {
            Some(items) => step.parse().ok().and_then(|index| items.elements().nth(index)),
            None => found.and_then(|found| member(found, step)),
        };
    }
    (pointer, found)
}

/// The member of an object that `step`, a piece of a JSON pointer (RFC 6901 section 3), names.
fn member<'i>(object: Instance<'i>, step: &str) -> Option<Instance<'i>> {
    let name = step.replace("~1", "/").replace("~0", "~");
    object.as_object()?.members().find(|(known, _)| *known == name).map(|(_, value)| value)
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
        f.write_str(": ")?;
        if !self.pointer.is_empty() {
            write!(f, "`{}` ", self.pointer)?;
        }
        f.write_str(&self.message)
    }
}

/// Keyword and words. Limits and names come from the schema; nothing comes from the instance.
fn described(kind: &ValidationErrorKind) -> (&'static str, Cow<'static, str>) {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::AdditionalItems { limit } => ("items", format!("must have at most {limit} items").into()),
        Kind::AdditionalProperties { .. } => {
            ("additionalProperties", "must have no property that is not declared".into())
        }
        Kind::UnevaluatedProperties { .. } => {
            ("unevaluatedProperties", "must have no property that is not declared".into())
        }
        Kind::UnevaluatedItems { .. } => {
            ("unevaluatedItems", "must have no item that is not declared".into())
        }
        Kind::AnyOf { .. } => ("anyOf", "must match one of the alternatives at least".into()),
        Kind::OneOfNotValid { .. } => ("oneOf", "must match one of the alternatives, matches none".into()),
        Kind::OneOfMultipleValid { .. } => {
            ("oneOf", "must match one of the alternatives, matches several".into())
        }
        Kind::Pattern { .. } | Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            ("pattern", "must match the pattern".into())
        }
        Kind::Constant { .. } => ("const", "must be the one value that is allowed".into()),
        Kind::Enum { options } => ("enum", listed(options)),
        Kind::Contains => ("contains", "must contain the items that are asked for".into()),
        Kind::ContentEncoding { .. } | Kind::FromUtf8 { .. } => {
            ("contentEncoding", "must be encoded as declared".into())
        }
        Kind::ContentMediaType { .. } => ("contentMediaType", "must be of the declared media type".into()),
        Kind::Custom { .. } => ("custom", "must be valid".into()),
        Kind::FalseSchema => ("not", "must not be present".into()),
        Kind::Format { format } => ("format", format!("must be in the format `{format}`").into()),
        Kind::Not { .. } => ("not", "must not match what is excluded".into()),
        Kind::PropertyNames { .. } => {
            ("propertyNames", "must have no property with a name that is not allowed".into())
        }
        Kind::Required { property } => {
            ("required", format!("must have the property `{}`", property.as_str().unwrap_or_default()).into())
        }
        Kind::Type { kind } => ("type", format!("must be {}", types(kind)).into()),
        Kind::UniqueItems => ("uniqueItems", "must not have the same item more than once".into()),
        Kind::Referencing(_) => ("$ref", "cannot be checked, for its schema cannot be resolved".into()),
        other => bound(other),
    }
}

/// Keyword and words of those that compare with a number.
fn bound(kind: &ValidationErrorKind) -> (&'static str, Cow<'static, str>) {
    use ValidationErrorKind as Kind;
    let (keyword, message) = match kind {
        Kind::Minimum { limit } => ("minimum", format!("must be at least {limit}")),
        Kind::Maximum { limit } => ("maximum", format!("must be at most {limit}")),
        Kind::ExclusiveMinimum { limit } => ("exclusiveMinimum", format!("must be more than {limit}")),
        Kind::ExclusiveMaximum { limit } => ("exclusiveMaximum", format!("must be less than {limit}")),
        Kind::MultipleOf { multiple_of } => ("multipleOf", format!("must be a multiple of {multiple_of}")),
        Kind::MinLength { limit } => ("minLength", format!("must have at least {limit} characters")),
        Kind::MaxLength { limit } => ("maxLength", format!("must have at most {limit} characters")),
        Kind::MinItems { limit } => ("minItems", format!("must have at least {limit} items")),
        Kind::MaxItems { limit } => ("maxItems", format!("must have at most {limit} items")),
        Kind::MinProperties { limit } => ("minProperties", format!("must have at least {limit} properties")),
        Kind::MaxProperties { limit } => ("maxProperties", format!("must have at most {limit} properties")),
        _ => ("schema", "must be valid".to_owned()),
    };
    (keyword, message.into())
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => type_name(*kind).to_owned(),
        TypeKind::Multiple(kinds) => kinds.iter().map(type_name).collect::<Vec<_>>().join(" or "),
    }
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}

/// Values that a schema lists, where they are few.
fn listed(options: &Value) -> Cow<'static, str> {
    let text = options.to_string();
    match text.len() <= LISTED_BYTES_MAX {
        true => format!("must be one of {text}").into(),
        false => "must be one of the values that are allowed".into(),
    }
}
