//! Every kind of policy. Nothing else in the gateway names one.

mod api_key;
mod block;
mod body_limits;
mod cedar;
mod concurrency;
mod cors;
mod egress;
mod error_answers;
mod fields;
mod flow;
mod graphql;
mod ip_limit;
mod jwt;
mod leak;
mod lifecycle;
mod mtls;
mod object;
mod object_access;
mod phantom_token;
mod rate_limit;
mod request_schema;
mod response_schema;
mod scope;
mod security_headers;
mod ssrf;
mod step_up;
mod tarpit;
#[cfg(test)]
mod tests;
mod undeclared;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::policy::Kind;

/// Every kind, alphabetical. Within a stage policies run in this order.
pub const ALL: &[&Kind] = &[
    &api_key::KIND,
    &block::KIND,
    &body_limits::KIND,
    &cedar::KIND,
    &concurrency::KIND,
    &cors::KIND,
    &egress::KIND,
    &error_answers::KIND,
    &fields::KIND,
    &flow::KIND,
    &graphql::KIND,
    &ip_limit::KIND,
    &jwt::KIND,
    &leak::KIND,
    &lifecycle::KIND,
    &mtls::KIND,
    &object::KIND,
    &object_access::KIND,
    &phantom_token::KIND,
    &rate_limit::KIND,
    &request_schema::KIND,
    &response_schema::KIND,
    &scope::KIND,
    &security_headers::KIND,
    &ssrf::KIND,
    &step_up::KIND,
    &tarpit::KIND,
    &undeclared::KIND,
];

/// The kind called `id`.
///
/// # Errors
/// There is none; the error is the id that was probably meant, if one is near.
pub fn kind(id: &str) -> Result<&'static Kind, Option<&'static str>> {
    match ALL.iter().find(|kind| kind.id == id) {
        Some(kind) => Ok(kind),
        None => {
            let ids: Vec<&'static str> = ALL.iter().map(|kind| kind.id).collect();
            Err(spec::nearest(id, &ids))
        }
    }
}

/// The schema of `controls` and of the controls in `x-palisade`: for each kind its mode, or its settings.
#[derive(Debug)]
pub struct ControlsSchema;

impl JsonSchema for ControlsSchema {
    fn schema_name() -> Cow<'static, str> {
        "Controls".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        for kind in ALL {
            let settings = Value::from((kind.settings)(generator));
            let title = model::control(kind.id).map(|control| control.title);
            let choice = json_schema!({
                "description": title,
                "anyOf": [{ "enum": ["enforce", "shadow", "off"] }, settings]
            });
            properties.insert(kind.id.to_owned(), Value::from(choice));
        }
        json_schema!({
            "description": "Controls, each with its mode or its settings. What they do stands in policies.md.",
            "type": "object", "properties": properties, "additionalProperties": false
        })
    }
}

/// The schema of a `mode` among a kind's settings.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "lowercase")]
#[expect(dead_code, reason = "stands for `model::Mode` in schemas alone")]
enum ModeSchema {
    /// Its verdict stands.
    Enforce,
    /// Its verdict is recorded and the request goes on.
    Shadow,
    /// It does not run.
    Off,
}
