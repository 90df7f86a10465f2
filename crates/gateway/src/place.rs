//! A place of a request that a user names, and what stands there: a parameter, a field, a value in the body.

use std::borrow::Cow;

use http::HeaderName;
use model::Severity;
use schemars::JsonSchema;
use serde::Deserialize;
use smallvec::SmallVec;
use spec::{Node, Operation, PAIRS_MAX, ParameterLocation, Query, Template};

use crate::build::Build;
use crate::content;
use crate::policy::{Body, Context};

/// One place of a request: exactly one of these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) struct Place {
    /// A parameter of the path.
    #[serde(default)]
    pub(crate) path: Option<String>,
    /// A parameter of the query.
    #[serde(default)]
    pub(crate) query: Option<String>,
    /// A header field.
    #[serde(default)]
    pub(crate) header: Option<String>,
    /// JSON pointer into the body, `*` for any item or member; of a form, `/` and the name of a field.
    #[serde(default)]
    pub(crate) body: Option<String>,
}

/// A place that an operation declares.
#[derive(Debug)]
pub(crate) enum Source {
    /// The ordinal of the parameter in the path template.
    Path(usize),
    /// The name of the parameter.
    Query(String),
    /// The name of the field.
    Header(HeaderName),
    /// The segments of the pointer.
    Body(Vec<String>),
}

/// A body that places are looked up in.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made once a body; a box would cost each an allocation")]
pub(crate) enum Content<'a> {
    Json(Node<'a>),
    Form(Query<'a>),
}

/// What stands in some place of a request.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    /// Every value there; nothing for one that is neither text nor a number.
    pub(crate) values: SmallVec<[Option<Cow<'a, str>>; 2]>,
    /// Whether something is not there that should be.
    pub(crate) is_partial: bool,
    /// Several values there are a list, rather than one that is said several times.
    pub(crate) is_list: bool,
}

impl Place {
    /// As it is spoken of.
    pub(crate) fn in_words(&self) -> String {
        let Place { path, query, header, body } = self;
        let places = [(path, "path"), (query, "query"), (header, "head"), (body, "body")];
        let named = places.iter().find_map(|(name, place)| Some((name.as_deref()?, place)));
        named.map_or_else(String::new, |(name, place)| format!("`{name}` of the {place}"))
    }

    /// Where it is in requests to `operation`; what the contract does not have there is a problem.
    pub(crate) fn source(self, build: &mut Build<'_>, operation: &Operation) -> Option<Source> {
        let declares = |location, name: &str| {
            operation.parameters_in(location).any(|parameter| match location {
                ParameterLocation::Header => parameter.name.eq_ignore_ascii_case(name),
                _ => parameter.name == name,
            })
        };
        let found = match self {
            Place { path: Some(name), query: None, header: None, body: None } => {
                let template = Template::parse(&operation.path).ok();
                let ordinal = template.and_then(|path| path.parameters().position(|known| known == name));
                ordinal.map(Source::Path).ok_or(format!("the path has no parameter `{name}`"))
            }
            Place { path: None, query: Some(name), header: None, body: None } => {
                match declares(ParameterLocation::Query, &name) {
                    true => Ok(Source::Query(name)),
                    false => Err(format!("no parameter `{name}` is declared in the query")),
                }
            }
            Place { path: None, query: None, header: Some(name), body: None } => {
                match (declares(ParameterLocation::Header, &name), HeaderName::try_from(&name)) {
                    (true, Ok(name)) => Ok(Source::Header(name)),
                    _ => Err(format!("no header field `{name}` is declared")),
                }
            }
            Place { path: None, query: None, header: None, body: Some(pointer) } => {
                in_body(operation, &pointer)
            }
            _ => Err("a place is one of `path`, `query`, `header` and `body`".to_owned()),
        };
        match found {
            Ok(source) => Some(source),
            Err(message) => {
                let message = format!("{message}: `{} {}`", operation.method, operation.path);
                build.problem(Severity::Error, message, "name a place that the operation declares");
                None
            }
        }
    }
}

fn in_body(operation: &Operation, pointer: &str) -> Result<Source, String> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(format!("`{pointer}` is no pointer into the body, which begins with `/`"));
    };
    let path: Vec<String> =
        rest.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect();
    let contents = operation.request_body.iter().flat_map(|body| &body.content);
    let mut bodies = contents
        .filter(|content| {
            let is = |media_type| content.media.closeness(media_type).is_some();
            is("application/json") || is(content::FORM) || content::is_json(content.media.as_str())
        })
        .peekable();
    if bodies.peek().is_none() {
        return Err(format!("`{pointer}` points into a body, and neither JSON nor a form is declared"));
    }
    // A schema that names no members has nothing to say of them; an index or `*` is not one.
    let first = path.first().map(String::as_str).unwrap_or_default();
    let is_item = first == "*" || first.bytes().all(|byte| byte.is_ascii_digit());
    let declares = |content: &spec::Content| {
        content.members.is_empty() || content.members.iter().any(|member| member == first)
    };
    match is_item || bodies.any(declares) {
        true => Ok(Source::Body(path)),
        false => Err(format!("the body declares no member `{first}`")),
    }
}

impl<'a> Content<'a> {
    /// What stands in `body`.
    ///
    /// # Errors
    /// Why nothing can be told: it is neither JSON nor a form, or not what it says it is.
    pub(crate) fn of(body: &'a Body<'_>) -> Result<Content<'a>, &'static str> {
        if body.is_json() {
            return match body.json() {
                Ok(json) => Ok(Content::Json(json.root())),
                Err(error) => Err(error.kind.as_str()),
            };
        }
        if body.media_type != content::FORM {
            return Err("is neither JSON nor a form");
        }
        let text = std::str::from_utf8(body.bytes).ok().ok_or("is not UTF-8")?;
        Query::parse(text, PAIRS_MAX).map(Content::Form).map_err(|fault| fault.as_str())
    }
}

impl Source {
    /// Whether it is only there once the body is.
    pub(crate) fn is_in_body(&self) -> bool {
        matches!(self, Source::Body(_))
    }

    /// Everything that stands there, escapes decoded.
    pub(crate) fn found<'a>(
        &self,
        cx: &Context<'a>,
        query: &Query<'a>,
        body: Option<&Content<'a>>,
    ) -> Found<'a> {
        let mut found = Found::default();
        match self {
            Source::Path(ordinal) => {
                found.values.extend(cx.captures.get(*ordinal).map(|text| spec::decoded(text).ok()));
            }
            Source::Query(name) => found.values.extend(query.values(name).map(decoded)),
            Source::Header(name) => found.values.extend(cx.headers.get_all(name).iter().map(|value| {
                let text = std::str::from_utf8(value.as_bytes()).ok();
                text.map(|text| Cow::Borrowed(text.trim_matches([' ', '\t'])))
            })),
            Source::Body(path) => match (body, path.as_slice()) {
                (Some(Content::Json(root)), path) => {
                    found.is_list = true;
                    collect(*root, path, &mut found);
                }
                (Some(Content::Form(form)), [name]) => found.values.extend(form.values(name).map(decoded)),
                _ => found.is_partial = true,
            },
        }
        found
    }
}

/// A value of a query or of a form, its escapes decoded.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    spec::decoded_form(text).ok()
}

/// Adds what `path` leads to. As deep as the path is long.
fn collect<'a>(node: Node<'a>, path: &[String], found: &mut Found<'a>) {
    let Some((first, rest)) = path.split_first() else {
        return found.values.push(node.as_str().or(node.number()).map(Cow::Borrowed));
    };
    if !node.is_array() && !node.is_object() {
        return found.values.push(None);
    }
    if first == "*" {
        let members = node.entries().map(|entry| entry.value);
        return node.items().chain(members).for_each(|inside| collect(inside, rest, found));
    }
    match node.get(first).or_else(|| node.items().nth(first.parse().ok()?)) {
        Some(inside) => collect(inside, rest, found),
        None => found.is_partial = true,
    }
}
