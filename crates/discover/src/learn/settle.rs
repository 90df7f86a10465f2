//! Tells names of places from values of a parameter where both are words.
//!
//! Where names stand there are few, and each is asked again and again. Where values stand there are many, and each is asked
//! rarely. So of the words at one place, ordered by how often each was asked, those before the first large gap are values if
//! they are many and each was rarely asked. What lies beyond the gap was asked too often to be one of them, and stays a name:
//! `/users/me` beside `/users/{user}`.

mod alike;

use std::collections::{BTreeMap, BTreeSet};

use super::segment::{Around, split, split_end};
use super::tree::{AROUND_MAX, Node, Parameter};
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
const LONG_ODD_CHANGES_MIN: usize = 3;

/// From so many bytes on a word is long.
const LONG: usize = 16;

/// How often each node may be part of an attempt, on average.
const ATTEMPTS: usize = 12;

/// Names that stand beside values everywhere, however rarely they are asked.
const RESERVED: &[&str] = &[
    "all", "batch", "bulk", "count", "current", "default", "export", "health", "import", "latest", "list",
    "login", "logout", "me", "metadata", "new", "search", "self", "stats", "status", "summary", "validate",
];

/// So many words with a dot behind them may stand before values at one place, and so many verbs with a colon before them behind
/// values; where there are more, they are parts of values.
const FEW_MAX: usize = 8;

/// Tells names from values in `node` and everything below it.
pub(super) fn settle(node: &mut Node) {
    let mut spare = node.size().saturating_mul(ATTEMPTS);
    settle_within(node, &mut spare);
}

/// The same, where attempts may take in as many nodes as `spare`.
fn settle_within(node: &mut Node, spare: &mut usize) {
    name_the_only(node);
    alike::fold(node, spare);
    // What is below words comes first: how many operations there are below one says how often it should be asked.
    node.words.iter_mut().for_each(|(_, child)| settle_within(child, spare));
    let apart = Apart::at(node);
    apart.join(node);
    // Those with a word before them come first: what is no value there may be one as a whole.
    fold(node, |word| apart.part(word));
    fold(node, |word| apart.whole(word));
    // What was below many words is below one parameter now, and settled only there: by all that is there.
    node.parameters.iter_mut().for_each(|parameter| settle_within(&mut parameter.node, spare));
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

/// What stands around values at one place, since it is few things: elsewhere it is a part of them.
#[derive(Debug, Clone, Copy)]
struct Apart {
    /// Words with a dot: `report.` of `report.7`, and not `ann.` of `ann.1987`, `bob.2001` and so on.
    words: bool,
    /// Verbs with a colon: `:cancel` of `7:cancel`, and not `:bob` of `ann:bob`, `eve:joe` and so on.
    verbs: bool,
}

impl Apart {
    fn at(node: &Node) -> Apart {
        let of_values = node.parameters.iter().map(|parameter| parameter.around.as_ref());
        let of_words = node.words.iter().map(|(word, _)| split(word).1);
        let (mut words, mut verbs) = (BTreeSet::new(), BTreeSet::new());
        for Around { before, after } in of_values.chain(of_words) {
            words.extend(is_dotted(before).then_some(before));
            verbs.extend(is_verb(after).then_some(after));
        }
        Apart { words: words.len() <= FEW_MAX, verbs: verbs.len() <= FEW_MAX }
    }

    /// Makes one of the parameters that what is a part of their values tells apart.
    fn join(self, node: &mut Node) {
        let is_part = |parameter: &Parameter| {
            let Around { before, after } = parameter.around.as_ref();
            (!self.words && is_dotted(before)) || (!self.verbs && is_verb(after))
        };
        let parts: Vec<Parameter> = node.parameters.extract_if(.., |parameter| is_part(parameter)).collect();
        for part in parts {
            let after =
                if !self.verbs && is_verb(&part.around.after) { "".into() } else { part.around.after };
            let around = Around { before: "".into(), after };
            node.merge_parameter(Parameter { around, kind: Kind::Opaque, only: None, ..part });
        }
    }

    /// What stands around the value that a segment may be as a whole.
    fn whole(self, segment: &str) -> Option<Around<&str>> {
        let (value, after) = split_end(segment);
        let after = if !self.verbs && is_verb(after) { "" } else { after };
        let is_value = !value.is_empty() && !RESERVED.contains(&value);
        is_value.then_some(Around { before: "", after })
    }

    /// What stands around the value in a segment with a word before it.
    fn part(self, segment: &str) -> Option<Around<&str>> {
        let around = split(segment).1;
        let is_apart = self.words || !is_dotted(around.before);
        (is_apart && !around.before.is_empty()).then_some(around)
    }
}

fn is_dotted(before: &str) -> bool {
    before.ends_with('.')
}

fn is_verb(after: &str) -> bool {
    after.starts_with(':')
}

/// Makes parameters of the words that are values; `around` says what would stand around each as a value.
fn fold(node: &mut Node, around: impl Fn(&str) -> Option<Around<&str>>) {
    let mut groups: BTreeMap<Around<&str>, Vec<(&str, u64)>> = BTreeMap::new();
    for (word, child) in &node.words {
        if let Some(around) = around(word) {
            groups.entry(around).or_default().push((word, per_operation(child)));
        }
    }
    let mut values: BTreeMap<Box<str>, Around<Box<str>>> = BTreeMap::new();
    for (around, words) in groups.into_iter().take(AROUND_MAX) {
        let is_known = node.parameters.iter().any(|known| {
            known.around.is(around) && known.only.is_none() && known.node.count() >= VALUES_MIN as u64
        });
        let mut asked: Vec<u64> = words.iter().map(|(_, asked)| *asked).collect();
        asked.sort_unstable();
        let most = most_of_a_value(&asked, is_known).unwrap_or(0);
        let is_value =
            |word: &str, asked: u64| asked <= if is_known && is_odd(word) { most.max(ODD_MAX) } else { most };
        let of_these = words.iter().filter(|(word, asked)| is_value(word, *asked));
        values.extend(of_these.map(|(word, _)| ((*word).into(), around.to_owned())));
    }
    let folded: Vec<_> = node.words.extract_if(.., |(word, _)| values.contains_key(word)).collect();
    for (word, child) in folded {
        let Some(around) = values.remove(&word) else { continue };
        node.merge_parameter(Parameter::of_words(around, child));
    }
}

/// Whether a word has digits or capitals in it as few names have them: beside values it is one of them.
fn is_odd(word: &str) -> bool {
    let changes = word.as_bytes().windows(2).filter(|pair| {
        matches!(pair, [a, b] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && a.is_ascii_lowercase() != b.is_ascii_lowercase())
    });
    changes.count() >= if word.len() < LONG { ODD_CHANGES_MIN } else { LONG_ODD_CHANGES_MIN }
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
