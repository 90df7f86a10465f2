//! Tells values from names where below each stands what stands below the others, as below names of tenants.
//!
//! What is below one tenant alone is too little to tell names from values there, and so how many operations there are. Below
//! all of them together it is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::{RESERVED, VALUES_MIN, most_of_a_value, operations, settle_within};
use crate::learn::segment::{Around, split_end};
use crate::learn::tree::{Node, Parameter};

/// Makes a parameter of the words that are values with the same below them. To find out is to attempt it, which takes what
/// it costs from `spare`, in nodes.
pub(super) fn fold(node: &mut Node, spare: &mut usize) {
    let Some(values) = values(node, spare) else { return };
    let folded: Vec<_> = node.words.extract_if(.., |(word, _)| values.contains(word)).collect();
    for (_, child) in folded {
        node.merge_parameter(Parameter::of_words(Around::default(), child));
    }
}

fn values(node: &Node, spare: &mut usize) -> Option<BTreeSet<Box<str>>> {
    let mut below: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, child) in &node.words {
        names_below(child).into_iter().for_each(|name| *below.entry(name).or_default() += 1);
    }
    let is_shared = |name: &str| below.get(name).is_some_and(|count| *count >= node.words.len() / 2);
    let is_alike = |child: &Node| names_below(child).into_iter().any(is_shared);
    let words = || node.words.iter().filter(|(word, _)| may_be_value(word));
    let alike: Vec<&Node> = words().map(|(_, child)| &**child).filter(|child| is_alike(child)).collect();
    if alike.len() < VALUES_MIN {
        return None;
    }
    let cost = alike.iter().map(|child| child.size()).sum::<usize>().saturating_mul(2);
    *spare = spare.checked_sub(cost)?;
    let mut together = Node::default();
    alike.iter().for_each(|child| together.merge((*child).clone()));
    settle_within(&mut together, spare);
    let mut asked: Vec<u64> = words().map(|(_, child)| per_operation(child, &together)).collect();
    asked.sort_unstable();
    let most = most_of_a_value(&asked, false)?;
    // Names that have the same below them, as collections that can all be searched, are fewer operations each by itself.
    if operations(&together) >= alike.iter().map(|child| operations_alone(child)).sum() {
        return None;
    }
    let values = words().filter(|(_, child)| per_operation(child, &together) <= most);
    Some(values.map(|(word, _)| word.clone()).collect())
}

fn may_be_value(word: &str) -> bool {
    split_end(word).1.is_empty() && !RESERVED.contains(&word)
}

/// The names that stand directly below a node, and one level deeper.
fn names_below(node: &Node) -> BTreeSet<&str> {
    let deeper = node.words.iter().flat_map(|(_, child)| &child.words);
    node.words.iter().chain(deeper).map(|(word, _)| &**word).collect()
}

/// Requests through a node for each operation of `settled` that they end at; it was among those that that was settled by.
fn per_operation(node: &Node, settled: &Node) -> u64 {
    let mut ends = BTreeSet::new();
    ends_within(node, settled, &mut ends);
    node.count().div_ceil((ends.len() as u64).max(1))
}

/// How many operations there are below a node by what is there alone.
fn operations_alone(node: &Node) -> u64 {
    let mut alone = node.clone();
    settle_within(&mut alone, &mut 0);
    operations(&alone)
}

fn ends_within<'n>(node: &'n Node, settled: &Node, ends: &mut BTreeSet<(*const Node, &'n str)>) {
    ends.extend(node.ends.iter().map(|(method, _)| (std::ptr::from_ref(settled), &**method)));
    for (word, child) in &node.words {
        if let Some(known) = settled.child(word) {
            ends_within(child, known, ends);
        }
    }
    for parameter in &node.parameters {
        if let Some(known) = settled.parameters.iter().find(|known| known.around == parameter.around) {
            ends_within(&parameter.node, &known.node, ends);
        }
    }
}
