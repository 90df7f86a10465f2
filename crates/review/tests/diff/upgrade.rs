//! The same document in a later version of OpenAPI, as the usual converters write it.

use serde_json::{Map, Value, json};

/// A document of Swagger 2.0 as one of OpenAPI 3.0.
pub(crate) fn to_3_0(old: &Value) -> Value {
    let mut new = json!({ "openapi": "3.0.3", "info": old["info"], "paths": {} });
    for key in ["security", "tags", "externalDocs"] {
        if let Some(kept) = old.get(key) {
            new[key] = kept.clone();
        }
    }
    let base = old.get("basePath").and_then(Value::as_str).unwrap_or_default();
    let host = old.get("host").and_then(Value::as_str);
    let schemes = old.get("schemes").and_then(Value::as_array).cloned().unwrap_or_default();
    let schemes = if schemes.is_empty() { vec![json!("https")] } else { schemes };
    let urls: Vec<Value> = match host {
        Some(host) => schemes
            .iter()
            .filter_map(Value::as_str)
            .map(|scheme| json!({ "url": format!("{scheme}://{host}{base}") }))
            .collect(),
        None => vec![json!({ "url": base })],
    };
    new["servers"] = Value::Array(urls);
    let mut paths = old["paths"].clone();
    for item in paths.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let shared = item.get("parameters").cloned().unwrap_or(json!([]));
        if let Some(members) = item.as_object_mut() {
            members.remove("parameters");
            for operation in members.values_mut().filter(|value| value.is_object()) {
                operation_to_3(operation, &shared, old);
            }
        }
    }
    new["paths"] = paths;
    let mut components = json!({});
    if let Some(definitions) = old.get("definitions") {
        components["schemas"] = definitions.clone();
    }
    if let Some(schemes) = old.get("securityDefinitions").and_then(Value::as_object) {
        let schemes = schemes.iter().map(|(name, scheme)| (name.clone(), scheme_to_3(scheme)));
        components["securitySchemes"] = Value::Object(schemes.collect());
    }
    new["components"] = components;
    rewrite(&mut new);
    new
}

/// What of a parameter or header is its schema.
const OF_SCHEMA: &[&str] = &[
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
    "x-nullable",
];

fn schema_of(parameter: &Value) -> Value {
    let members = parameter.as_object().cloned().unwrap_or_default();
    Value::Object(members.into_iter().filter(|(key, _)| OF_SCHEMA.contains(&key.as_str())).collect())
}

fn resolved(value: &Value, document: &Value) -> Value {
    let target = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value).clone()
}

fn operation_to_3(operation: &mut Value, shared: &Value, document: &Value) {
    let own = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all: Vec<Value> = own.iter().map(|parameter| resolved(parameter, document)).collect();
    for parameter in shared.as_array().into_iter().flatten() {
        let parameter = resolved(parameter, document);
        if !all.iter().any(|known| known["name"] == parameter["name"] && known["in"] == parameter["in"]) {
            all.push(parameter);
        }
    }
    let medias = |key: &str| -> Vec<String> {
        let listed = operation.get(key).or_else(|| document.get(key)).and_then(Value::as_array);
        let listed: Vec<String> =
            listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if listed.is_empty() { vec!["*/*".to_owned()] } else { listed }
    };
    let (consumes, produces) = (medias("consumes"), medias("produces"));
    let content = |schema: &Value, medias: &[String]| -> Value {
        Value::Object(medias.iter().map(|media| (media.clone(), json!({ "schema": schema }))).collect())
    };
    let body = all.iter().find(|parameter| parameter["in"] == "body").cloned();
    let fields: Vec<&Value> = all.iter().filter(|parameter| parameter["in"] == "formData").collect();
    let request = if let Some(body) = body {
        let schema = body.get("schema").cloned().unwrap_or(json!({}));
        Some(
            json!({ "required": body.get("required").cloned().unwrap_or(json!(false)), "content": content(&schema, &consumes) }),
        )
    } else if fields.is_empty() {
        None
    } else {
        Some(json!({ "content": content(&form(&fields), &consumes) }))
    };
    let parameters: Vec<Value> = all
        .iter()
        .filter(|parameter| !["body", "formData"].contains(&parameter["in"].as_str().unwrap_or_default()))
        .map(parameter_to_3)
        .collect();
    for response in
        operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        let own = resolved(response, document);
        *response = json!({ "description": "" });
        if let Some(schema) = own.get("schema") {
            response["content"] = content(schema, &produces);
        }
        for (name, header) in own.get("headers").and_then(Value::as_object).into_iter().flatten() {
            response["headers"][name] = json!({ "schema": schema_of(header) });
        }
    }
    operation["parameters"] = Value::Array(parameters);
    if let Some(request) = request {
        operation["requestBody"] = request;
    }
}

fn parameter_to_3(parameter: &Value) -> Value {
    let required = parameter.get("required").cloned().unwrap_or(json!(false));
    let mut new = json!({ "name": parameter["name"], "in": parameter["in"], "required": required, "schema": schema_of(parameter) });
    if parameter["type"] == "array" {
        let is_query = parameter["in"] == "query";
        match parameter.get("collectionFormat").and_then(Value::as_str).unwrap_or("csv") {
            "multi" => {}
            "csv" if is_query => new["explode"] = json!(false),
            "csv" => {}
            "ssv" if is_query => (new["style"], new["explode"]) = (json!("spaceDelimited"), json!(false)),
            "pipes" if is_query => (new["style"], new["explode"]) = (json!("pipeDelimited"), json!(false)),
            // What OpenAPI 3 has no word for.
            other => new["collectionFormat"] = json!(other),
        }
    }
    new
}

fn form(fields: &[&Value]) -> Value {
    let mut form = json!({ "type": "object", "properties": {}, "required": [] });
    for field in fields {
        let name = field["name"].as_str().unwrap_or_default();
        form["properties"][name] = schema_of(field);
        if field["required"] == true {
            form["required"].as_array_mut().unwrap().push(json!(name));
        }
    }
    form
}

fn scheme_to_3(scheme: &Value) -> Value {
    match scheme["type"].as_str() {
        Some("basic") => json!({ "type": "http", "scheme": "basic" }),
        Some("oauth2") => {
            let flow = match scheme["flow"].as_str().unwrap_or_default() {
                "accessCode" => "authorizationCode",
                "application" => "clientCredentials",
                other => other,
            };
            json!({ "type": "oauth2", "flows": { flow: scheme } })
        }
        _ => scheme.clone(),
    }
}

/// References to where schemas stand now, and words of 2.0 that have others.
fn rewrite(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                *reference = reference.replace("#/definitions/", "#/components/schemas/");
            }
            if members.get("type") == Some(&json!("file")) {
                members.insert("type".to_owned(), json!("string"));
                members.insert("format".to_owned(), json!("binary"));
            }
            if let Some(Value::Bool(nullable)) = members.remove("x-nullable") {
                members.insert("nullable".to_owned(), json!(nullable));
            }
            members.values_mut().for_each(rewrite);
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        _ => {}
    }
}

/// A document of OpenAPI 3.0 as one of 3.1.
pub(crate) fn to_3_1(old: &Value) -> Value {
    let mut new = old.clone();
    new["openapi"] = json!("3.1.0");
    modernise(&mut new);
    new
}

fn modernise(value: &mut Value) {
    match value {
        Value::Object(members) if members.get("$ref").is_some_and(Value::is_string) => {
            // What stands beside a reference meant nothing.
            members.retain(|key, _| key == "$ref");
        }
        Value::Object(members) => {
            if members.get("nullable") == Some(&json!(true)) {
                members.remove("nullable");
                if let Some(Value::String(name)) = members.get("type").cloned() {
                    members.insert("type".to_owned(), json!(["null", name]));
                    if let Some(Value::Array(values)) = members.get_mut("enum")
                        && !values.contains(&Value::Null)
                    {
                        values.push(Value::Null);
                    }
                } else {
                    let own = std::mem::take(members);
                    members.insert("anyOf".to_owned(), json!([own, { "type": "null" }]));
                    if let Some(Value::Array(branches)) = members.get_mut("anyOf") {
                        modernise(&mut branches[0]);
                    }
                    return;
                }
            }
            for (flag, bound) in [("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")] {
                if let Some(Value::Bool(is_exclusive)) = members.get(flag).cloned() {
                    members.remove(flag);
                    if let Some(value) = members.get(bound).cloned().filter(|_| is_exclusive) {
                        members.remove(bound);
                        members.insert(flag.to_owned(), value);
                    }
                }
            }
            members.values_mut().for_each(modernise);
        }
        Value::Array(items) => items.iter_mut().for_each(modernise),
        _ => {}
    }
}
