//! What was learned, as an OpenAPI 3.1 document that can be looked through, corrected and enforced.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::learn::Learned;
use crate::tally::Confidence;

/// Methods that a path item has a place for.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

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
    let servers: Vec<Value> = hosts.iter().map(|host| json!({ "url": format!("https://{host}") })).collect();
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

fn operation(learned: &Learned) -> Value {
    let path = learned
        .parameters
        .iter()
        .map(|(name, kind)| json!({ "name": name, "in": "path", "required": true, "schema": schema(*kind) }));
    let query = learned
        .tally
        .query
        .iter()
        .map(|(name, kind)| json!({ "name": name, "in": "query", "schema": schema(*kind) }));
    let mut responses: Map<String, Value> = Map::new();
    for (class, count) in learned.tally.classes.iter().enumerate().skip(1) {
        if *count > 0 {
            responses.insert(format!("{class}XX"), json!({ "description": "seen in traffic" }));
        }
    }
    json!({
        "parameters": path.chain(query).collect::<Vec<Value>>(),
        "responses": responses,
        "x-confidence": learned.tally.confidence.name(),
    })
}

/// What values of `kind` are; no more than was seen of all of them.
fn schema(kind: Kind) -> Value {
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
                    "responses": { "2XX": { "description": "seen in traffic" }, "4XX": { "description": "seen in traffic" } },
                    "x-confidence": "high"
                } } }
            })
        );
    }
}
