//! Routes of source code, as an OpenAPI 3.1 document that can be looked through, corrected and enforced.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{In, Route};
use crate::openapi::{ANY, METHODS};

/// A document of routes.
pub fn openapi(routes: &[Route]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let method = route.method.to_ascii_lowercase();
        let methods = if method == "*" { ANY.to_vec() } else { vec![method.as_str()] };
        for method in methods.into_iter().filter(|method| METHODS.contains(method)) {
            paths.entry(&route.path).or_default().entry(method).or_insert_with(|| operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Found in source code", "version": "0" },
        "paths": paths,
    })
}

fn operation(route: &Route) -> Value {
    let parameters = route.parameters.iter().map(|parameter| {
        let place = match parameter.place {
            In::Path => "path",
            In::Query => "query",
            In::Header => "header",
            In::Cookie => "cookie",
        };
        let schema = match parameter.kind.as_str() {
            "integer" => json!({ "type": "integer" }),
            "number" => json!({ "type": "number" }),
            "boolean" => json!({ "type": "boolean" }),
            "uuid" => json!({ "type": "string", "format": "uuid" }),
            _ => json!({ "type": "string" }),
        };
        json!({ "name": parameter.name, "in": place, "required": parameter.place == In::Path, "schema": schema })
    });
    let mut operation = json!({
        "parameters": parameters.collect::<Vec<Value>>(),
        "responses": { "default": { "description": "not known from the code" } },
        "x-source": format!("{}:{}", route.file, route.line),
    });
    if let Some(operation) = operation.as_object_mut() {
        if !route.guards.is_empty() {
            operation.insert("x-guards".to_owned(), json!(route.guards));
        }
        if !route.body.is_empty() {
            let fields: Map<String, Value> =
                route.body.iter().map(|name| (name.clone(), json!({}))).collect();
            let schema = json!({ "type": "object", "properties": fields });
            let body = json!({ "content": { "application/json": { "schema": schema } } });
            operation.insert("requestBody".to_owned(), body);
        }
    }
    operation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Parameter;

    #[test]
    fn routes_are_operations() {
        let parameter =
            |place, name: &str, kind: &str| Parameter { place, name: name.to_owned(), kind: kind.to_owned() };
        let route = |method: &str| Route {
            path: "/orders/{id}".to_owned(),
            method: method.to_owned(),
            framework: "express",
            parameters: vec![parameter(In::Path, "id", "integer"), parameter(In::Query, "page", "")],
            body: if method == "PUT" { vec!["note".to_owned()] } else { Vec::new() },
            guards: vec!["requireAuth".to_owned()],
            file: "app.js".to_owned(),
            line: 7,
            is_mounted: true,
        };
        let document = openapi(&[route("GET"), route("PUT"), route("PROPFIND")]);
        let item = &document["paths"]["/orders/{id}"];
        assert_eq!(
            item.as_object().map(|item| item.keys().cloned().collect::<Vec<_>>()),
            Some(vec!["get".to_owned(), "put".to_owned()])
        );
        assert_eq!(
            item["get"]["parameters"],
            json!([
                { "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } },
                { "name": "page", "in": "query", "required": false, "schema": { "type": "string" } }
            ])
        );
        assert_eq!(
            item["put"]["requestBody"]["content"]["application/json"]["schema"]["properties"],
            json!({ "note": {} })
        );
        assert_eq!(
            (&item["get"]["requestBody"], &item["get"]["x-source"]),
            (&Value::Null, &json!("app.js:7"))
        );
    }
}
