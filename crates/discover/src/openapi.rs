//! What was learned, as an OpenAPI 3.1 document that can be looked through, corrected and enforced.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::learn::Learned;
use crate::shape::{self, Bodies};
use crate::tally::Confidence;

/// Methods that a path item has a place for.
pub const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What is served whatever the method is, is written as these.
pub const ANY: &[&str] = &["get", "post", "put", "patch", "delete"];

/// A document of the operations that somebody answered.
pub fn openapi(operations: &[Learned]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut hosts: Vec<&str> = Vec::new();
    for learned in operations {
        let method = learned.method.to_ascii_lowercase();
        if learned.tally.confidence == Confidence::None || !METHODS.contains(&method.as_str()) {
            continue;
        }
        if !learned.host.is_empty() && !hosts.contains(&&*learned.host) {
            hosts.push(&learned.host);
        }
        // Two hosts that share a path are one operation here.
        paths.entry(&learned.path).or_default().entry(method).or_insert_with(|| operation(learned));
    }
    let servers: Vec<Value> = hosts.iter().map(|host| server(host)).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Learned from traffic", "version": "0" },
        "paths": paths,
    });
    if let Some(document) = document.as_object_mut().filter(|_| !servers.is_empty()) {
        document.insert("servers".to_owned(), json!(servers));
    }
    document
}

/// The server at a host. What a variable in it stands for is its name unless something else is said.
pub fn server(host: &str) -> Value {
    let variables = host.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let variables: Map<String, Value> =
        variables.map(|(name, _)| (name.to_owned(), json!({ "default": name }))).collect();
    let url = format!("https://{host}");
    match variables.is_empty() {
        true => json!({ "url": url }),
        false => json!({ "url": url, "variables": variables }),
    }
}

pub(crate) fn operation(learned: &Learned) -> Value {
    let path = learned.parameters.iter().map(
        |(name, kind)| json!({ "name": name, "in": "path", "required": true, "schema": kind_schema(*kind) }),
    );
    let query = learned.tally.query.iter().map(|(name, kind)| in_query(name, *kind));
    let tally = &learned.tally;
    let mut responses: Map<String, Value> = Map::new();
    for (class, count) in tally.classes.iter().enumerate().skip(1) {
        if *count > 0 {
            responses.insert(format!("{class}XX"), response(&tally.answer_types, None));
        }
    }
    for (status, bodies) in tally.bodies.iter().flat_map(|bodies| &bodies.answers) {
        responses.insert(status.to_string(), response(&tally.answer_types, Some(bodies)));
    }
    let mut operation = json!({
        "parameters": path.chain(query).collect::<Vec<Value>>(),
        "responses": responses,
        "x-confidence": tally.confidence.name(),
    });
    let request = tally.bodies.as_ref().map(|bodies| &bodies.request);
    if let (Some(operation), false) = (operation.as_object_mut(), tally.request_types.is_empty()) {
        let body = json!({ "content": content(&tally.request_types, request) });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

/// A parameter of the query.
pub(crate) fn in_query(name: &str, kind: Kind) -> Value {
    json!({ "name": name, "in": "query", "schema": kind_schema(kind) })
}

/// An answer; the media types are those of all answers, since logs do not tell which was of which status.
pub(crate) fn response(types: &[Box<str>], bodies: Option<&Bodies>) -> Value {
    let mut response = json!({ "description": "seen in traffic" });
    if let (Some(response), false) = (response.as_object_mut(), types.is_empty()) {
        response.insert("content".to_owned(), content(types, bodies));
    }
    response
}

/// Media types, those of JSON with the schema of the bodies that were seen, and how many there were.
pub(crate) fn content(types: &[Box<str>], bodies: Option<&Bodies>) -> Value {
    let bodies = bodies.filter(|bodies| bodies.shape.count > 0);
    let of_type = |media_type: &str| match bodies {
        Some(bodies) if media_type.ends_with("/json") || media_type.ends_with("+json") => {
            json!({ "schema": shape::schema("", &bodies.shape), "x-seen": bodies.shape.count })
        }
        _ => json!({}),
    };
    types.iter().map(|media_type| (media_type.to_string(), of_type(media_type))).collect::<Map<_, _>>().into()
}

/// The JSON Schema of values of `kind`; no more than was seen of all of them.
pub fn kind_schema(kind: Kind) -> Value {
    match kind {
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Ulid => json!({ "type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$" }),
        Kind::Hash => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{16,}$" }),
        Kind::Mail => json!({ "type": "string", "format": "email" }),
        Kind::Date | Kind::Opaque | Kind::Slug => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{Place, Position, Tally};

    fn learned(method: &str, path: &str, confidence: Confidence) -> Learned {
        let mut tally = Tally::new(Place { file: 0, position: Position::Line(1) });
        tally.confidence = confidence;
        tally.classes = [0, 0, 3, 0, 1, 0];
        tally.query = vec![("page".into(), Kind::Integer)];
        tally.answer_types = vec!["application/json".into(), "text/html".into()];
        let bodies = tally.bodies.get_or_insert_default();
        let mut answer = Bodies::default();
        answer.learn(br#"{"id": 7, "email": "ada@shop.example"}"#, &mut 9);
        bodies.answers.push((200, answer));
        let parameters = vec![("orderId".to_owned(), Kind::Uuid)];
        Learned {
            host: "shop.example".into(),
            method: method.into(),
            path: path.to_owned(),
            parameters,
            tally,
        }
    }

    #[test]
    fn what_was_answered_is_in_the_document() {
        let document = openapi(&[
            learned("GET", "/orders/{orderId}", Confidence::High),
            learned("PROPFIND", "/orders/{orderId}", Confidence::High),
            learned("GET", "/nothing", Confidence::None),
        ]);
        assert_eq!(
            document,
            json!({
                "openapi": "3.1.0",
                "info": { "title": "Learned from traffic", "version": "0" },
                "servers": [{ "url": "https://shop.example" }],
                "paths": { "/orders/{orderId}": { "get": {
                    "parameters": [
                        { "name": "orderId", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } },
                        { "name": "page", "in": "query", "schema": { "type": "integer" } }
                    ],
                    "responses": {
                        "200": { "description": "seen in traffic", "content": {
                            "application/json": { "x-seen": 1, "schema": { "type": "object", "properties": {
                                "id": { "type": "integer", "x-data-classes": ["internal-id"] },
                                "email": { "type": "string", "format": "email", "x-data-classes": ["personal"] }
                            } } },
                            "text/html": {}
                        } },
                        "2XX": { "description": "seen in traffic", "content": { "application/json": {}, "text/html": {} } },
                        "4XX": { "description": "seen in traffic", "content": { "application/json": {}, "text/html": {} } }
                    },
                    "x-confidence": "high"
                } } }
            })
        );
    }
}
