//! Tells names of places from values of a parameter where both are words.
//!
//! Where names stand there are few, and each is asked again and again. Where values stand there are many, and each is asked
//! rarely. So of the words at one place, ordered by how often each was asked, those before the first large gap are values if
//! they are many and each was rarely asked. What lies beyond the gap was asked too often to be one of them, and stays a name:
//! `/users/me` beside `/users/{user}`.

use super::tree::{Node, Parameter, split};
use crate::kind::Kind;

/// How many words there must be before they are values.
const VALUES_MIN: usize = 16;

/// As many are enough where values are known to stand.
const MORE_VALUES_MIN: usize = 4;

/// How often one value is asked on average, at the most, for each operation below it.
const PER_VALUE_MAX: u64 = 4;

/// So many words are values however often each is asked: no server has as many places beside each other.
const PLACES_MAX: usize = 512;

/// A word that is asked so many times more often than the one before it is none of the same.
const GAP: u64 = 4;

/// A number or a date that so many requests have, and none another, is a name: a version.
const NAME_MIN: u64 = 8;

/// How often an odd word is asked at the most for each operation below it, and what makes it odd.
const ODD_MAX: u64 = 3;
const ODD_CHANGES_MIN: usize = 4;

/// Names that stand beside values everywhere, however rarely they are asked.
const RESERVED: &[&str] = &[
    "all", "batch", "bulk", "count", "current", "default", "export", "health", "import", "latest", "list",
    "login", "logout", "me", "metadata", "new", "search", "self", "stats", "status", "summary", "validate",
];

/// Tells names from values in `node` and everything below it.
pub(super) fn settle(node: &mut Node) {
    // What is below comes first: how many operations there are below a word says how often one of them should be asked.
    node.words.iter_mut().for_each(|(_, child)| settle(child));
    node.parameters.iter_mut().for_each(|parameter| settle(&mut parameter.node));
    name_the_only(node);
    let mut suffixes: Vec<Box<str>> = node.words.iter().map(|(word, _)| split(word).1.into()).collect();
    suffixes.sort();
    suffixes.dedup();
    for suffix in suffixes {
        // What was below many words is now below one parameter.
        if let Some(folded) = fold(node, &suffix) {
            settle(folded);
        }
    }
}

/// Makes names of values that never varied.
fn name_the_only(node: &mut Node) {
    let is_name = |parameter: &mut Parameter| {
        matches!(parameter.kind, Kind::Integer | Kind::Date)
            && parameter.only.is_some()
            && parameter.node.count() >= NAME_MIN
    };
    let names: Vec<Parameter> = node.parameters.extract_if(.., is_name).collect();
    for name in names {
        let word = format!("{}{}", name.only.unwrap_or_default(), name.suffix).into();
        node.merge(Node { words: vec![(word, name.node)], ..Node::default() });
    }
}

/// Makes a parameter of the words that end in `suffix` and are values; what is below it, if there were any.
fn fold<'n>(node: &'n mut Node, suffix: &str) -> Option<&'n mut Node> {
    let is_known = node.parameters.iter().any(|known| {
        *known.suffix == *suffix && known.only.is_none() && known.node.count() >= VALUES_MIN as u64
    });
    let is_candidate = |word: &str| {
        let (value, end) = split(word);
        end == suffix && !value.is_empty() && !RESERVED.contains(&value)
    };
    let mut asked: Vec<u64> = node
        .words
        .iter()
        .filter(|(word, _)| is_candidate(word))
        .map(|(_, child)| per_operation(child))
        .collect();
    asked.sort_unstable();
    let most = most_of_a_value(&asked, is_known).unwrap_or(0);
    let is_value = |(word, child): &mut (Box<str>, Box<Node>)| {
        let most = if is_known && is_odd(word) { most.max(ODD_MAX) } else { most };
        is_candidate(word) && per_operation(child) <= most
    };
    let values: Vec<(Box<str>, Box<Node>)> = node.words.extract_if(.., is_value).collect();
    if values.is_empty() {
        return None;
    }
    for (_, child) in values {
        node.merge_parameter(Parameter {
            suffix: suffix.into(),
            kind: Kind::Slug,
            name: None,
            only: None,
            node: child,
        });
    }
    node.parameters.iter_mut().find(|known| *known.suffix == *suffix).map(|known| &mut *known.node)
}

/// Whether a word has digits or capitals in it as few names have them: beside values it is one of them.
fn is_odd(word: &str) -> bool {
    let bytes = word.as_bytes();
    let changes = bytes.windows(2).filter(|pair| {
        matches!(pair, [a, b] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && a.is_ascii_lowercase() != b.is_ascii_lowercase())
    });
    changes.count() >= ODD_CHANGES_MIN
}

/// How often the most asked of the values was asked, if there are values among words that were asked so often.
fn most_of_a_value(asked: &[u64], is_known: bool) -> Option<u64> {
    let gap = asked.windows(2).position(|pair| matches!(pair, [less, more] if *more > less.max(&1) * GAP));
    let values = asked.get(..gap.map_or(asked.len(), |at| at + 1))?;
    let enough = if is_known { MORE_VALUES_MIN } else { VALUES_MIN };
    let is_rare = values.iter().sum::<u64>() <= PER_VALUE_MAX * values.len() as u64;
    let are_values = (values.len() >= enough && is_rare) || values.len() >= PLACES_MAX;
    values.last().copied().filter(|_| are_values)
}

/// Requests through a node for each operation that they end at.
fn per_operation(node: &Node) -> u64 {
    node.count().div_ceil(operations(node).max(1))
}

fn operations(node: &Node) -> u64 {
    let below = node.words.iter().map(|(_, child)| operations(child));
    let parameters = node.parameters.iter().map(|parameter| operations(&parameter.node));
    node.ends.len() as u64 + below.sum::<u64>() + parameters.sum::<u64>()
}
