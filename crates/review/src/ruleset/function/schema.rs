//! The function `schema`: a value held against a JSON Schema.

use jsonschema::{Draft, PatternOptions, Validator};
use spec::Node;

use super::Fault;
use crate::ruleset::target::{Eyes, Value};

/// Faults of one value that are said.
const FAULTS_MAX: usize = 50;

/// A compiled schema.
#[derive(Debug)]
pub(in super::super) struct Schema {
    validator: Validator,
    /// How many faults of one value are said.
    faults_max: usize,
}

impl Schema {
    /// Compiles `schema`, of draft 7 where it names no dialect. The first fault of a value is said, or all.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(schema: Node<'_>, dialect: Option<&str>, says_all: bool) -> Result<Schema, String> {
        let value = schema.to_value();
        let draft = match dialect {
            Some("draft4") => Some(Draft::Draft4),
            Some("draft6") => Some(Draft::Draft6),
            Some("draft7") => Some(Draft::Draft7),
            Some("draft2019-09") => Some(Draft::Draft201909),
            Some("draft2020-12") => Some(Draft::Draft202012),
            Some("auto") | None => value.get("$schema").is_none().then_some(Draft::Draft7),
            Some(other) => return Err(format!("no dialect is called `{other}`")),
        };
        let options = jsonschema::options();
        let options = draft.map_or(options.clone(), |draft| options.with_draft(draft));
        let options = options.offline().with_pattern_options(PatternOptions::regex());
        let validator =
            options.build(&value).map_err(|error| format!("the schema cannot be compiled: {error}"))?;
        Ok(Schema { validator, faults_max: if says_all { FAULTS_MAX } else { 1 } })
    }

    pub(super) fn faults<'l>(&self, eyes: Eyes<'l>, value: Value<'l>) -> Vec<Fault> {
        if value.is_missing() {
            return vec![Fault::here("must be there")];
        }
        let Some(value) = eyes.json(value) else { return Vec::new() };
        let errors = self.validator.iter_errors(&value).take(self.faults_max);
        let fault = |error: jsonschema::ValidationError<'_>| Fault {
            message: error.masked().to_string(),
            below: error.instance_path().as_str().split('/').skip(1).map(unescaped).collect(),
        };
        errors.map(fault).collect()
    }
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Whether a value is of one of JSON Schema's types.
pub(super) fn is_type(node: Node<'_>, name: &str) -> bool {
    match name {
        "null" => node.is_null(),
        "boolean" => node.as_bool().is_some(),
        "string" => node.as_str().is_some(),
        "number" => node.number().is_some(),
        "integer" => node.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => node.is_array(),
        "object" => node.is_object(),
        _ => true,
    }
}
