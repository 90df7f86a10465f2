//! An API as an OpenAPI 3.1 document: what is declared and what was seen, as far as the inventory tells.

use std::collections::{BTreeMap, BTreeSet};

use discover::{ANY, Kind, METHODS, kind_schema};
use model::inventory::{
    Account, Api, Authentication, Body, Field, Operation, Parameter, ParameterPlace, Word,
};
use serde_json::{Map, Value, json};

/// The document. Who enforces it refuses what the inventory does not know.
pub(super) fn document(api: &Api) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut ways = BTreeSet::new();
    for operation in &api.operations {
        let method = operation.key.method.to_ascii_lowercase();
        let methods = if method == "*" { ANY.to_vec() } else { vec![method.as_str()] };
        for method in methods.into_iter().filter(|method| METHODS.contains(method)) {
            ways.extend(operation.authentication().into_iter().flatten());
            paths.entry(&operation.key.path).or_default().insert(method.to_owned(), of(operation));
        }
    }
    let mut info = json!({ "title": api.name, "version": "0" });
    let mut document = Map::new();
    document.insert("openapi".to_owned(), json!("3.1.0"));
    if let (Some(info), Some(purpose)) = (info.as_object_mut(), api.fact(Field::Purpose)) {
        info.insert("summary".to_owned(), json!(purpose.to_string()));
    }
    document.insert("info".to_owned(), info);
    // Paths have their base in them.
    let hosts: Vec<&str> = match api.hosts.is_empty() {
        true => api.hosts_seen().into_iter().collect(),
        false => api.hosts.iter().map(String::as_str).collect(),
    };
    if !hosts.is_empty() {
        let servers: Vec<Value> = hosts.iter().map(|host| discover::server(host)).collect();
        document.insert("servers".to_owned(), json!(servers));
    }
    document.insert("paths".to_owned(), json!(paths));
    if !ways.is_empty() {
        let schemes: Map<String, Value> =
            ways.iter().map(|way| (way.name().to_owned(), scheme(*way))).collect();
        document.insert("components".to_owned(), json!({ "securitySchemes": schemes }));
    }
    Value::Object(document)
}

fn of(operation: &Operation) -> Value {
    let mut value = Map::new();
    let declaration = operation.declaration().map(|(declaration, _)| declaration);
    if let Some(summary) = declaration.and_then(|declaration| declaration.summary.as_ref()) {
        value.insert("summary".to_owned(), json!(summary));
    }
    if declaration.is_some_and(|declaration| declaration.deprecated) {
        value.insert("deprecated".to_owned(), json!(true));
    }
    value.insert("parameters".to_owned(), Value::Array(parameters(operation)));
    if let Some(ways) = operation.authentication() {
        // Any of those that were seen or declared; how they were to be combined the inventory does not keep.
        let ways: Vec<Value> = ways.iter().map(|way| json!({ way.name(): [] })).collect();
        value.insert("security".to_owned(), Value::Array(ways));
    }
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for status in declaration.into_iter().flat_map(|declaration| &declaration.statuses) {
        responses.insert(status.clone(), json!({ "description": "declared" }));
    }
    let calls = operation.calls.as_ref();
    for status in calls.into_iter().flat_map(|calls| calls.statuses.keys()) {
        responses.entry(status.to_string()).or_insert_with(|| json!({ "description": "seen in traffic" }));
    }
    for body in calls.into_iter().flat_map(|calls| &calls.bodies) {
        match body.status {
            None => drop(value.insert("requestBody".to_owned(), json!({ "content": content(body) }))),
            Some(status) => {
                let response = responses
                    .entry(status.to_string())
                    .or_insert_with(|| json!({ "description": "seen in traffic" }));
                response.as_object_mut().map(|response| response.insert("content".to_owned(), content(body)));
            }
        }
    }
    if responses.is_empty() {
        responses.insert("default".to_owned(), json!({ "description": "not seen" }));
    }
    value.insert("responses".to_owned(), json!(responses));
    value.insert("x-palisade-status".to_owned(), json!(operation.status));
    if let Some(calls) = calls {
        value.insert("x-confidence".to_owned(), json!(calls.confidence));
    }
    Value::Object(value)
}

/// Media types, those of JSON with what bodies look like, and how many were seen.
fn content(body: &Body) -> Value {
    let of_type = |name: &String| match &body.schema {
        Some(schema) if name.ends_with("/json") || name.ends_with("+json") => {
            json!({ "schema": schema, "x-seen": body.count })
        }
        _ => json!({}),
    };
    body.types.iter().map(|name| (name.clone(), of_type(name))).collect::<Map<_, _>>().into()
}

/// Parameters of all sources; those of the path are those that its template names.
fn parameters(operation: &Operation) -> Vec<Value> {
    let told = |sighting: &'_ model::inventory::Sighting| match &sighting.account {
        Account::Declared(declaration) => declaration.parameters.clone(),
        Account::Served(route) => route.parameters.clone(),
        Account::Called(calls) => calls.parameters.clone(),
    };
    let told: Vec<Parameter> = operation.sightings.iter().flat_map(|(_, sighting)| told(sighting)).collect();
    let names: Vec<&str> = operation
        .key
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect();
    let mut values: Vec<Value> = Vec::new();
    for name in names {
        let known = told.iter().find(|known| known.name == name && known.place == ParameterPlace::Path);
        let schema = schema(known.and_then(|known| known.kind.as_deref()));
        values.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    let mut seen = BTreeSet::new();
    for parameter in &told {
        let is_other = !matches!(parameter.place, ParameterPlace::Path | ParameterPlace::QueryString);
        if is_other && seen.insert((parameter.place, parameter.name.as_str())) {
            let schema = schema(parameter.kind.as_deref());
            values.push(json!({ "name": parameter.name, "in": parameter.place, "schema": schema }));
        }
    }
    values
}

fn schema(kind: Option<&str>) -> Value {
    kind.and_then(Kind::of_name).map_or_else(|| json!({}), kind_schema)
}

fn scheme(way: Authentication) -> Value {
    match way {
        Authentication::ApiKey => json!({ "type": "apiKey", "in": "header", "name": "X-API-Key" }),
        Authentication::Cookie => json!({ "type": "apiKey", "in": "cookie", "name": "session" }),
        Authentication::Basic => json!({ "type": "http", "scheme": "basic" }),
        Authentication::Bearer | Authentication::BearerOpaque => {
            json!({ "type": "http", "scheme": "bearer" })
        }
        Authentication::BearerJwt => json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" }),
        Authentication::Mtls => json!({ "type": "mutualTLS" }),
        Authentication::Other => json!({ "type": "http", "scheme": "other" }),
    }
}
