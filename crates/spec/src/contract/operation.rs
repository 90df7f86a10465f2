//! Operations and their parameters, read from path items.

use http::Method;
use model::Severity;

use super::reader::Reader;
use super::server::base_paths;
use super::{Format, NodeRef, Operation, OperationIndex, Security, Server, security, swagger};
use crate::parameter::{Parameter, ParameterLocation, Shape, Spelling, Style, Types};
use crate::router::Template;
use crate::schema::{Direction, Validator};
use crate::source::Spot;

/// A path item that is being read.
pub(super) struct PathItem<'a, 'l> {
    pub(super) path: &'l str,
    /// Where it stands, for what it says beside a `$ref`.
    pub(super) own: Spot<'l>,
    /// What its `$ref` leads to, or itself.
    pub(super) item: Spot<'l>,
    pub(super) template: Option<&'a Template>,
    /// The servers of the whole document.
    pub(super) root_servers: &'a [Server],
}

impl<'l> PathItem<'_, 'l> {
    fn get(&self, key: &str) -> Option<Spot<'l>> {
        self.own.get(key).or_else(|| self.item.get(key))
    }

    /// Methods and operations, in document order.
    pub(super) fn operations(&self, format: Format) -> Vec<(Method, Spot<'l>)> {
        let mut found: Vec<(Method, Spot<'l>)> = Vec::new();
        let mut spots = vec![self.item];
        if !self.own.node.is(self.item.node) {
            spots.insert(0, self.own);
        }
        for (key, spot) in spots.iter().flat_map(|spot| spot.members()) {
            if key == "additionalOperations" && format >= Format::OpenApi32 {
                let named = spot.members().filter_map(|(name, spot)| Some((name.parse().ok()?, spot)));
                found.extend(named);
            } else if let Some(method) = method_of(key, format)
                && !found.iter().any(|(known, _)| *known == method)
            {
                found.push((method, spot));
            }
        }
        found
    }
}

/// The method that a member of a path item names.
fn method_of(key: &str, format: Format) -> Option<Method> {
    Some(match key {
        "get" => Method::GET,
        "put" => Method::PUT,
        "post" => Method::POST,
        "delete" => Method::DELETE,
        "options" => Method::OPTIONS,
        "head" => Method::HEAD,
        "patch" => Method::PATCH,
        "trace" if format > Format::Swagger20 => Method::TRACE,
        "query" if format >= Format::OpenApi32 => return "QUERY".parse().ok(),
        _ => return None,
    })
}

impl<'l> Reader<'_, 'l> {
    /// One operation of `item`.
    pub(super) fn operation(
        &mut self,
        id: OperationIndex,
        method: Method,
        item: &PathItem<'_, 'l>,
        spot: Spot<'l>,
    ) -> Operation {
        let declared = self.declared_parameters(item, spot);
        let mut parameters = Vec::new();
        let mut form = Vec::new();
        let mut request_body = None;
        for parameter in declared {
            match parameter.text("in") {
                Some("body") if self.format == Format::Swagger20 => {
                    request_body = Some(self.swagger_body(spot, parameter));
                }
                Some("formData") if self.format == Format::Swagger20 => form.push(parameter),
                _ => parameters.extend(self.parameter(item.template, parameter)),
            }
        }
        self.add_undeclared_captures(item, spot, &mut parameters);
        if let Some(body) = spot.get("requestBody").filter(|_| self.format > Format::Swagger20) {
            request_body = self.request_body(body);
        } else if request_body.is_none() {
            request_body = self.swagger_form(spot, &form);
        }
        let security = match self.security(spot, &self.schemes) {
            Security::Undeclared => self.security.clone(),
            own => own,
        };
        Operation {
            id,
            operation_id: Self::owned_text(spot, "operationId"),
            method,
            path: item.path.to_owned(),
            base_paths: self.base_paths_of(item, spot),
            parameters,
            request_body,
            responses: self.responses(spot),
            key_names: security::key_names(&security, &self.schemes),
            security,
            deprecated: spot.is_true("deprecated"),
            summary: Self::owned_text(spot, "summary"),
            tags: spot.items_of("tags").filter_map(|tag| tag.node.as_str().map(str::to_owned)).collect(),
            extension: spot.get("x-palisade").map(NodeRef::of),
            path_extension: item.get("x-palisade").map(NodeRef::of),
            position: self.source.position(spot),
        }
    }

    /// The servers of an operation are its own, or its path's, or the document's.
    fn base_paths_of(&self, item: &PathItem<'_, 'l>, operation: Spot<'l>) -> Vec<String> {
        let own = self.servers(operation);
        if !own.is_empty() {
            return base_paths(&own);
        }
        let of_path =
            item.get("servers").map(|_| self.servers(item.own)).filter(|servers| !servers.is_empty());
        let of_path = of_path.unwrap_or_else(|| self.servers(item.item));
        if of_path.is_empty() { base_paths(item.root_servers) } else { base_paths(&of_path) }
    }

    /// The parameters of the operation, then those of its path that it does not declare anew.
    fn declared_parameters(&self, item: &PathItem<'_, 'l>, operation: Spot<'l>) -> Vec<Spot<'l>> {
        let mut found: Vec<Spot<'l>> = Vec::new();
        let same =
            |a: Spot<'l>, b: Spot<'l>| a.text("name") == b.text("name") && a.text("in") == b.text("in");
        let mut lists = vec![(operation, operation.get("parameters"))];
        lists.push((item.own, item.own.get("parameters")));
        if !item.own.node.is(item.item.node) {
            lists.push((item.item, item.item.get("parameters")));
        }
        for (_, list) in lists {
            let of_list: Vec<Spot<'l>> =
                list.into_iter().flat_map(Spot::items).filter_map(|spot| self.source.follow(spot)).collect();
            let before = found.len();
            for parameter in of_list {
                let known = found.iter().position(|known| same(*known, parameter));
                if known.is_some_and(|at| at >= before) {
                    let message = "the parameter is declared twice, so this declaration is left out";
                    self.source.problem(Severity::Warning, parameter, message);
                } else if known.is_none() {
                    found.push(parameter);
                }
            }
        }
        found
    }

    fn parameter(&mut self, template: Option<&Template>, spot: Spot<'l>) -> Option<Parameter> {
        let left_out = |message: &str| {
            self.source.problem(Severity::Error, spot, format!("{message}, so it is left out"));
            None
        };
        let Some(name) = spot.text("name") else { return left_out("the parameter has no name") };
        let location = match spot.text("in") {
            Some("path") => ParameterLocation::Path,
            Some("query") => ParameterLocation::Query,
            Some("querystring") if self.format >= Format::OpenApi32 => ParameterLocation::QueryString,
            Some("header") => ParameterLocation::Header,
            Some("cookie") => ParameterLocation::Cookie,
            _ => return left_out("the parameter stands in no place that is known"),
        };
        // Those are the business of media types and security schemes; OpenAPI ignores them here.
        let reserved = ["accept", "content-type", "authorization"];
        if location == ParameterLocation::Header
            && self.format > Format::Swagger20
            && reserved.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
        {
            return None;
        }
        let capture = template.and_then(|template| template.parameters().position(|found| found == name));
        if location == ParameterLocation::Path && template.is_some() && capture.is_none() {
            self.source.problem(
                Severity::Warning,
                spot,
                format!("the path has no `{{{name}}}`, so it is left out"),
            );
            return None;
        }
        let (spelling, schema) = self.spelling(spot, location);
        let shape = schema.map_or(Shape::ANY, |schema| Shape::of(self.source, schema));
        let validator = match schema {
            Some(schema) if shape.types == Types::STRING => {
                self.definitions.text_validator(schema, Direction::Request)
            }
            Some(schema) => self.definitions.validator(schema, Direction::Request),
            None => Validator::ANYTHING,
        };
        Some(Parameter {
            name: name.to_owned(),
            location,
            required: location == ParameterLocation::Path || spot.is_true("required"),
            deprecated: spot.is_true("deprecated"),
            at: Some(NodeRef::of(spot)),
            capture,
            allow_empty: spot.is_true("allowEmptyValue") && location == ParameterLocation::Query,
            spelling,
            shape,
            validator,
        })
    }

    /// How a parameter is spelled, and its schema.
    fn spelling(&self, spot: Spot<'l>, location: ParameterLocation) -> (Spelling, Option<Spot<'l>>) {
        let plain = match location {
            ParameterLocation::Path | ParameterLocation::Header => Style::Simple,
            ParameterLocation::Query | ParameterLocation::QueryString | ParameterLocation::Cookie => {
                Style::Form
            }
        };
        if self.format == Format::Swagger20 {
            let (style, explode) = swagger::style_of(spot, plain);
            return (Spelling::Styled { style, explode }, Some(spot));
        }
        if let Some((media, content)) = spot.members_of("content").next() {
            let schema = self.source.follow(content).and_then(|content| content.get("schema"));
            let media = super::media::MediaType::parse(media);
            let is_form =
                media.as_ref().is_some_and(|media| media.essence == "application/x-www-form-urlencoded");
            return match media {
                Some(_) if is_form && location == ParameterLocation::QueryString => {
                    (Spelling::Styled { style: Style::Form, explode: true }, schema)
                }
                Some(media) if media.is_json() && location != ParameterLocation::QueryString => {
                    (Spelling::Json, schema)
                }
                _ => {
                    let message =
                        "parameters of this media type are not looked into; only their presence is checked";
                    self.source.problem(Severity::Warning, content, message);
                    (Spelling::Opaque, None)
                }
            };
        }
        let style = match spot.text("style") {
            None => plain,
            Some("simple") => Style::Simple,
            Some("label") => Style::Label,
            Some("matrix") => Style::Matrix,
            Some("form" | "cookie") => Style::Form,
            Some("spaceDelimited") => Style::SpaceDelimited,
            Some("pipeDelimited") => Style::PipeDelimited,
            Some("deepObject") => Style::DeepObject,
            Some(other) => {
                let message = format!("`{other}` is no style, so the parameter is read as if it had none");
                self.source.problem(Severity::Warning, spot, message);
                plain
            }
        };
        let explode = spot.get("explode").and_then(|explode| explode.node.as_bool());
        let explode = explode.unwrap_or(style == Style::Form);
        (Spelling::Styled { style, explode }, spot.get("schema"))
    }

    /// What the template names and nobody declares is some text.
    fn add_undeclared_captures(
        &self,
        item: &PathItem<'_, 'l>,
        operation: Spot<'l>,
        parameters: &mut Vec<Parameter>,
    ) {
        for (ordinal, name) in item.template.into_iter().flat_map(Template::parameters).enumerate() {
            if parameters.iter().any(|parameter| {
                parameter.capture == Some(ordinal) && parameter.location == ParameterLocation::Path
            }) {
                continue;
            }
            let message = format!("the path parameter `{name}` is not declared, so it may be any text");
            self.source.problem(Severity::Warning, operation, message);
            parameters.push(Parameter {
                name: name.to_owned(),
                location: ParameterLocation::Path,
                required: true,
                deprecated: false,
                at: None,
                capture: Some(ordinal),
                allow_empty: false,
                spelling: Spelling::Opaque,
                shape: Shape { types: Types::STRING, ..Shape::ANY },
                validator: Validator::ANYTHING,
            });
        }
    }
}
