//! The functions of rules: what each takes, and what it finds in a value.

mod casing;
mod schema;

use spec::{Library, Node, Spot};

use super::path;
use super::target::{Eyes, Target, Value};
pub(super) use schema::Schema;

/// What a rule does with what it was given.
#[derive(Debug)]
pub(super) enum Function {
    Truthy,
    Falsy,
    Defined,
    Undefined,
    Pattern {
        matches: Option<regex::Regex>,
        excludes: Option<regex::Regex>,
    },
    Enumeration(Vec<serde_json::Value>),
    Length {
        min: Option<f64>,
        max: Option<f64>,
    },
    Casing(casing::Casing),
    Alphabetical {
        keyed_by: Option<String>,
    },
    /// How many of the properties there may be.
    Properties {
        names: Vec<String>,
        is_exclusive: bool,
    },
    TypedEnum,
    Unreferenced {
        location: String,
    },
    Schema(Box<Schema>),
}

/// What a function finds, and where below the value.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    /// Names and numbers from the value down.
    pub(super) below: Vec<String>,
}

impl Fault {
    fn here(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), below: Vec::new() }
    }
}

impl Function {
    /// Every function by its name, with the keys of its options.
    pub(super) const NAMES: &[(&str, &[&str])] = &[
        ("truthy", &[]),
        ("falsy", &[]),
        ("defined", &[]),
        ("undefined", &[]),
        ("pattern", &["match", "notMatch"]),
        ("enumeration", &["values"]),
        ("length", &["min", "max"]),
        ("casing", &["type", "disallowDigits", "separator"]),
        ("alphabetical", &["keyedBy"]),
        ("xor", &["properties"]),
        ("or", &["properties"]),
        ("typedEnum", &[]),
        ("unreferencedReusableObject", &["reusableObjectsLocation"]),
        ("schema", &["schema", "dialect", "allErrors"]),
    ];

    /// The function called `name` with these options.
    ///
    /// # Errors
    /// What of it is not understood, and where if that is in the options.
    pub(super) fn of<'o>(
        name: &str,
        options: Option<Node<'o>>,
    ) -> Result<Function, (Option<Node<'o>>, String)> {
        let Some((_, known)) = Function::NAMES.iter().find(|(known, _)| *known == name) else {
            return Err((None, format!("the function `{name}` is not one that is run")));
        };
        let members = options.into_iter().flat_map(Node::entries);
        if let Some(entry) = members.into_iter().find(|entry| !known.contains(&entry.key)) {
            return Err((Some(entry.value), format!("`{name}` takes no `{}`", entry.key)));
        }
        let option = |key: &str| options.and_then(|options| options.get(key));
        let needs = |key: &str| option(key).ok_or_else(|| (options, format!("`{name}` needs `{key}`")));
        let texts = |node: Node<'_>| -> Vec<String> {
            node.items().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        Ok(match name {
            "truthy" => Function::Truthy,
            "falsy" => Function::Falsy,
            "defined" => Function::Defined,
            "undefined" => Function::Undefined,
            "pattern" => {
                Function::Pattern { matches: regex(option("match"))?, excludes: regex(option("notMatch"))? }
            }
            "enumeration" => Function::Enumeration(needs("values")?.items().map(Node::to_value).collect()),
            "length" => {
                let bound = |key: &str| option(key).and_then(Node::as_f64);
                Function::Length { min: bound("min"), max: bound("max") }
            }
            "casing" => Function::Casing(casing::Casing::of(options).map_err(|message| (options, message))?),
            "alphabetical" => Function::Alphabetical {
                keyed_by: option("keyedBy").and_then(Node::as_str).map(str::to_owned),
            },
            "xor" => Function::Properties { names: texts(needs("properties")?), is_exclusive: true },
            "or" => Function::Properties { names: texts(needs("properties")?), is_exclusive: false },
            "typedEnum" => Function::TypedEnum,
            "unreferencedReusableObject" => {
                let location = needs("reusableObjectsLocation")?;
                Function::Unreferenced { location: location.as_str().unwrap_or_default().to_owned() }
            }
            _ => {
                let schema = needs("schema")?;
                let dialect = option("dialect").and_then(Node::as_str);
                let says_all = option("allErrors").and_then(Node::as_bool) == Some(true);
                Function::Schema(Box::new(
                    Schema::of(schema, dialect, says_all).map_err(|message| (Some(schema), message))?,
                ))
            }
        })
    }

    /// What is wrong with `target`.
    pub(super) fn faults<'l>(&self, eyes: Eyes<'l>, target: &Target<'l>) -> Vec<Fault> {
        let value = target.value;
        let one = |fault: Option<Fault>| fault.into_iter().collect();
        match self {
            Function::Truthy => one((!value.is_true()).then(|| Fault::here("must be truthy"))),
            Function::Falsy => one(value.is_true().then(|| Fault::here("must be falsy"))),
            Function::Defined => one(value.is_missing().then(|| Fault::here("must be defined"))),
            Function::Undefined => one((!value.is_missing()).then(|| Fault::here("must not be there"))),
            Function::Pattern { matches, excludes } => {
                one(value.as_str().and_then(|text| pattern(text, matches.as_ref(), excludes.as_ref())))
            }
            Function::Enumeration(values) => one(enumeration(value, values)),
            Function::Length { min, max } => one(length(value, *min, *max)),
            Function::Casing(casing) => {
                one(value.as_str().and_then(|text| casing.fault(text)).map(Fault::here))
            }
            Function::Alphabetical { keyed_by } => one(alphabetical(value, keyed_by.as_deref())),
            Function::Properties { names, is_exclusive } => one(properties(value, names, *is_exclusive)),
            Function::TypedEnum => typed_enum(value),
            Function::Unreferenced { location } => unreferenced(eyes.library, value, location),
            Function::Schema(schema) => schema.faults(eyes, value),
        }
    }
}

/// A pattern as rulesets write it: as it is, or between slashes with flags.
fn regex(option: Option<Node<'_>>) -> Result<Option<regex::Regex>, (Option<Node<'_>>, String)> {
    let Some(node) = option else { return Ok(None) };
    let text = node.as_str().unwrap_or_default();
    let is_flags = |flags: &str| flags.bytes().all(|flag| flag.is_ascii_lowercase());
    let (source, flags) = match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((source, flags)) if !source.is_empty() && is_flags(flags) => (source, flags),
        _ => (text, ""),
    };
    let pattern = path::pattern(source, flags);
    pattern
        .map(Some)
        .ok_or_else(|| (option, "patterns with look-around and back-references are not run".to_owned()))
}

fn pattern(text: &str, matches: Option<&regex::Regex>, excludes: Option<&regex::Regex>) -> Option<Fault> {
    if let Some(pattern) = matches.filter(|pattern| !pattern.is_match(text)) {
        return Some(Fault::here(format!("`{}` must match `{pattern}`", cut(text))));
    }
    let pattern = excludes.filter(|pattern| pattern.is_match(text))?;
    Some(Fault::here(format!("`{}` must not match `{pattern}`", cut(text))))
}

fn enumeration(value: Value<'_>, values: &[serde_json::Value]) -> Option<Fault> {
    let own = value.scalar()?;
    let allowed: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    (!values.contains(&own)).then(|| Fault::here(format!("`{}` must be one of {}", own, allowed.join(", "))))
}

fn length(value: Value<'_>, min: Option<f64>, max: Option<f64>) -> Option<Fault> {
    let length = value.length()?;
    if let Some(min) = min.filter(|min| length < *min) {
        return Some(Fault::here(format!("must be longer than {min}")));
    }
    max.filter(|max| length > *max).map(|max| Fault::here(format!("must be shorter than {max}")))
}

fn alphabetical(value: Value<'_>, keyed_by: Option<&str>) -> Option<Fault> {
    let Value::Node(spot) = value else { return None };
    let keyed = |node: Node<'_>| -> Option<String> {
        let node = keyed_by.map_or(Some(node), |key| node.get(key))?;
        node.scalar().map(str::to_owned)
    };
    // Each with its name or number, and what it is sorted by.
    let sorted: Vec<(String, Option<String>)> = if spot.node.is_object() {
        spot.members().map(|(name, _)| (name.to_owned(), Some(name.to_owned()))).collect()
    } else {
        spot.items().enumerate().map(|(number, item)| (number.to_string(), keyed(item.node))).collect()
    };
    sorted.windows(2).find_map(|pair| match pair {
        [(place, Some(one)), (_, Some(other))] if compare(one, other).is_gt() => Some(Fault {
            message: format!("must be in alphabetical order: `{}` stands before `{}`", cut(one), cut(other)),
            below: vec![place.clone()],
        }),
        _ => None,
    })
}

/// Numbers by their value, all else by their characters.
fn compare(one: &str, other: &str) -> std::cmp::Ordering {
    let numbers = one.parse::<f64>().ok().zip(other.parse::<f64>().ok());
    numbers.and_then(|(one, other)| one.partial_cmp(&other)).unwrap_or_else(|| one.cmp(other))
}

fn properties(value: Value<'_>, names: &[String], is_exclusive: bool) -> Option<Fault> {
    let Value::Node(spot) = value else { return None };
    let there = names.iter().filter(|name| spot.get(name).is_some()).count();
    let is_wrong = there == 0 || is_exclusive && there > 1;
    let how = if is_exclusive { "one" } else { "at least one" };
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (spot.node.is_object() && is_wrong)
        .then(|| Fault::here(format!("must have {how} of {}", names.join(", "))))
}

/// Choices that are not of the type beside them.
fn typed_enum(value: Value<'_>) -> Vec<Fault> {
    let Value::Node(spot) = value else { return Vec::new() };
    let types: Vec<&str> = match spot.node.get("type") {
        Some(one) => one.as_str().into_iter().chain(one.items().filter_map(Node::as_str)).collect(),
        None => return Vec::new(),
    };
    let is_nullable = spot.is_true("nullable") || spot.is_true("x-nullable");
    let fits = |choice: Node<'_>| {
        is_nullable && choice.is_null() || types.iter().any(|name| schema::is_type(choice, name))
    };
    let choices = spot.items_of("enum").enumerate().filter(|(_, choice)| !fits(choice.node));
    let fault = |(number, choice): (usize, Spot<'_>)| Fault {
        message: format!(
            "`{}` must be of type `{}`",
            cut(choice.node.scalar().unwrap_or("it")),
            types.join("`, `")
        ),
        below: vec!["enum".to_owned(), number.to_string()],
    };
    choices.map(fault).collect()
}

/// Members that no reference of any of the documents leads to.
fn unreferenced(library: &Library, value: Value<'_>, location: &str) -> Vec<Fault> {
    let Value::Node(spot) = value else { return Vec::new() };
    let mut used = std::collections::HashSet::new();
    for (number, document) in (0u32..).zip(library.documents()) {
        let mut left = vec![document.root()];
        while let Some(node) = left.pop() {
            if let Some(text) = node.get("$ref").and_then(Node::as_str)
                && let Ok((document, target)) = library.resolve(number, node.index(), text)
            {
                used.insert((document, target.index()));
            }
            left.extend(node.items().chain(node.entries().map(|entry| entry.value)));
        }
    }
    let unused = spot.members().filter(|(_, member)| !used.contains(&member.key()));
    let fault = |(name, _): (&str, Spot<'_>)| Fault {
        message: format!("nothing refers to `{location}/{}`", cut(name)),
        below: vec![name.to_owned()],
    };
    unused.map(fault).collect()
}

/// So much of an input as belongs in a message.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(60)).unwrap_or_default()
}
