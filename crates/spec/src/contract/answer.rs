//! Checks of answers: compiled only for those who ask, since most contracts have more answers than requests.

use http::HeaderMap;
use model::Problem;

use super::body::{Content, RequestBody};
use super::{Accepted, Contract, Format, NodeRef, Response};
use crate::declared::{Declarations, Declared};
use crate::parameter::{Parameter, ParameterLocation, RequestView, Shape, Spelling, Style, Types};
use crate::query::Query;
use crate::reference::Library;
use crate::schema::{Definitions, Dialect, Direction, Validator, Violation};
use crate::source::{Source, Spot};

/// What one declared answer is held against.
#[derive(Debug, Clone)]
pub struct AnswerCheck {
    body: RequestBody,
    headers: Vec<Parameter>,
    /// The members that each content declares, in the order of the contents.
    declared: Vec<Declared>,
}

/// Compiles the schemas of every answer of `contract`, which was compiled from `library`: a `writeOnly` property is never
/// valid in one, a `readOnly` property is. Until then nothing that is asked of [`Response::check`] can be answered.
pub fn compile_answers(library: &Library, contract: &mut Contract) -> Vec<Problem> {
    let source = Source::new(library);
    let dialect = if contract.format >= Format::OpenApi31 { Dialect::Draft202012 } else { Dialect::Draft4 };
    let mut definitions = Definitions::new(&source, dialect);
    let mut declarations = Declarations::new(&source, dialect);
    for response in contract.operations.iter_mut().flat_map(|operation| &mut operation.responses) {
        let check = answer_check(library, &source, (&mut definitions, &mut declarations), response);
        response.check = Some(check);
    }
    definitions.compile();
    let table = declarations.finish();
    for response in contract.operations.iter_mut().flat_map(|operation| &mut operation.responses) {
        for declared in response.check.iter_mut().flat_map(|check| &mut check.declared) {
            declared.attach(&table);
        }
    }
    source.into_problems()
}

fn answer_check<'l>(
    library: &'l Library,
    source: &Source<'l>,
    (definitions, declarations): (&mut Definitions<'_, 'l>, &mut Declarations<'_, 'l>),
    response: &Response,
) -> AnswerCheck {
    let spot = |at: NodeRef| {
        let document = library.document(at.document)?;
        Some(Spot { document: at.document, node: document.node(at.node) })
    };
    let mut check = AnswerCheck {
        body: RequestBody { required: false, content: Vec::new(), at: NodeRef { document: 0, node: 0 } },
        headers: Vec::new(),
        declared: Vec::new(),
    };
    for content in &response.content {
        let schema = content.schema.and_then(spot);
        let validator = schema.map_or(Validator::ANYTHING, |schema| {
            let shape = Shape::of(source, schema);
            match shape.binary && shape.types.scalars() == shape.types {
                true => Validator::ANYTHING,
                false => definitions.validator(schema, Direction::Response),
            }
        });
        check.declared.push(schema.map_or(Declared::ANYTHING, |schema| declarations.of(schema)));
        check.body.content.push(Content::new(content.media.clone(), validator, &Shape::ANY));
    }
    for header in &response.headers {
        let schema = header.schema.and_then(spot);
        let shape = schema.map_or(Shape::ANY, |schema| Shape::of(source, schema));
        let validator = match schema {
            Some(schema) if shape.types == Types::STRING => {
                definitions.text_validator(schema, Direction::Response)
            }
            Some(schema) => definitions.validator(schema, Direction::Response),
            None => Validator::ANYTHING,
        };
        check.headers.push(Parameter {
            name: header.name.clone(),
            location: ParameterLocation::Header,
            required: header.required,
            deprecated: false,
            at: None,
            capture: None,
            allow_empty: false,
            spelling: Spelling::Styled { style: Style::Simple, explode: false },
            shape,
            validator,
        });
    }
    check
}

impl AnswerCheck {
    /// Checks every declared header field but `Content-Type`, of which `content` speaks (OpenAPI 3.1, Response Object).
    ///
    /// # Errors
    /// The first violation, in document order.
    pub fn check_headers(&self, headers: &HeaderMap) -> Result<(), Violation> {
        let query = Query::parse("", 0).unwrap_or_default();
        let view = RequestView { captures: &[], query: &query, headers };
        let declared = self.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("content-type"));
        declared.into_iter().try_for_each(|header| header.check(&view))
    }

    /// Whether the answer may have a body at all.
    pub fn has_content(&self) -> bool {
        !self.body.content.is_empty()
    }

    /// The declared content that covers `content_type`, the most closely of several.
    ///
    /// # Errors
    /// As [`RequestBody::accepted`].
    pub fn accepted<'t>(&self, content_type: &'t str) -> Result<Accepted<'_, 't>, Violation> {
        self.body.accepted(content_type)
    }

    /// The members that the content which covers `content_type` declares.
    pub fn declared(&self, content_type: &str) -> Option<&Declared> {
        let accepted = self.accepted(content_type).ok()?;
        let place = self.body.content.iter().position(|content| std::ptr::eq(content, accepted.content))?;
        self.declared.get(place)
    }

    /// Whether some content has a schema that says something.
    pub fn says_something(&self) -> bool {
        self.body.content.iter().any(|content| !content.validator.accepts_anything())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, StatusCode};

    use super::*;
    use crate::contract::{BodyLimits, compile};
    use crate::document::{Document, Limits};

    const PATHS: &str = "
  /users/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200':
          description: ok
          headers: {X-Total: {required: true, schema: {type: integer, minimum: 0}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}
        4XX: {description: bad, content: {application/problem+json: {schema: {type: object, required: [title]}}}}
        default: {description: other}
components:
  schemas:
    User:
      type: object
      required: [id, password, name]
      properties:
        id: {type: integer, readOnly: true}
        password: {type: string, writeOnly: true}
        name: {type: string}
        manager: {$ref: '#/components/schemas/User'}
        tags: {type: array, items: {allOf: [{type: object, properties: {a: {}}}, {type: object, properties: {b: {}}}]}}
        extra: {type: object, properties: {a: {}}, additionalProperties: {type: object, properties: {c: {}}}}
        free: {type: object}
";

    fn contract() -> Contract {
        let text = format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:{PATHS}");
        let document = Document::parse("api.yaml", text, &Limits::default()).0;
        let library = Library::of(document);
        let (mut contract, problems) = compile(&library);
        assert_eq!(problems, []);
        assert!(contract.operations[0].responses[0].check.is_none());
        assert_eq!(compile_answers(&library, &mut contract), []);
        contract
    }

    /// The status, header lines, an empty line and the body.
    fn judged(contract: &Contract, answer: &str) -> String {
        let (head, body) = answer.split_once("\n\n").unwrap_or((answer, ""));
        let mut lines = head.lines();
        let status = StatusCode::from_bytes(lines.next().unwrap().as_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let Some(response) = contract.operations[0].response(status) else { return "undeclared".to_owned() };
        let check = response.check.as_ref().unwrap();
        if let Err(violation) = check.check_headers(&headers) {
            return violation.to_string();
        }
        let Some(content_type) = headers.get("content-type") else {
            return if check.has_content() { "no content type".to_owned() } else { "ok".to_owned() };
        };
        let checked = check
            .accepted(content_type.to_str().unwrap())
            .and_then(|accepted| accepted.check(body.as_bytes(), &BodyLimits::default()));
        checked.map_or_else(|violation| violation.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn answers_are_held_against_what_their_status_declares() {
        let contract = contract();
        for (answer, expected) in [
            ("200\nx-total: 1\ncontent-type: application/json\n\n{\"id\":1,\"name\":\"a\"}", "ok"),
            (
                "200\nx-total: -1\ncontent-type: application/json\n\n{}",
                "header `X-Total`: must be at least 0",
            ),
            ("200\ncontent-type: application/json\n\n{}", "header `X-Total`: is missing"),
            ("200\nx-total: 1\ncontent-type: text/html\n\n<p>", "body: the content type is not declared"),
            ("404\ncontent-type: application/problem+json\n\n{\"title\":\"no\"}", "ok"),
            ("503", "ok"),
        ] {
            assert_eq!(judged(&contract, answer), expected, "{answer}");
        }
    }

    #[test]
    fn what_is_only_written_is_never_read_and_not_required_to_be() {
        let contract = contract();
        let head = "200\nx-total: 1\ncontent-type: application/json\n\n";
        assert_eq!(judged(&contract, &format!(r#"{head}{{"id":1,"name":"a"}}"#)), "ok");
        let given = judged(&contract, &format!(r#"{head}{{"id":1,"name":"a","password":"p"}}"#));
        assert!(given.starts_with("body: `/password`"), "{given}");
        assert!(!given.contains("\"p\""), "{given}");
        let missing = judged(&contract, &format!(r#"{head}{{"name":"a"}}"#));
        assert!(missing.contains("id"), "{missing}");
    }

    #[test]
    fn members_are_declared_by_every_schema_that_speaks_of_the_value() {
        let contract = contract();
        let check = contract.operations[0].responses[0].check.as_ref().unwrap();
        let declared = check.declared("application/json").unwrap();
        let inside = |schemas: &crate::declared::Schemas, name: &str| match declared.member(schemas, name) {
            crate::declared::Member::Declared(schemas) => schemas,
            other => panic!("{name}: {other:?}"),
        };
        let of = |schemas: &crate::declared::Schemas, name: &str| match declared.member(schemas, name) {
            crate::declared::Member::Declared(_) => "declared",
            crate::declared::Member::Undeclared => "undeclared",
            crate::declared::Member::WriteOnly => "write only",
        };
        let root = declared.root();
        assert_eq!(
            [of(&root, "id"), of(&root, "password"), of(&root, "role")],
            ["declared", "write only", "undeclared"]
        );
        let manager = inside(&inside(&root, "manager"), "manager");
        assert_eq!([of(&manager, "name"), of(&manager, "role")], ["declared", "undeclared"]);
        let tag = declared.item(&inside(&root, "tags"), 3);
        assert_eq!([of(&tag, "a"), of(&tag, "b"), of(&tag, "c")], ["declared", "declared", "undeclared"]);
        let extra = inside(&root, "extra");
        assert_eq!(
            [of(&extra, "x"), of(&inside(&extra, "x"), "c"), of(&inside(&extra, "x"), "d")],
            ["declared", "declared", "undeclared"]
        );
        assert_eq!(of(&inside(&root, "free"), "anything"), "declared");
    }
}
