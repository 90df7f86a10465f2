//! Every rule. Nothing else in the workspace names one.

mod additional_properties;
mod admin_secured_like_user;
mod answer_without_schema;
mod api_key_in_url;
mod basic_authentication;
mod body_without_schema;
mod callback_without_schema;
mod caller_chosen_reply;
mod credential_in_message;
mod credential_in_server_url;
mod credential_in_url;
mod credential_over_plain_transport;
mod deprecated_without_sunset;
mod error_without_schema;
mod flow_without_budget;
mod guessable_id;
mod implicit_flow;
mod integer_without_format;
mod internal_server;
mod key_only_authentication;
mod long_lived_token;
mod malformed_security;
mod message_without_schema;
mod missing_401;
mod missing_429;
mod missing_500;
mod missing_owner;
mod missing_retry_after;
mod missing_scope;
mod missing_validation_error;
mod one_scope_for_all;
mod outdated_authentication;
mod outdated_version;
mod password_flow;
mod personal_data_in_message;
mod personal_data_without_scope;
mod plain_http;
mod plain_http_callback;
mod plain_http_tokens;
mod plain_transport;
mod public_queue_policy;
mod read_secured_like_write;
mod returned_password;
mod returned_trace;
mod reusable_password;
mod secret_in_example;
mod sequential_id;
mod server_without_audience;
mod server_without_environment;
mod third_party_without_schema;
mod trace_method;
mod unauthenticated_message;
mod unauthenticated_read;
mod unauthenticated_server;
mod unauthenticated_write;
mod unbounded_additional_properties;
mod unbounded_array;
mod unbounded_number;
mod unbounded_page;
pub(crate) mod unbounded_string;
pub(crate) mod unbounded_upload;
mod undefined_channel_parameter;
mod undefined_scope;
mod undefined_security_scheme;
mod undocumented_cors;
mod undocumented_rate_limit;
mod unevaluated_properties;
mod unlimited_scope;
mod unowned_object;
mod unrestricted_string;
mod unspecified_token_rules;
mod unversioned_api;
mod url_parameter;
mod url_property;
mod whole_record_in_list;
mod wildcard_channel;
mod wildcard_cors;
mod writable_privileged_property;
mod writable_server_property;
mod write_secured_like_read;

use crate::rule::Rule;

/// Every rule, alphabetical.
pub const ALL: &[&Rule] = &[
    &additional_properties::RULE,
    &admin_secured_like_user::RULE,
    &answer_without_schema::RULE,
    &api_key_in_url::RULE,
    &basic_authentication::RULE,
    &body_without_schema::RULE,
    &callback_without_schema::RULE,
    &caller_chosen_reply::RULE,
    &credential_in_message::RULE,
    &credential_in_server_url::RULE,
    &credential_in_url::RULE,
    &credential_over_plain_transport::RULE,
    &deprecated_without_sunset::RULE,
    &error_without_schema::RULE,
    &flow_without_budget::RULE,
    &guessable_id::RULE,
    &implicit_flow::RULE,
    &integer_without_format::RULE,
    &internal_server::RULE,
    &key_only_authentication::RULE,
    &long_lived_token::RULE,
    &malformed_security::RULE,
    &message_without_schema::RULE,
    &missing_401::RULE,
    &missing_429::RULE,
    &missing_500::RULE,
    &missing_owner::RULE,
    &missing_retry_after::RULE,
    &missing_scope::RULE,
    &missing_validation_error::RULE,
    &one_scope_for_all::RULE,
    &outdated_authentication::RULE,
    &outdated_version::RULE,
    &password_flow::RULE,
    &personal_data_in_message::RULE,
    &personal_data_without_scope::RULE,
    &plain_http::RULE,
    &plain_http_callback::RULE,
    &plain_http_tokens::RULE,
    &plain_transport::RULE,
    &public_queue_policy::RULE,
    &read_secured_like_write::RULE,
    &returned_password::RULE,
    &returned_trace::RULE,
    &reusable_password::RULE,
    &secret_in_example::RULE,
    &sequential_id::RULE,
    &server_without_audience::RULE,
    &server_without_environment::RULE,
    &third_party_without_schema::RULE,
    &trace_method::RULE,
    &unauthenticated_message::RULE,
    &unauthenticated_read::RULE,
    &unauthenticated_server::RULE,
    &unauthenticated_write::RULE,
    &unbounded_additional_properties::RULE,
    &unbounded_array::RULE,
    &unbounded_number::RULE,
    &unbounded_page::RULE,
    &unbounded_string::RULE,
    &unbounded_upload::RULE,
    &undefined_channel_parameter::RULE,
    &undefined_scope::RULE,
    &undefined_security_scheme::RULE,
    &undocumented_cors::RULE,
    &undocumented_rate_limit::RULE,
    &unevaluated_properties::RULE,
    &unlimited_scope::RULE,
    &unowned_object::RULE,
    &unrestricted_string::RULE,
    &unspecified_token_rules::RULE,
    &unversioned_api::RULE,
    &url_parameter::RULE,
    &url_property::RULE,
    &whole_record_in_list::RULE,
    &wildcard_channel::RULE,
    &wildcard_cors::RULE,
    &writable_privileged_property::RULE,
    &writable_server_property::RULE,
    &write_secured_like_read::RULE,
];

/// The rule called `id`.
///
/// # Errors
/// There is none; the error is the id that was probably meant, if one is near.
pub fn rule(id: &str) -> Result<&'static Rule, Option<&'static str>> {
    match ALL.iter().find(|rule| rule.id == id) {
        Some(rule) => Ok(rule),
        None => {
            let ids: Vec<&'static str> = ALL.iter().map(|rule| rule.id).collect();
            Err(spec::nearest(id, &ids))
        }
    }
}
