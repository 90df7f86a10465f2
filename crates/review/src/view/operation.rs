//! Operations with their parameters, bodies and responses, references followed.

use spec::{Format, Spot};

use super::{Security, View};
use crate::words;

/// Callbacks within callbacks that are read.
const CALLBACKS_DEPTH_MAX: usize = 4;

/// Who sends the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// A caller: the operation stands under `paths`, or receives messages.
    Called,
    /// The API itself: a webhook, a callback, or an operation that sends messages.
    Calling,
}

impl Direction {
    /// That of an answer.
    pub(super) fn turned(self) -> Direction {
        match self {
            Direction::Called => Direction::Calling,
            Direction::Calling => Direction::Called,
        }
    }
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation<'l> {
    pub(crate) direction: Direction,
    /// Of a callback, the number of the operation that it is of, and its name there.
    pub(crate) within: Option<(usize, &'l str)>,
    /// In upper case; of messages `RECEIVE` or `SEND`.
    pub(crate) method: String,
    /// The path as it is written; of a callback, its expression; of a webhook, its name; of messages, the channel's address.
    pub(crate) path: &'l str,
    pub(crate) spot: Spot<'l>,
    /// The path item that it stands in.
    pub(crate) item: Spot<'l>,
    pub(crate) security: Security<'l>,
    /// Its own, then those of its path.
    pub(crate) parameters: Vec<Parameter<'l>>,
    /// What may be sent, by media type; messages are kept apart.
    pub(crate) body: Vec<Content<'l>>,
    pub(crate) responses: Vec<Response<'l>>,
    pub(crate) carried: Carried,
}

/// What an operation of messages carries, as places in [`super::Events::messages`]; nothing of OpenAPI.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// What is received or sent.
    pub(crate) messages: Vec<usize>,
    /// What is sent or received in answer to it.
    pub(crate) replies: Vec<usize>,
}

/// A parameter; of Swagger 2.0, none that is a body.
#[derive(Debug)]
pub(crate) struct Parameter<'l> {
    pub(crate) name: &'l str,
    /// Its `in`; of a channel, `address`, `query` or `header`.
    pub(crate) location: &'l str,
    pub(crate) spot: Spot<'l>,
    /// In Swagger 2.0 the parameter is its own schema.
    pub(crate) schema: Option<Spot<'l>>,
}

/// A body in one media type.
#[derive(Debug)]
pub(crate) struct Content<'l> {
    /// As it is written; empty where Swagger 2.0 does not say.
    pub(crate) media: &'l str,
    pub(crate) spot: Spot<'l>,
    pub(crate) schema: Option<Spot<'l>>,
}

/// What may be answered with one status.
#[derive(Debug)]
pub(crate) struct Response<'l> {
    /// `404`, `4XX` or `default`.
    pub(crate) status: &'l str,
    /// Where the operation lists it.
    pub(crate) listed: Spot<'l>,
    /// What its `$ref` leads to, or itself.
    pub(crate) spot: Spot<'l>,
    pub(crate) contents: Vec<Content<'l>>,
    pub(crate) headers: Vec<(&'l str, Spot<'l>)>,
}

impl<'l> Operation<'l> {
    /// Whether callers ask for it.
    pub(crate) fn is_called(&self) -> bool {
        self.direction == Direction::Called
    }

    /// Whether it is said to end: AsyncAPI has no word for it but an extension.
    pub(crate) fn is_deprecated(&self) -> bool {
        self.spot.is_true("deprecated") || self.spot.is_true("x-deprecated")
    }

    /// Whether it may change something: RFC 9110, section 9.2.1.
    pub(crate) fn is_unsafe(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
    }

    /// Whether its path takes the id of an object.
    pub(crate) fn is_on_object(&self) -> bool {
        let names = self.path.split('{').skip(1).filter_map(|after| after.split('}').next());
        names.into_iter().any(words::is_id)
    }

    /// Whether callers give it anything.
    pub(crate) fn is_given(&self) -> bool {
        !self.parameters.is_empty() || !self.body.is_empty()
    }

    /// Whether a body or an answer of it has a schema.
    pub(crate) fn is_described(&self) -> bool {
        let answers = self.responses.iter().flat_map(|response| &response.contents);
        self.body.iter().chain(answers).any(|content| !content.is_undescribed())
    }

    /// Whether it is a step of a flow of business that machines repeat: OWASP API6:2023.
    pub(crate) fn is_business_flow(&self) -> bool {
        let words = self.words();
        let is_admin = words.iter().any(|word| word == "admin");
        self.method == "POST" && !self.path.ends_with('}') && !is_admin && words::ends_in_flow(&words)
    }

    /// What may be answered with `status`, or with its class or by default where that is not listed.
    pub(crate) fn response(&self, status: &str) -> Option<&Response<'l>> {
        let class = status.get(..1).map(|digit| format!("{digit}XX"));
        let is = |wanted: &str| self.responses.iter().find(|known| known.status.eq_ignore_ascii_case(wanted));
        is(status).or_else(|| is(&class?)).or_else(|| is("default"))
    }

    /// Names the operation in a message.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it says when it ends: by `x-palisade`, an extension, or a header of its answers.
    pub(crate) fn says_when_it_ends(&self, view: &View<'l>) -> bool {
        let says =
            |(key, _): (&str, Spot<'_>)| key.starts_with("x-") && key.to_ascii_lowercase().contains("sunset");
        view.control(self, "lifecycle").is_some_and(|lifecycle| lifecycle.get("sunset").is_some())
            || self.spot.members().any(says)
            || self.responses.iter().any(|response| response.has_header("Sunset"))
    }

    /// The words of its path, in lower case and without parameters.
    pub(crate) fn words(&self) -> Vec<String> {
        let segments = self.path.split('/').filter(|segment| !segment.starts_with('{'));
        let words = segments.flat_map(|segment| segment.split(|c: char| !c.is_ascii_alphanumeric()));
        words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
    }
}

impl Content<'_> {
    /// Whether it is JSON, a form or XML.
    pub(crate) fn is_structured(&self) -> bool {
        let media = self.media.to_ascii_lowercase();
        let essence = media.split(';').next().unwrap_or_default().trim();
        ["json", "xml", "x-www-form-urlencoded", "form-data"].iter().any(|form| essence.ends_with(form))
    }

    /// Whether there is no schema, or one that says nothing.
    pub(crate) fn is_undescribed(&self) -> bool {
        self.schema.is_none_or(|schema| schema.node.is_object() && schema.node.is_empty())
    }
}

impl Response<'_> {
    /// Whether it is an answer of success.
    pub(crate) fn is_success(&self) -> bool {
        self.status.starts_with('2')
    }

    /// Whether it is an answer of failure, or stands for any.
    pub(crate) fn is_error(&self) -> bool {
        self.status.starts_with(['4', '5']) || self.status == "default"
    }

    /// Whether a header of this name is declared, in any case of letters.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

impl<'l> Parameter<'l> {
    pub(crate) fn is_required(&self) -> bool {
        self.spot.is_true("required")
    }

    /// The parameter at `spot`, references followed; nothing for what is none, or a body.
    pub(super) fn of(view: &View<'l>, spot: Spot<'l>) -> Option<Parameter<'l>> {
        let (name, location) = (spot.text("name")?, spot.text("in")?);
        let schema = match view.format {
            Format::Swagger20 if location == "body" => return None,
            Format::Swagger20 => Some(spot),
            _ => spot.get("schema").or_else(|| {
                let content = spot.members_of("content").next().map(|(_, content)| content);
                content.and_then(|content| view.follow(content)?.get("schema"))
            }),
        };
        Some(Parameter { name, location, spot, schema })
    }
}

impl<'l> View<'l> {
    pub(super) fn declared_operations(&self) -> Vec<Operation<'l>> {
        let mut operations = Vec::new();
        let of_root = Security::of(self.root).unwrap_or_default();
        for (path, item) in self.root.members_of("paths").filter(|(path, _)| path.starts_with('/')) {
            self.operations_of(Direction::Called, path, item, &of_root, &mut operations);
        }
        for (name, item) in self.root.members_of("webhooks") {
            self.operations_of(Direction::Calling, name, item, &Security::default(), &mut operations);
        }
        let mut from = 0;
        for _ in 0..CALLBACKS_DEPTH_MAX {
            let owners: Vec<(usize, Spot<'l>)> =
                operations.iter().map(|operation| operation.spot).enumerate().skip(from).collect();
            from = operations.len();
            for (owner, spot) in owners {
                for (name, callback) in spot.members_of("callbacks") {
                    self.callback((owner, name), callback, &mut operations);
                }
            }
        }
        operations
    }

    /// The operations of a callback of an operation.
    fn callback(&self, within: (usize, &'l str), callback: Spot<'l>, operations: &mut Vec<Operation<'l>>) {
        let before = operations.len();
        for (expression, item) in self.follow(callback).into_iter().flat_map(Spot::members) {
            self.operations_of(Direction::Calling, expression, item, &Security::default(), operations);
        }
        operations.iter_mut().skip(before).for_each(|operation| operation.within = Some(within));
    }

    fn operations_of(
        &self,
        direction: Direction,
        path: &'l str,
        item: Spot<'l>,
        inherited: &Security<'l>,
        operations: &mut Vec<Operation<'l>>,
    ) {
        let Some(item) = self.follow(item) else { return };
        let own = item.members().filter(|(key, _)| is_method(key));
        let additional = item.members_of("additionalOperations");
        for (method, spot) in own.chain(additional).filter(|(_, spot)| spot.node.is_object()) {
            operations.push(Operation {
                direction,
                within: None,
                method: method.to_ascii_uppercase(),
                path,
                spot,
                item,
                security: Security::of(spot).unwrap_or_else(|| inherited.clone()),
                parameters: self.parameters_of(spot, item),
                body: self.body_of(spot, item),
                responses: self.responses_of(spot),
                carried: Carried::default(),
            });
        }
    }

    /// Declared parameters with references followed, an operation's own before those of its path.
    fn declared(&self, operation: Spot<'l>, item: Spot<'l>) -> Vec<Spot<'l>> {
        let mut found: Vec<Spot<'l>> = Vec::new();
        let own = operation.items_of("parameters").chain(item.items_of("parameters"));
        for spot in own.filter_map(|spot| self.follow(spot)) {
            let same = |known: &Spot<'l>| {
                known.text("name") == spot.text("name") && known.text("in") == spot.text("in")
            };
            if !found.iter().any(same) {
                found.push(spot);
            }
        }
        found
    }

    fn parameters_of(&self, operation: Spot<'l>, item: Spot<'l>) -> Vec<Parameter<'l>> {
        let declared = self.declared(operation, item).into_iter();
        declared.filter_map(|spot| Parameter::of(self, spot)).collect()
    }

    fn body_of(&self, operation: Spot<'l>, item: Spot<'l>) -> Vec<Content<'l>> {
        if self.format == Format::Swagger20 {
            let mut declared = self.declared(operation, item).into_iter();
            let body = declared.find(|spot| spot.text("in") == Some("body"));
            let consumes = operation.get("consumes").or_else(|| self.root.get("consumes"));
            return body.map_or_else(Vec::new, |body| swagger_contents(body, consumes));
        }
        let body = operation.get("requestBody").and_then(|body| self.follow(body));
        body.map_or_else(Vec::new, |body| self.contents(body))
    }

    fn responses_of(&self, operation: Spot<'l>) -> Vec<Response<'l>> {
        let listed = operation.members_of("responses").filter(|(status, _)| !status.starts_with("x-"));
        let responses = listed.filter_map(|(status, listed)| {
            let spot = self.follow(listed)?;
            let contents = if self.format == Format::Swagger20 {
                swagger_contents(spot, operation.get("produces").or_else(|| self.root.get("produces")))
            } else {
                self.contents(spot)
            };
            let headers = spot.members_of("headers");
            let headers = headers.filter_map(|(name, header)| Some((name, self.follow(header)?)));
            Some(Response { status, listed, spot, contents, headers: headers.collect() })
        });
        responses.collect()
    }

    /// The media types of a body or response.
    pub(super) fn contents(&self, holder: Spot<'l>) -> Vec<Content<'l>> {
        if self.format == Format::Swagger20 {
            return swagger_contents(holder, None);
        }
        let contents = holder.members_of("content").filter_map(|(media, spot)| {
            let spot = self.follow(spot)?;
            Some(Content { media, spot, schema: spot.get("schema") })
        });
        contents.collect()
    }

    /// The schema of a header; in Swagger 2.0 it is its own.
    pub(crate) fn schema_of_header(&self, header: Spot<'l>) -> Option<Spot<'l>> {
        if self.format == Format::Swagger20 { Some(header) } else { header.get("schema") }
    }
}

fn swagger_contents<'l>(holder: Spot<'l>, medias: Option<Spot<'l>>) -> Vec<Content<'l>> {
    let Some(schema) = holder.get("schema") else { return Vec::new() };
    let content = |media| Content { media, spot: holder, schema: Some(schema) };
    let named: Vec<Content<'l>> = medias
        .into_iter()
        .flat_map(Spot::items)
        .filter_map(|media| media.node.as_str())
        .map(content)
        .collect();
    if named.is_empty() { vec![content("")] } else { named }
}

fn is_method(key: &str) -> bool {
    matches!(key, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace" | "query")
}
