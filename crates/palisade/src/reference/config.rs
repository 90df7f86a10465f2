//! The page of the config: every object of its JSON Schema as a table.

use serde_json::Value;

use crate::reference::{GENERATED, schema};

/// The page.
pub(super) fn page() -> String {
    let root = Value::from(schema::of_config());
    let mut page = format!(
        "{GENERATED}\n\n# palisade.yaml\n\n\
         Unknown keys are errors, with a suggestion. Editors check and complete the file where its first line is\n\n\
         ```yaml\n# yaml-language-server: $schema=config.schema.json\n```\n\n\
         with the path of [config.schema.json](config.schema.json). Paths are relative to the config file.\n\n{}\n",
        schema::table(&root)
    );
    for (name, definition) in root.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        page.push_str(&format!("## {name}\n\n{}\n", described(definition)));
        let table = schema::table(definition);
        if !table.is_empty() {
            page.push_str(&format!("\n{table}"));
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// What a definition says, with its choices if it has any.
fn described(definition: &Value) -> String {
    let mut text = schema::description(definition);
    for choice in definition.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&format!("\n- {}: {}", schema::kind(choice), schema::description(choice)));
    }
    if let Some(pattern) = definition.get("pattern").and_then(Value::as_str) {
        text.push_str(&format!("\nMatches `{pattern}`."));
    }
    if let Some(examples) = definition.get("examples").and_then(Value::as_array) {
        let examples: Vec<String> =
            examples.iter().filter_map(Value::as_str).map(|text| format!("`{text}`")).collect();
        text.push_str(&format!("\nExamples: {}.", examples.join(", ")));
    }
    text.trim_start().to_owned()
}
