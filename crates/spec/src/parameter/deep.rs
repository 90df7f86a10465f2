//! `name[member][member]`: objects spelled as names, of the style `deepObject` and what forms made of it.

use serde_json::{Map, Value};

use super::shape::{Shape, Types};
use super::style::{PIECES_MAX, StyleFault};

/// Brackets after one name.
const DEPTH_MAX: usize = 8;

/// The name before the brackets, and what stands in each of them.
pub(crate) fn path(name: &str) -> Option<(&str, Vec<&str>)> {
    let (head, brackets) = name.split_once('[')?;
    let inner = brackets.strip_suffix(']')?;
    let path: Vec<&str> = inner.split("][").collect();
    let plain = path.iter().all(|member| !member.contains(['[', ']']));
    (plain && path.len() <= DEPTH_MAX && !head.is_empty()).then_some((head, path))
}

/// Puts `text` where `path` leads below the member `head`.
pub(crate) fn add(
    members: &mut Map<String, Value>,
    head: &str,
    path: &[&str],
    text: &str,
    shape: &Shape,
) -> Result<(), StyleFault> {
    if members.len() >= PIECES_MAX && !members.contains_key(head) {
        return Err(StyleFault::TooManyPieces);
    }
    let place = members.entry(head).or_insert(Value::Null);
    let is_fresh = place.is_null();
    let Some((member, rest)) = path.split_first() else {
        *place = shape.scalar(text).0;
        return if is_fresh { Ok(()) } else { Err(StyleFault::Repeated) };
    };
    let is_list = shape.types.has(Types::ARRAY)
        && (member.is_empty() || member.bytes().all(|byte| byte.is_ascii_digit()));
    if is_fresh {
        *place = if is_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match place {
        Value::Object(inner) if !is_list => add(inner, member, rest, text, shape.property(member)),
        Value::Array(items) if is_list => add_item(items, member, rest, text, shape.item()),
        _ => Err(StyleFault::Repeated),
    }
}

/// `[]` is one more item; a number is that item, and items are numbered without gaps.
fn add_item(
    items: &mut Vec<Value>,
    number: &str,
    rest: &[&str],
    text: &str,
    shape: &Shape,
) -> Result<(), StyleFault> {
    let at = if number.is_empty() { items.len() } else { number.parse().or(Err(StyleFault::OddPairs))? };
    if at >= PIECES_MAX {
        return Err(StyleFault::TooManyPieces);
    }
    if at > items.len() {
        return Err(StyleFault::OddPairs);
    }
    let mut wrapped = Map::new();
    if let Some(item) = items.get_mut(at) {
        wrapped.insert(String::new(), item.take());
    }
    add(&mut wrapped, "", rest, text, shape)?;
    let item = wrapped.remove("").unwrap_or(Value::Null);
    match items.get_mut(at) {
        Some(place) => *place = item,
        None => items.push(item),
    }
    Ok(())
}
