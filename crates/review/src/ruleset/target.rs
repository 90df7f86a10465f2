//! What a function is asked about: a node, a name, or the absence of one, and where it stands or would.

use serde_json::Value as Json;
use spec::{Library, Spot};

use super::path::{Key, Selected};

/// Values that one value may hold in all once references are followed.
const VALUES_MAX: usize = 200_000;

/// References and containers inside each other.
const DEPTH_MAX: usize = 64;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'l> {
    Missing,
    /// The name of a member.
    Name(&'l str),
    /// References are followed already, where the rule asks for it.
    Node(Spot<'l>),
}

/// A value, and its place.
#[derive(Debug, Clone)]
pub(super) struct Target<'l> {
    pub(super) value: Value<'l>,
    /// Where it stands; of what is missing, the nearest that is there.
    pub(super) at: Spot<'l>,
    /// Its place is the name of `at`.
    pub(super) is_name: bool,
    /// What messages call it.
    pub(super) property: String,
}

/// How a rule looks at documents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eyes<'l> {
    pub(super) library: &'l Library,
    /// References are followed.
    pub(super) is_resolved: bool,
}

impl<'l> Eyes<'l> {
    pub(super) fn followed(self, spot: Spot<'l>) -> Spot<'l> {
        if !self.is_resolved {
            return spot;
        }
        match self.library.follow(spot.document, spot.node) {
            Ok((document, node)) => Spot { document, node },
            Err(_) => spot,
        }
    }

    /// The targets of a rule in what its path selected: itself, what stands at `field` in it, or the names of its members.
    pub(super) fn targets(self, selected: Selected<'l>, field: Option<&str>) -> Vec<Target<'l>> {
        let Selected { spot, key, is_name } = selected;
        let property = match key {
            Key::Root => String::new(),
            Key::Name(name) => name.to_owned(),
            Key::Number(number) => number.to_string(),
        };
        let value = match key {
            Key::Name(name) if is_name => Value::Name(name),
            _ => Value::Node(self.followed(spot)),
        };
        let own = Target { value, at: spot, is_name, property };
        let (Some(field), Value::Node(node)) = (field, value) else { return vec![own] };
        if !node.node.is_object() && !node.node.is_array() {
            return vec![own];
        }
        if field == "@key" {
            let named = |(name, at): (&'l str, Spot<'l>)| Target {
                value: Value::Name(name),
                at,
                is_name: true,
                property: name.to_owned(),
            };
            return node.members().map(named).collect();
        }
        vec![self.below(own, &steps(field))]
    }

    /// What stands below `target`; where that is missing, what is the nearest.
    pub(super) fn below(self, target: Target<'l>, steps: &[String]) -> Target<'l> {
        let mut at = target;
        for step in steps {
            let child = match at.value {
                Value::Node(spot) => spot.node.child(step).map(|node| spot.at(node)),
                Value::Missing | Value::Name(_) => None,
            };
            at.property.clone_from(step);
            match child {
                Some(child) => at = Target { value: Value::Node(self.followed(child)), at: child, ..at },
                None => at.value = Value::Missing,
            }
        }
        at
    }

    /// The value with everything in it that it refers to; nothing where that has no end, or too much of it.
    pub(super) fn json(self, value: Value<'l>) -> Option<Json> {
        let mut left = VALUES_MAX;
        match value {
            Value::Missing => None,
            Value::Name(name) => Some(Json::String(name.to_owned())),
            Value::Node(spot) => self.json_of(spot, DEPTH_MAX, &mut left),
        }
    }

    fn json_of(self, spot: Spot<'l>, depth: usize, left: &mut usize) -> Option<Json> {
        *left = left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        let spot = self.followed(spot);
        if spot.node.is_object() {
            let members =
                spot.members().map(|(name, spot)| Some((name.to_owned(), self.json_of(spot, depth, left)?)));
            members.collect::<Option<serde_json::Map<_, _>>>().map(Json::Object)
        } else if spot.node.is_array() {
            spot.items()
                .map(|item| self.json_of(item, depth, left))
                .collect::<Option<Vec<_>>>()
                .map(Json::Array)
        } else {
            Some(spot.node.to_value())
        }
    }
}

/// The steps of a field: `a.b[0]['c.d']`.
fn steps(field: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((step, after)) = inner.split_once(']') else { break };
            steps.push(step.trim_matches(['\'', '"']).to_owned());
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (step, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            steps.push(step.to_owned());
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    steps
}

impl Value<'_> {
    /// As JavaScript takes it.
    pub(super) fn is_true(self) -> bool {
        match self {
            Value::Missing => false,
            Value::Name(name) => !name.is_empty(),
            Value::Node(spot) => {
                let node = spot.node;
                let is_empty = node.as_str().is_some_and(str::is_empty);
                let is_zero = node.number().is_some() && node.as_f64() == Some(0.0);
                !(node.is_null() || is_empty || is_zero || node.as_bool() == Some(false))
            }
        }
    }

    pub(super) fn is_missing(self) -> bool {
        matches!(self, Value::Missing)
    }

    /// A value that is no container.
    pub(super) fn scalar(self) -> Option<Json> {
        match self {
            Value::Missing => None,
            Value::Name(name) => Some(Json::String(name.to_owned())),
            Value::Node(spot) => {
                (!spot.node.is_object() && !spot.node.is_array()).then(|| spot.node.to_value())
            }
        }
    }

    /// The length of a text, the value of a number, and how many members or items there are.
    pub(super) fn length(self) -> Option<f64> {
        match self {
            Value::Missing => None,
            Value::Name(name) => Some(name.encode_utf16().count() as f64),
            Value::Node(spot) if spot.node.is_object() || spot.node.is_array() => {
                Some(spot.node.len() as f64)
            }
            Value::Node(spot) => {
                let text = spot.node.as_str().map(|text| text.encode_utf16().count() as f64);
                text.or_else(|| spot.node.as_f64())
            }
        }
    }
}

impl<'l> Value<'l> {
    pub(super) fn as_str(self) -> Option<&'l str> {
        match self {
            Value::Missing => None,
            Value::Name(name) => Some(name),
            Value::Node(spot) => spot.node.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_lodash_reads_them() {
        assert_eq!(steps("info.contact"), ["info", "contact"]);
        assert_eq!(steps("tags[0].name"), ["tags", "0", "name"]);
        assert_eq!(steps("['x.y'].z"), ["x.y", "z"]);
        assert_eq!(steps(""), [""; 0]);
    }
}
