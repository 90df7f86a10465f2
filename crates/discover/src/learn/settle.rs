//! Tells names of places from values of a parameter where both are words.
//!
//! Where names stand there are few, and each is asked again and again. Where values stand there are many, and each is asked
//! rarely. So of the words at one place, ordered by how often each was asked, those before the first large gap are values if
//! they are many and each was rarely asked. What lies beyond the gap was asked too often to be one of them, and stays a name:
//! `/users/me` beside `/users/{user}`.

use super::tree::{Around, Node, Parameter, split, split_end};
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

/// So many words with a dot behind them may stand before values at one place; where there are more, they are parts of values.
const BEFORE_MAX: usize = 8;

/// Tells names from values in `node` and everything below it.
pub(super) fn settle(node: &mut Node) {
    // What is below words comes first: how many operations there are below one says how often it should be asked.
    node.words.iter_mut().for_each(|(_, child)| settle(child));
    name_the_only(node);
    join_parts(node);
    let words = || node.words.iter().map(|(word, _)| &**word);
    let whole = words().map(|word| Around { before: "", after: split_end(word).1 });
    let parts = words().map(|word| split(word).1).filter(|around| !around.before.is_empty());
    // Those with a word before them come first: what is no value there may be one as a whole.
    let mut arounds: Vec<Around<Box<str>>> = parts.chain(whole).map(Around::to_owned).collect();
    arounds.sort_by(|a, b| b.before.is_empty().cmp(&a.before.is_empty()).reverse().then_with(|| a.cmp(b)));
    arounds.dedup();
    for around in &arounds {
        fold(node, around);
    }
    // What was below many words is below one parameter now, and settled only there: by all that is there.
    node.parameters.iter_mut().for_each(|parameter| settle(&mut parameter.node));
}

/// Makes names of values that never varied.
fn name_the_only(node: &mut Node) {
    let is_name = |parameter: &mut Parameter| {
        matches!(parameter.kind, Kind::Integer | Kind::Date)
            && parameter.only.is_some()
            && (parameter.node.count() >= NAME_MIN || !parameter.around.before.is_empty())
    };
    let names: Vec<Parameter> = node.parameters.extract_if(.., is_name).collect();
    for name in names {
        let Around { before, after } = &name.around;
        let word = format!("{before}{}{after}", name.only.as_deref().unwrap_or_default()).into();
        node.merge(Node { words: vec![(word, name.node)], ..Node::default() });
    }
}

/// Takes words as parts of values where many different ones stand before a dot and a value: `ann.1987`, `bob.2001`.
fn join_parts(node: &mut Node) {
    let is_dotted = |parameter: &Parameter| parameter.around.before.ends_with('.');
    if node.parameters.iter().filter(|parameter| is_dotted(parameter)).count() <= BEFORE_MAX {
        return;
    }
    let parts: Vec<Parameter> = node.parameters.extract_if(.., |parameter| is_dotted(parameter)).collect();
    for part in parts {
        let around = Around { before: "".into(), after: part.around.after };
        node.merge_parameter(Parameter { around, kind: Kind::Opaque, only: None, ..part });
    }
}

/// Makes a parameter of the words that are values with this around them.
fn fold(node: &mut Node, around: &Around<Box<str>>) {
    let is_known = node.parameters.iter().any(|known| {
        known.around == *around && known.only.is_none() && known.node.count() >= VALUES_MIN as u64
    });
    let is_candidate = |word: &str| match around.before.is_empty() {
        true => {
            let (value, after) = split_end(word);
            *after == *around.after && !value.is_empty() && !RESERVED.contains(&value)
        }
        false => split(word).1 == around.as_ref(),
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
    for (_, child) in values {
        node.merge_parameter(Parameter {
            around: around.clone(),
            kind: Kind::Slug,
            name: None,
            only: None,
            node: child,
        });
    }
}

/// Whether a word has digits or capitals in it as few names have them: beside values it is one of them.
fn is_odd(word: &str) -> bool {
    let changes = word.as_bytes().windows(2).filter(|pair| {
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
