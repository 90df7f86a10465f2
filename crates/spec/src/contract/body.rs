//! Request bodies by media type.

use model::Severity;

use super::NodeRef;
use super::media::{MediaRange, MediaType};
use super::reader::Reader;
use crate::form::{Encoding, Form};
use crate::json::{self, JsonLimits};
use crate::multipart::{self, MultipartLimits};
use crate::parameter::{Shape, Style, Types, ValueType};
use crate::query::{PAIRS_MAX, Query};
use crate::schema::{Direction, Instance, Place, Validator, Violation};
use crate::source::Spot;
use crate::tree::Node;

/// The body that an operation takes.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether a request must have one.
    pub required: bool,
    /// What it may be, in document order.
    pub content: Vec<Content>,
    /// Where it is declared.
    pub at: NodeRef,
}

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct Content {
    /// The media type or range.
    pub media: MediaRange,
    /// Checks JSON and text.
    pub validator: Validator,
    /// Where the schema says that URLs stand, not very deep inside: names of members, `*` for any item or member.
    pub urls: Vec<Vec<String>>,
    /// The members of an object that the schema names.
    pub members: Vec<String>,
    /// The one type that the schema gives the body, if it gives one.
    pub value_type: Option<ValueType>,
    pub(crate) form: Option<Form>,
}

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// JSON, whatever the media type is called.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// `text/…`, of which only the whole is checked.
    Text,
    /// Everything else: it is not looked into.
    Opaque,
}

/// How large the insides of a body may be.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Of JSON.
    pub json: JsonLimits,
    /// Pairs of an urlencoded form.
    pub pairs_max: usize,
    /// Of multipart forms.
    pub multipart: MultipartLimits,
}

impl Default for BodyLimits {
    fn default() -> Self {
        BodyLimits {
            json: JsonLimits::default(),
            pairs_max: PAIRS_MAX,
            multipart: MultipartLimits::default(),
        }
    }
}

/// A declared media type that the `Content-Type` of a request met.
#[derive(Debug)]
pub struct Accepted<'c, 't> {
    /// What was met.
    pub content: &'c Content,
    /// How the body is read.
    pub kind: BodyKind,
    media: MediaType<'t>,
}

impl Content {
    pub(super) fn new(media: MediaRange, validator: Validator, shape: &Shape) -> Content {
        let members = shape.properties.keys().cloned().collect();
        let value_type = ValueType::of(shape);
        Content { media, validator, urls: shape.urls(), members, value_type, form: None }
    }
}

impl RequestBody {
    /// The declared content that covers `content_type`, the most closely of several.
    ///
    /// # Errors
    /// `content_type` cannot be read, is not declared, or has a character set in which we cannot read the body.
    pub fn accepted<'t>(&self, content_type: &'t str) -> Result<Accepted<'_, 't>, Violation> {
        let violation = |message: &'static str| Violation::new(Place::Body, "contentType", message);
        let media =
            MediaType::parse(content_type).ok_or_else(|| violation("the content type is malformed"))?;
        let covering = self.content.iter().filter_map(|content| {
            content.media.closeness(&media.essence).map(|closeness| (closeness, content))
        });
        // Of two that are as close the first is taken.
        let closest = covering.reduce(|best, other| if other.0 > best.0 { other } else { best });
        let (_, content) = closest.ok_or_else(|| violation("the content type is not declared"))?;
        let kind = kind_of(&media);
        let is_utf8 = |charset: &str| {
            ["utf-8", "utf8", "us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name))
        };
        if kind != BodyKind::Opaque && media.charset.as_deref().is_some_and(|charset| !is_utf8(charset)) {
            return Err(violation("the body is not in UTF-8"));
        }
        Ok(Accepted { content, kind, media })
    }

    /// Checks a body as a whole: that there is one where there must be, its media type, its syntax and its schema.
    ///
    /// # Errors
    /// The first violation.
    pub fn check(
        &self,
        content_type: Option<&str>,
        bytes: &[u8],
        limits: &BodyLimits,
    ) -> Result<(), Violation> {
        match content_type {
            _ if bytes.is_empty() && self.required => {
                Err(Violation::new(Place::Body, "required", "the body is missing"))
            }
            _ if bytes.is_empty() => Ok(()),
            None => Err(Violation::new(Place::Body, "contentType", "the content type is missing")),
            Some(content_type) => self.accepted(content_type)?.check(bytes, limits),
        }
    }
}

impl Accepted<'_, '_> {
    /// Checks parsed JSON.
    ///
    /// # Errors
    /// The first violation.
    pub fn check_json(&self, node: Node<'_>) -> Result<(), Violation> {
        self.content.validator.check(node)
    }

    /// Checks a body of any kind.
    ///
    /// # Errors
    /// The first violation.
    pub fn check(&self, bytes: &[u8], limits: &BodyLimits) -> Result<(), Violation> {
        let violation = |keyword, message: &'static str| Violation::new(Place::Body, keyword, message);
        match self.kind {
            BodyKind::Opaque => Ok(()),
            BodyKind::Json => match json::parse(bytes, &limits.json) {
                Ok(json) => self.check_json(json.root()),
                Err(error) if error.kind.is_limit() => Err(violation("limit", error.kind.as_str())),
                Err(error) => Err(violation("syntax", error.kind.as_str())),
            },
            BodyKind::Text => {
                let text =
                    std::str::from_utf8(bytes).or(Err(violation("syntax", "the body is not UTF-8")))?;
                self.content.validator.check_instance(Instance::Text(text))
            }
            BodyKind::Form => {
                let text =
                    std::str::from_utf8(bytes).or(Err(violation("syntax", "the body is not UTF-8")))?;
                let pairs = Query::parse(text, limits.pairs_max);
                let pairs = pairs.map_err(|fault| violation("syntax", fault.as_str()))?;
                self.content.form.as_ref().map_or(Ok(()), |form| form.check_pairs(&pairs))
            }
            BodyKind::Multipart => {
                let boundary = self.media.boundary.as_deref().unwrap_or_default();
                let parts = multipart::parse(bytes, boundary, &limits.multipart).map_err(|fault| {
                    violation(if fault.is_limit() { "limit" } else { "syntax" }, fault.as_str())
                })?;
                self.content.form.as_ref().map_or(Ok(()), |form| form.check_parts(&parts))
            }
        }
    }
}

fn kind_of(media: &MediaType<'_>) -> BodyKind {
    match &*media.essence {
        _ if media.is_json() => BodyKind::Json,
        "application/x-www-form-urlencoded" => BodyKind::Form,
        "multipart/form-data" => BodyKind::Multipart,
        essence if essence.starts_with("text/") && essence != "text/xml" => BodyKind::Text,
        _ => BodyKind::Opaque,
    }
}

impl<'l> Reader<'_, 'l> {
    /// The body in the `requestBody` of an operation.
    pub(super) fn request_body(&mut self, body: Spot<'l>) -> Option<RequestBody> {
        let at = NodeRef::of(body);
        let body = self.source.follow(body)?;
        let mut content = Vec::new();
        for (media, spot) in body.members_of("content") {
            let Some(range) = MediaRange::parse(media) else {
                let message = format!("`{media}` is not a media type, so it is left out");
                self.source.problem(Severity::Warning, spot, message);
                continue;
            };
            content.extend(self.source.follow(spot).map(|spot| self.content(range, spot)));
        }
        if body.get("content").is_none() {
            self.source.problem(
                Severity::Error,
                body,
                "the request body has no `content`, so none is accepted",
            );
        }
        Some(RequestBody { required: body.is_true("required"), content, at })
    }

    fn content(&mut self, media: MediaRange, content: Spot<'l>) -> Content {
        let Some(schema) = content.get("schema") else {
            return Content::new(media, Validator::ANYTHING, &Shape::ANY);
        };
        let shape = Shape::of(self.source, schema);
        // A body of bytes is no string that a schema could look at.
        let is_bytes = shape.binary && shape.types.scalars() == shape.types;
        let validator = match is_bytes {
            true => Validator::ANYTHING,
            false => self.definitions.validator(schema, Direction::Request),
        };
        let may_be_form = ["application/x-www-form-urlencoded", "multipart/form-data"]
            .iter()
            .any(|essence| media.closeness(essence).is_some());
        let said = Content::new(media, validator.clone(), &shape);
        let form = may_be_form.then(|| Form {
            encodings: content
                .members_of("encoding")
                .map(|(name, spot)| (name.to_owned(), encoding(spot)))
                .collect(),
            shape,
            validator,
        });
        Content { form, ..said }
    }

    /// The body that a parameter in `body` of Swagger 2.0 declares.
    pub(super) fn swagger_body(&mut self, operation: Spot<'l>, parameter: Spot<'l>) -> RequestBody {
        let (validator, shape) = match parameter.get("schema") {
            Some(schema) => {
                (self.definitions.validator(schema, Direction::Request), Shape::of(self.source, schema))
            }
            None => (Validator::ANYTHING, Shape::ANY),
        };
        let mut ranges = self.media_list(operation, "consumes");
        if ranges.is_empty() {
            ranges.extend(MediaRange::parse("application/json"));
        }
        let content = ranges.into_iter().map(|media| Content::new(media, validator.clone(), &shape));
        RequestBody {
            required: parameter.is_true("required"),
            content: content.collect(),
            at: NodeRef::of(parameter),
        }
    }

    /// The form that the parameters in `formData` of Swagger 2.0 make up.
    pub(super) fn swagger_form(
        &mut self,
        operation: Spot<'l>,
        parameters: &[Spot<'l>],
    ) -> Option<RequestBody> {
        let first = *parameters.first()?;
        let mut form = Form {
            shape: Shape { types: Types::OBJECT, ..Shape::ANY },
            encodings: std::collections::BTreeMap::new(),
            validator: Validator::ANYTHING,
        };
        let mut properties = serde_json::Map::new();
        let mut required = Vec::new();
        for parameter in parameters {
            let Some(name) = parameter.text("name") else { continue };
            let shape = Shape::of(self.source, *parameter);
            let schema = match shape.binary {
                true => serde_json::Value::Bool(true),
                false => self.definitions.reference(*parameter, Direction::Request),
            };
            properties.insert(name.to_owned(), schema);
            form.shape.properties.insert(name.to_owned(), shape);
            let (style, explode) = super::swagger::style_of(*parameter, Style::Form);
            form.encodings.insert(name.to_owned(), Encoding { style, explode, media: Vec::new() });
            if parameter.is_true("required") {
                required.push(name);
            }
        }
        let is_required = !required.is_empty();
        let has_file = parameters.iter().any(|parameter| parameter.text("type") == Some("file"));
        let schema = serde_json::json!({ "type": "object", "properties": properties, "required": required });
        form.validator = self.definitions.composed(schema, first);
        let fallback = if has_file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        let mut ranges = self.media_list(operation, "consumes");
        ranges.retain(|range| {
            ["application/x-www-form-urlencoded", "multipart/form-data"].contains(&range.as_str())
        });
        if ranges.is_empty() {
            ranges.extend(MediaRange::parse(fallback));
        }
        let content = ranges.into_iter().map(|media| {
            let said = Content::new(media, form.validator.clone(), &form.shape);
            Content { form: Some(form.clone()), ..said }
        });
        Some(RequestBody { required: is_required, content: content.collect(), at: NodeRef::of(first) })
    }
}

fn encoding(spot: Spot<'_>) -> Encoding {
    let style = match spot.text("style") {
        Some("spaceDelimited") => Style::SpaceDelimited,
        Some("pipeDelimited") => Style::PipeDelimited,
        Some("deepObject") => Style::DeepObject,
        _ => Style::Form,
    };
    let explode = spot.get("explode").and_then(|spot| spot.node.as_bool()).unwrap_or(style == Style::Form);
    let listed = spot.text("contentType").unwrap_or_default();
    let media = listed.split(',').filter_map(|media| MediaRange::parse(media.trim())).collect();
    Encoding { style, explode, media }
}
