//! Every kind of change. Nothing else in the workspace names one.

mod added_answer_property;
mod added_condition;
mod added_form;
mod added_internal_server;
mod added_privileged_property;
mod downgraded_server;
mod downgraded_token_endpoint;
mod dropped_condition;
mod dropped_format;
mod dropped_pattern;
mod dropped_refusal;
mod dropped_requirement;
mod dropped_scope;
mod foreign_server;
mod later_sunset;
mod loosened_control;
mod looser_bound;
mod looser_rate_limit;
mod moved_channel;
mod narrower_type;
mod opened_object;
mod opened_operation;
mod other_authentication;
mod other_parameter_form;
mod other_protocol;
mod removed_answer;
mod removed_answer_header;
mod removed_answer_property;
mod removed_body;
mod removed_channel;
mod removed_choice;
mod removed_form;
mod removed_media_type;
mod removed_message;
mod removed_operation;
mod removed_parameter;
mod removed_server;
mod replaced_scope;
mod required_parameter;
mod required_property;
mod returned_write_only_property;
mod stricter_authentication;
mod stricter_bound;
mod turned_operation;
mod weaker_authentication;
mod wider_answer_type;
mod wider_choice;
mod wider_type;
mod withdrawn_deprecation;
mod writable_property;

use super::change::Change;

/// Characters of a value that a message shows.
const VALUE_MAX: usize = 40;

/// Every kind of change, alphabetical.
pub const CHANGES: &[&Change] = &[
    &added_answer_property::CHANGE,
    &added_condition::CHANGE,
    &added_form::CHANGE,
    &added_internal_server::CHANGE,
    &added_privileged_property::CHANGE,
    &downgraded_server::CHANGE,
    &downgraded_token_endpoint::CHANGE,
    &dropped_condition::CHANGE,
    &dropped_format::CHANGE,
    &dropped_pattern::CHANGE,
    &dropped_refusal::CHANGE,
    &dropped_requirement::CHANGE,
    &dropped_scope::CHANGE,
    &foreign_server::CHANGE,
    &later_sunset::CHANGE,
    &loosened_control::CHANGE,
    &looser_bound::CHANGE,
    &looser_rate_limit::CHANGE,
    &moved_channel::CHANGE,
    &narrower_type::CHANGE,
    &opened_object::CHANGE,
    &opened_operation::CHANGE,
    &other_authentication::CHANGE,
    &other_parameter_form::CHANGE,
    &other_protocol::CHANGE,
    &removed_answer::CHANGE,
    &removed_answer_header::CHANGE,
    &removed_answer_property::CHANGE,
    &removed_body::CHANGE,
    &removed_channel::CHANGE,
    &removed_choice::CHANGE,
    &removed_form::CHANGE,
    &removed_media_type::CHANGE,
    &removed_message::CHANGE,
    &removed_operation::CHANGE,
    &removed_parameter::CHANGE,
    &removed_server::CHANGE,
    &replaced_scope::CHANGE,
    &required_parameter::CHANGE,
    &required_property::CHANGE,
    &returned_write_only_property::CHANGE,
    &stricter_authentication::CHANGE,
    &stricter_bound::CHANGE,
    &turned_operation::CHANGE,
    &weaker_authentication::CHANGE,
    &wider_answer_type::CHANGE,
    &wider_choice::CHANGE,
    &wider_type::CHANGE,
    &withdrawn_deprecation::CHANGE,
    &writable_property::CHANGE,
];

/// The kind of change called `id`.
///
/// # Errors
/// There is none; the error is the id that was probably meant, if one is near.
pub fn change(id: &str) -> Result<&'static Change, Option<&'static str>> {
    match CHANGES.iter().find(|change| change.id == id) {
        Some(change) => Ok(change),
        None => {
            let ids: Vec<&'static str> = CHANGES.iter().map(|change| change.id).collect();
            Err(spec::nearest(id, &ids))
        }
    }
}

/// The beginning of a value.
fn short(value: &str) -> String {
    value.chars().take(VALUE_MAX).collect()
}
