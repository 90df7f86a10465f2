//! A change that is planted in a real document is found, and nothing else is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::corpus::{diff, each, library_of, lines, paths, value};
use crate::random::Random;

/// What is planted: into an operation, the old form, the new one, and the kinds that are found.
pub(crate) struct Planted {
    place: Place,
    pub(crate) old: Value,
    pub(crate) new: Value,
    pub(crate) kinds: &'static [&'static str],
}

/// Where something is planted.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// As a property of the body, in JSON.
    Sent,
    /// As a property of the answer 200.
    Returned,
    /// As members of the operation.
    Operation,
}

fn plant(place: Place, old: Value, new: Value, kinds: &'static [&'static str]) -> Planted {
    Planted { place, old, new, kinds }
}

/// A text, and what more is said of it.
fn text(more: &Value) -> Value {
    let mut schema = json!({ "type": "string" });
    schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    schema
}

pub(crate) fn sent() -> Vec<Planted> {
    vec![
        plant(Place::Sent, text(&json!({ "maxLength": 9 })), text(&json!({})), &["looser-bound"]),
        plant(Place::Sent, text(&json!({})), text(&json!({ "maxLength": 9 })), &["stricter-bound"]),
        plant(Place::Sent, text(&json!({ "pattern": "^a$" })), text(&json!({})), &["dropped-pattern"]),
        plant(Place::Sent, text(&json!({ "format": "uuid" })), text(&json!({})), &["dropped-format"]),
        plant(
            Place::Sent,
            text(&json!({ "enum": ["a", "b"] })),
            text(&json!({ "enum": ["b"] })),
            &["removed-choice"],
        ),
        plant(
            Place::Sent,
            text(&json!({ "enum": ["b"] })),
            text(&json!({ "enum": ["a", "b"] })),
            &["wider-choice"],
        ),
        plant(Place::Sent, text(&json!({ "readOnly": true })), text(&json!({})), &["writable-property"]),
        plant(
            Place::Sent,
            json!({ "type": "integer" }),
            json!({ "type": "string" }),
            &["narrower-type", "wider-type"],
        ),
        plant(
            Place::Sent,
            json!({ "type": "object", "properties": { "a": {} } }),
            json!({ "type": "object", "properties": { "a": {}, "isAdmin": { "type": "boolean" } } }),
            &["added-privileged-property"],
        ),
        plant(
            Place::Sent,
            json!({ "type": "object", "additionalProperties": false }),
            json!({ "type": "object", "required": ["a"] }),
            &["opened-object", "required-property"],
        ),
    ]
}

pub(crate) fn returned() -> Vec<Planted> {
    vec![
        plant(
            Place::Returned,
            text(&json!({ "writeOnly": true })),
            text(&json!({})),
            &["returned-write-only-property"],
        ),
        plant(Place::Returned, text(&json!({})), json!({ "type": "integer" }), &["wider-answer-type"]),
        plant(
            Place::Returned,
            json!({ "type": "array", "items": { "properties": { "a": {} } } }),
            json!({ "type": "array", "items": { "properties": { "a": {}, "email": {} } } }),
            &["added-answer-property"],
        ),
        plant(
            Place::Returned,
            json!({ "type": "object", "properties": { "a": {} }, "required": ["a"] }),
            json!({ "type": "object" }),
            &["removed-answer-property"],
        ),
    ]
}

fn secured() -> Vec<Planted> {
    let secured = json!({ "security": [{ "zz": ["read"], "yy": [] }] });
    vec![
        plant(Place::Operation, secured.clone(), json!({ "security": [] }), &["opened-operation"]),
        plant(
            Place::Operation,
            secured.clone(),
            json!({ "security": [{ "zz": ["read"] }] }),
            &["dropped-requirement"],
        ),
        plant(
            Place::Operation,
            secured.clone(),
            json!({ "security": [{ "zz": [], "yy": [] }] }),
            &["dropped-scope"],
        ),
        plant(
            Place::Operation,
            secured.clone(),
            json!({ "security": [{ "zz": ["write"], "yy": [] }] }),
            &["replaced-scope", "stricter-authentication"],
        ),
        plant(
            Place::Operation,
            json!({ "security": [{ "zz": [] }] }),
            json!({ "security": [{ "zz": [] }, { "yy": [] }] }),
            &["weaker-authentication"],
        ),
        plant(Place::Operation, json!({ "security": [] }), secured, &["stricter-authentication"]),
    ]
}

fn described() -> Vec<Planted> {
    let parameter = |required: bool| json!({ "parameters": [{ "name": "zz", "in": "query", "required": required, "schema": {} }] });
    let answers = |status: &str| json!({ "responses": { status: { "description": "" }, "200": { "description": "" } } });
    vec![
        plant(Place::Operation, parameter(false), parameter(true), &["required-parameter"]),
        plant(Place::Operation, parameter(false), json!({ "parameters": [] }), &["removed-parameter"]),
        plant(Place::Operation, answers("401"), answers("200"), &["dropped-refusal"]),
        plant(
            Place::Operation,
            json!({ "responses": { "200": { "description": "", "content": { "text/plain": {}, "text/csv": {} } } } }),
            json!({ "responses": { "200": { "description": "" } } }),
            &["removed-media-type"],
        ),
        plant(Place::Operation, answers("201"), answers("200"), &["removed-answer"]),
        plant(
            Place::Operation,
            json!({ "deprecated": true, "x-sunset": "2027-01-01" }),
            json!({ "deprecated": true, "x-sunset": "2028-01-01" }),
            &["later-sunset"],
        ),
        plant(Place::Operation, json!({ "deprecated": true }), json!({}), &["withdrawn-deprecation"]),
        plant(
            Place::Operation,
            json!({ "x-palisade": { "rate-limit": { "limits": [{ "rate": "10/s" }] } } }),
            json!({ "x-palisade": { "rate-limit": { "limits": [{ "rate": "700/min" }] } } }),
            &["looser-rate-limit"],
        ),
        plant(
            Place::Operation,
            json!({ "x-palisade": { "object": { "answer": [{ "at": "/a", "claim": "sub" }] } } }),
            json!({ "x-palisade": { "object": "off" } }),
            &["loosened-control"],
        ),
    ]
}

/// The operation at `path` and `method`, with what is planted.
fn with(document: &Value, (path, method): (&str, &str), place: Place, form: &Value) -> Value {
    let mut document = document.clone();
    document["components"]["securitySchemes"]["zz"] =
        json!({ "type": "openIdConnect", "openIdConnectUrl": "https://zz.example" });
    document["components"]["securitySchemes"]["yy"] =
        json!({ "type": "apiKey", "in": "query", "name": "yy" });
    let operation = &mut document["paths"][path][method];
    let content = |schema: Value| json!({ "application/json": { "schema": { "allOf": [{ "$ref": "#/components/schemas/Zz" }, schema] } } });
    let object = json!({ "type": "object", "properties": { "zz": form } });
    match place {
        Place::Sent => operation["requestBody"] = json!({ "content": content(object) }),
        Place::Returned => {
            operation["responses"] = json!({ "200": { "description": "", "content": content(object) } })
        }
        Place::Operation => {
            for key in ["security", "parameters", "deprecated", "x-sunset", "x-palisade", "responses"] {
                operation.as_object_mut().unwrap().remove(key);
            }
            operation.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        }
    }
    document["components"]["schemas"]["Zz"] =
        json!({ "type": "object", "properties": { "own": { "type": "string" } } });
    document
}

fn operations(document: &Value) -> Vec<(&str, &str)> {
    let items = document["paths"].as_object().into_iter().flatten();
    let operations = items.flat_map(|(path, item)| {
        let members = item.as_object().into_iter().flatten();
        members.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    let is_method = |method: &str| ["get", "put", "post", "delete", "patch"].contains(&method);
    operations
        .filter(|(path, method, operation)| {
            let is_deprecated = operation.get("deprecated").is_some();
            path.starts_with('/') && is_method(method) && operation.is_object() && !is_deprecated
        })
        .map(|(path, method, _)| (path, method))
        .collect()
}

#[test]
fn what_is_planted_is_found_and_nothing_else() {
    let mut paths = paths("real");
    paths.retain(|path| std::fs::metadata(path).unwrap().len() < 30_000);
    each(&paths, |path| {
        let document = value(path);
        let operations = operations(&document);
        if operations.is_empty() {
            return;
        }
        let mut random = Random(path.as_os_str().len() as u64);
        for planted in [sent(), returned(), secured(), described()].into_iter().flatten() {
            let place = operations[random.below(operations.len())];
            let [old, new] =
                [&planted.old, &planted.new].map(|form| with(&document, place, planted.place, form));
            let (old, new) =
                (library_of("old.json", &old.to_string()), library_of("new.json", &new.to_string()));
            let found = diff(&old, &new).findings;
            let kinds: BTreeSet<&str> = found.iter().map(|finding| finding.rule).collect();
            let expected: BTreeSet<&str> = planted.kinds.iter().copied().collect();
            assert_eq!(kinds, expected, "{} {place:?}: {:#?}", path.display(), lines(&found));
        }
    });
}
