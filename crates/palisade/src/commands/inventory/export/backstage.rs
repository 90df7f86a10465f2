//! APIs as entities of Backstage, which its catalogue takes in from one file.

use model::inventory::{Fact, Field, Lifecycle, Word};
use serde_json::{Value, json};

use super::super::kept::Fault;
use super::super::show::Summed;
use super::openapi;

/// The longest name of an entity.
const NAME_MAX: usize = 63;

/// One document of YAML for each API.
pub(super) fn text(summed: &[Summed<'_>]) -> Result<String, Fault> {
    let mut text = String::new();
    for (number, summed) in summed.iter().enumerate() {
        if number > 0 {
            text.push_str("---\n");
        }
        let entity = entity(summed)?;
        yaml(&entity, 0, &mut text);
    }
    Ok(text)
}

fn entity(summed: &Summed<'_>) -> Result<Value, Fault> {
    let api = summed.api;
    let unconfirmed: Vec<&str> =
        api.facts.iter().filter(|(_, known)| !known.is_confirmed()).map(|(field, _)| field.name()).collect();
    let mut metadata = json!({ "name": name(&api.name), "title": api.name });
    if let (Some(metadata), Some(purpose)) = (metadata.as_object_mut(), api.fact(Field::Purpose)) {
        metadata.insert("description".to_owned(), json!(purpose.to_string()));
    }
    if let Some(metadata) = metadata.as_object_mut() {
        let annotations = json!({
            "palisade/risk": summed.risk.points().to_string(),
            "palisade/visibility": summed.fact(Field::Visibility),
            "palisade/authentication": summed.fact(Field::Authentication),
            "palisade/data": summed.fact(Field::Data),
            "palisade/unconfirmed": unconfirmed.join(","),
        });
        metadata.insert("annotations".to_owned(), annotations);
    }
    let lifecycle = match api.lifecycle() {
        Some(Lifecycle::Draft) => "experimental",
        Some(Lifecycle::Active) => "production",
        Some(Lifecycle::Deprecated | Lifecycle::Retired) => "deprecated",
        None => "unknown",
    };
    let owner = match api.fact(Field::Owner) {
        Some(Fact::Owner(owner)) => name(owner.as_str()),
        _ => "unknown".to_owned(),
    };
    let definition = serde_json::to_string(&openapi::document(api)).map_err(std::io::Error::other)?;
    Ok(json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "API",
        "metadata": metadata,
        "spec": { "type": "openapi", "lifecycle": lifecycle, "owner": owner, "definition": definition },
    }))
}

/// A name that Backstage takes: letters and digits, and `-`, `_` or `.` between them.
fn name(text: &str) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' };
    let name: String = text.to_ascii_lowercase().chars().map(plain).take(NAME_MAX).collect();
    let name = name.trim_matches(['-', '_', '.']);
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}

/// Objects as YAML; their texts as JSON, which every reader of YAML takes for texts.
fn yaml(value: &Value, depth: usize, text: &mut String) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let indent = "  ".repeat(depth);
        match value {
            Value::Object(_) => {
                text.push_str(&format!("{indent}{key}:\n"));
                yaml(value, depth + 1, text);
            }
            other => text.push_str(&format!("{indent}{key}: {other}\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_backstage_takes() {
        assert_eq!(name("Orders API (v2)"), "orders-api--v2");
        assert_eq!(name("shop.example:8443"), "shop.example-8443");
        assert_eq!(name("é"), "unnamed");
        assert_eq!(name(&"a".repeat(80)).len(), NAME_MAX);
    }
}
