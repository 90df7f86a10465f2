//! What is added is what was seen, and once it is added nothing is missing.

use spec::{Document, Library, Limits, OverlayAction, compile, overlay, overlay_text};

use super::*;
use crate::body::Body;
use crate::learn::LearnLimits;
use crate::line::Line;
use crate::survey::Survey;
use crate::tally::{Observation, Place, Position};

const SPEC: &str = "openapi: 3.1.0
info: {title: orders, version: '1'}
servers: [{url: 'https://shop.example/v1'}]
paths:
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
  /notes:
    post:
      responses: {'204': {description: ok}}
  /teas:
    get:
      responses:
        2xx: {description: ok, content: {application/json: {schema: {type: object, properties: {tea: {type: string}}}}}}
        default: {description: none, content: {application/json: {schema: {type: object, properties: {title: {type: string}}}}}}
components:
  schemas:
    Order:
      type: object
      properties:
        id: {type: integer}
        lines: {type: array, items: {type: object, properties: {tea: {type: string}}}}
        free: {type: object, additionalProperties: true}
";

/// `METHOD HOST PATH STATUS`, then the body of the request and that of the answer, each behind a bar.
const SEEN: &[&str] = &[
    "GET shop.example /v1/orders/1?debug=1 200||{\"id\":1,\"lines\":[{\"tea\":\"a\",\"cost\":3}],\"free\":{\"x\":1},\"note\":\"n\"}",
    "GET shop.example /v1/orders/2 404||{\"title\":\"none\"}",
    "DELETE shop.example /v1/orders/3 204||",
    "POST shop.example /v1/notes 204|{\"text\":\"t\"}|",
    "GET shop.example /v1/teas 200||{\"tea\":\"a\",\"title\":\"t\"}",
    "GET shop.example /v1/teas 500||{\"title\":\"none\",\"trace\":\"x\"}",
    "GET shop.example /v1/health 200||{\"up\":true}",
    "GET other.example /x 200||{}",
    "GET shop.example /v2/new 200||{}",
    "GET shop.example /v1/gone 404||{}",
];

fn findings(contracts: &[Contract]) -> Findings {
    let mut survey = Survey::new(contracts, LearnLimits::default());
    for (number, seen) in (1..).zip(SEEN) {
        let [head, request, answer] = seen.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("{seen}") };
        let [method, host, target, status] = head.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{seen}")
        };
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let body = |text: &str| {
            let mut body = Body::default();
            body.field("content-type", "application/json");
            body.push(text.as_bytes());
            body
        };
        let line = Line {
            method: Some(method.into()),
            host: Some(host.into()),
            path: Some(path.into()),
            query: query.map(Into::into),
            status: status.parse().ok(),
            request_body: body(request),
            answer_body: body(answer),
            ..Line::default()
        };
        let place = Place { file: 0, position: Position::Line(number) };
        survey.observe(&Observation { line: &line, place });
    }
    survey.finish()
}

fn added(library: &Library) -> Additions {
    let contracts = [compile(library).0];
    additions(library, &contracts[0], 0, &findings(&contracts))
}

fn said(additions: &Additions) -> Vec<&str> {
    additions.made.iter().map(|addition| addition.description.as_str()).collect()
}

#[test]
fn what_was_seen_is_added_and_then_nothing_is_missing() {
    let library = Library::of(Document::parse("spec.yaml", SPEC, &Limits::default()).0);
    let first = added(&library);
    assert_eq!(
        said(&first),
        [
            "`GET /orders/{id}` was called with `debug` in the query",
            "`GET /orders/{id}` answered with 404",
            "`GET /orders/{id}` answers with `/lines/*/cost`",
            "`GET /orders/{id}` answers with `/note`",
            "`POST /notes` takes a body",
            "`GET /teas` answers with `/title`",
            "`GET /teas` answers with `/trace`",
            "`GET shop.example/v1/health` is there",
            "`DELETE shop.example/v1/orders/{id}` is there",
        ]
    );
    assert_eq!(
        first.left_out,
        [
            "`GET other.example/x`: the document names other servers",
            "`GET shop.example/v2/new`: it is not below a path that the document has servers at",
        ]
    );
    let actions: Vec<_> = first
        .made
        .iter()
        .map(|addition| OverlayAction { edit: &addition.edit, description: addition.description.clone() })
        .collect();
    let document = &library.documents()[0];
    let text = overlay_text(document, "t", &actions);
    let (laid, problems) = Document::parse("o.yaml", text.as_str(), &Limits::default());
    assert_eq!(problems, [], "{text}");
    let (complete, problems) = overlay(document.clone(), &laid);
    assert_eq!(problems, [], "{text}");
    let value = complete.root().to_value();
    assert_eq!(value["components"]["schemas"]["Order"]["properties"]["note"], json!({ "type": "string" }));
    assert_eq!(value["paths"]["/orders/{id}"]["delete"]["parameters"][0]["name"], "id");
    assert_eq!(value["paths"]["/orders/{id}"]["get"]["parameters"].as_array().unwrap().len(), 1);
    let second = added(&Library::of(complete));
    assert_eq!(said(&second), [""; 0]);
}
