//! Which nodes a JSONPath query selects (RFC 9535).

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::tree::{Kind, Node};

use super::path::{Comparison, Operand, Path, Query, Segment, Selector, Test};

/// Nodes visited for one query; each `..` after another may visit all of them for each of them.
const VISITS_MAX: usize = 20_000_000;

/// The nodes that `path` selects below `root`, possibly some of them twice; nothing where that takes too long.
pub(super) fn select<'t>(root: Node<'t>, path: &Path) -> Option<Vec<Node<'t>>> {
    let mut selection = Selection { root, visits_left: VISITS_MAX };
    selection.path(path, root)
}

struct Selection<'t> {
    root: Node<'t>,
    visits_left: usize,
}

/// A value to compare.
enum Value<'t> {
    Nothing,
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'t, str>),
    Container(Node<'t>),
}

impl<'t> Selection<'t> {
    fn path(&mut self, path: &Path, from: Node<'t>) -> Option<Vec<Node<'t>>> {
        let mut nodes = vec![from];
        for segment in &path.segments {
            let mut next = Vec::new();
            for node in nodes {
                self.segment(segment, node, &mut next)?;
            }
            nodes = next;
        }
        Some(nodes)
    }

    fn segment(&mut self, segment: &Segment, node: Node<'t>, found: &mut Vec<Node<'t>>) -> Option<()> {
        let mut left = vec![node];
        while let Some(node) = left.pop() {
            for selector in &segment.selectors {
                self.selector(selector, node, found)?;
            }
            if segment.is_descendant {
                let before = left.len();
                left.extend(children(node));
                // Taken from the end, so that nodes come in document order.
                left.get_mut(before..)?.reverse();
            }
        }
        Some(())
    }

    fn selector(&mut self, selector: &Selector, node: Node<'t>, found: &mut Vec<Node<'t>>) -> Option<()> {
        self.visit(1)?;
        match selector {
            Selector::Name(name) => found.extend(node.get(name)),
            Selector::Wildcard => {
                self.visit(node.len())?;
                found.extend(children(node));
            }
            Selector::Index(index) => {
                let length = i64::try_from(node.items().len()).ok()?;
                let index = if *index < 0 { index + length } else { *index };
                found.extend(usize::try_from(index).ok().and_then(|index| node.items().nth(index)));
            }
            Selector::Slice { start, end, step } => {
                self.visit(node.len())?;
                slice(node, (*start, *end, *step), found)?;
            }
            Selector::Filter(test) => {
                for child in children(node) {
                    if self.passes(test, child)? {
                        found.push(child);
                    }
                }
            }
        }
        Some(())
    }

    fn visit(&mut self, nodes: usize) -> Option<()> {
        self.visits_left = self.visits_left.checked_sub(nodes)?;
        Some(())
    }

    fn passes(&mut self, test: &Test, node: Node<'t>) -> Option<bool> {
        self.visit(1)?;
        Some(match test {
            Test::Any(tests) => {
                for test in tests {
                    if self.passes(test, node)? {
                        return Some(true);
                    }
                }
                false
            }
            Test::All(tests) => {
                for test in tests {
                    if !self.passes(test, node)? {
                        return Some(false);
                    }
                }
                true
            }
            Test::Not(test) => !self.passes(test, node)?,
            Test::Exists(query) => !self.query(query, node)?.is_empty(),
            Test::Compare(left, comparison, right) => {
                compare(&self.value(left, node)?, *comparison, &self.value(right, node)?)
            }
            Test::Matches(operand, pattern) => {
                matches!(self.value(operand, node)?, Value::Text(text) if pattern.is_match(&text))
            }
        })
    }

    fn query(&mut self, query: &Query, node: Node<'t>) -> Option<Vec<Node<'t>>> {
        let from = if query.is_relative { node } else { self.root };
        self.path(&query.path, from)
    }

    fn value(&mut self, operand: &Operand, node: Node<'t>) -> Option<Value<'t>> {
        Some(match operand {
            Operand::Null => Value::Null,
            Operand::Bool(value) => Value::Bool(*value),
            Operand::Number(number) => Value::Number(*number),
            Operand::Text(text) => Value::Text(Cow::Owned(text.clone())),
            Operand::Value(query) => match self.query(query, node)?.as_slice() {
                [only] => Value::of(*only),
                _ => Value::Nothing,
            },
            Operand::Count(query) => Value::Number(self.query(query, node)?.len() as f64),
            Operand::Length(operand) => match self.value(operand, node)? {
                Value::Text(text) => Value::Number(text.chars().count() as f64),
                Value::Container(node) => Value::Number(node.len() as f64),
                _ => Value::Nothing,
            },
        })
    }
}

impl<'t> Value<'t> {
    fn of(node: Node<'t>) -> Value<'t> {
        match node.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(node.as_bool() == Some(true)),
            Kind::Number => node.as_f64().map_or(Value::Nothing, Value::Number),
            Kind::String => Value::Text(Cow::Borrowed(node.as_str().unwrap_or_default())),
            Kind::Array | Kind::Object => Value::Container(node),
        }
    }
}

fn compare(left: &Value<'_>, comparison: Comparison, right: &Value<'_>) -> bool {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    };
    let equal = || match (left, right) {
        (Value::Nothing, Value::Nothing) | (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Container(left), Value::Container(right)) => left.to_value() == right.to_value(),
        _ => order == Some(Ordering::Equal),
    };
    match comparison {
        Comparison::Equal => equal(),
        Comparison::NotEqual => !equal(),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::LessOrEqual => order == Some(Ordering::Less) || equal(),
        Comparison::GreaterOrEqual => order == Some(Ordering::Greater) || equal(),
    }
}

fn children<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    node.entries().map(|entry| entry.value).chain(node.items())
}

/// RFC 9535, section 2.3.4.2.2.
fn slice<'t>(
    node: Node<'t>,
    (start, end, step): (Option<i64>, Option<i64>, i64),
    found: &mut Vec<Node<'t>>,
) -> Option<()> {
    let items: Vec<Node<'t>> = node.items().collect();
    let length = i64::try_from(items.len()).ok()?;
    let from_end = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
    let forward = step > 0;
    let start = from_end(start.unwrap_or(if forward { 0 } else { length - 1 }));
    let end = end.map(from_end).unwrap_or(if forward { length } else { -1 });
    let (lowest, highest) = if forward { (0, length) } else { (-1, length - 1) };
    let (mut at, end) = (start.clamp(lowest, highest.max(lowest)), end.clamp(lowest, highest.max(lowest)));
    while step != 0 && (forward && at < end || !forward && at > end) {
        found.extend(usize::try_from(at).ok().and_then(|index| items.get(index)).copied());
        at = at.saturating_add(step);
    }
    Some(())
}
