//! From values of requests and tokens to values of Cedar.

use cedar_policy::RestrictedExpression;
use serde_json::{Number, Value};
use spec::{Field, Node, ValueType};

/// Digits after the point that Cedar's decimals have.
const FRACTION_DIGITS_MAX: usize = 4;

/// Text.
pub(super) fn text(text: impl Into<String>) -> RestrictedExpression {
    RestrictedExpression::new_string(text.into())
}

/// `value` as a `value_type`; nothing where it is something else.
pub(super) fn of_value(value_type: &ValueType, value: &Value) -> Option<RestrictedExpression> {
    Some(match (value_type, value) {
        (ValueType::Text, Value::String(own)) => text(own),
        (ValueType::Boolean, Value::Bool(own)) => RestrictedExpression::new_bool(*own),
        (ValueType::Integer, Value::Number(own)) => RestrictedExpression::new_long(own.as_i64()?),
        (ValueType::Number, Value::Number(own)) => decimal(own)?,
        (ValueType::List(item), Value::Array(items)) => {
            let items: Option<Vec<_>> = items.iter().map(|own| of_value(item, own)).collect();
            RestrictedExpression::new_set(items?)
        }
        _ => return None,
    })
}

/// The same of a node of a body. Members of objects that are not declared are passed over.
pub(super) fn of_node(value_type: &ValueType, node: Node<'_>) -> Option<RestrictedExpression> {
    match value_type {
        ValueType::List(item) if node.is_array() => {
            let items: Option<Vec<_>> = node.items().map(|own| of_node(item, own)).collect();
            Some(RestrictedExpression::new_set(items?))
        }
        ValueType::Record(fields) if node.is_object() => {
            let mut members = Vec::new();
            for field in fields {
                members.extend(member(field, node)?.map(|value| (field.name.clone(), value)));
            }
            RestrictedExpression::new_record(members).ok()
        }
        ValueType::List(_) | ValueType::Record(_) => None,
        scalar => of_value(scalar, &node.to_value()),
    }
}

/// The member of `object` that `field` names; `null` is none. Nothing at all where it is not as declared.
pub(super) fn member(field: &Field, object: Node<'_>) -> Option<Option<RestrictedExpression>> {
    match object.get(&field.name).filter(|value| !value.is_null()) {
        Some(value) => of_node(&field.value_type, value).map(Some),
        None => (!field.required).then_some(None),
    }
}

/// The number where it is written in four digits after the point and without an exponent.
fn decimal(number: &Number) -> Option<RestrictedExpression> {
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = is_digits(whole.strip_prefix('-').unwrap_or(whole)) && is_digits(fraction);
    (is_decimal && fraction.len() <= FRACTION_DIGITS_MAX)
        .then(|| RestrictedExpression::new_decimal(format!("{whole}.{fraction}")))
}
