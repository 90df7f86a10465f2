//! APIs as services of CycloneDX 1.6, for inventories of software.

use model::inventory::{Fact, Field, Visibility, Word};
use serde_json::{Map, Value, json};

use super::super::show::Summed;

/// The document.
pub(super) fn document(summed: &[Summed<'_>]) -> Value {
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "tools": { "components": [
            { "type": "application", "name": "palisade", "version": env!("CARGO_PKG_VERSION") }
        ] } },
        "services": summed.iter().map(service).collect::<Vec<_>>(),
    })
}

fn service(summed: &Summed<'_>) -> Value {
    let api = summed.api;
    let mut service = Map::new();
    let mut put = |key: &str, value: Value| drop(service.insert(key.to_owned(), value));
    put("bom-ref", json!(format!("api:{}", api.name)));
    put("name", json!(api.name));
    if let Some(Fact::Owner(owner)) = api.fact(Field::Owner) {
        put("provider", json!({ "name": owner.as_str() }));
    }
    if let Some(Fact::Purpose(purpose)) = api.fact(Field::Purpose) {
        put("description", json!(purpose.as_str()));
    }
    let host = api.hosts.first().cloned().or_else(|| api.hosts_seen().first().map(ToString::to_string));
    let base = host.map(|host| format!("https://{host}")).unwrap_or_default();
    let mut endpoints: Vec<String> =
        api.operations.iter().map(|operation| format!("{base}{}", endpoint(&operation.key.path))).collect();
    endpoints.sort();
    endpoints.dedup();
    put("endpoints", json!(endpoints));
    if let Some(Fact::Authentication(ways)) = api.fact(Field::Authentication) {
        put("authenticated", json!(!ways.is_empty()));
    }
    if let Some(visibility) = api.visibility() {
        put("x-trust-boundary", json!(visibility != Visibility::Internal));
    }
    if let Some(Fact::Data(classes)) = api.fact(Field::Data) {
        let data = classes.iter().map(|class| json!({ "flow": "unknown", "classification": class.name() }));
        put("data", Value::Array(data.collect()));
    }
    let fields = Field::WORDS.iter().map(|(field, name)| (format!("palisade:{name}"), summed.fact(*field)));
    let risk = ("palisade:risk".to_owned(), summed.risk.points().to_string());
    let properties = fields.chain([risk]).filter(|(_, value)| !value.is_empty());
    let properties: Vec<Value> =
        properties.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    put("properties", Value::Array(properties));
    Value::Object(service)
}

/// A path as a reference of RFC 3986, in which braces are encoded.
fn endpoint(path: &str) -> String {
    path.replace('{', "%7B").replace('}', "%7D")
}
