//! What a path selects. References are followed on the way, and what several lead to is met once: a document that refers
//! to itself has no end.

use std::collections::HashSet;

use spec::{Library, Spot};

use super::filter::{Comparison, Expression};
use super::{Path, Selector};

/// Nodes that are looked at for one path.
const STEPS_MAX: usize = 5_000_000;

/// The name or number of a node in what it stands in; of the root, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Key<'l> {
    Root,
    Name(&'l str),
    Number(usize),
}

/// A node that was selected, or its name.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Selected<'l> {
    /// As it stands: a reference, where it is one.
    pub(in super::super) spot: Spot<'l>,
    pub(in super::super) key: Key<'l>,
    /// Its name is meant.
    pub(in super::super) is_name: bool,
}

/// A node on the way, and the number of the one that it stands in.
#[derive(Debug, Clone, Copy)]
struct Met<'l> {
    spot: Spot<'l>,
    key: Key<'l>,
    parent: Option<usize>,
}

/// One selection.
struct Selection<'l> {
    library: &'l Library,
    is_resolved: bool,
    met: Vec<Met<'l>>,
}

/// A value of a filter.
#[derive(Debug, Clone)]
enum Value<'l> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(&'l str),
    Node(Spot<'l>),
    List(Vec<Value<'l>>),
}

/// What `path` selects from `root`, references followed if `is_resolved`; nothing where that is too much to look at.
pub(in super::super) fn select<'l>(
    library: &'l Library,
    root: Spot<'l>,
    path: &'l Path,
    is_resolved: bool,
) -> Option<Vec<Selected<'l>>> {
    let mut selection = Selection { library, is_resolved, met: Vec::new() };
    selection.met.push(Met { spot: root, key: Key::Root, parent: None });
    let mut current = vec![0];
    let mut is_name = false;
    for segment in &path.segments {
        is_name = matches!(segment.selector, Selector::Name);
        let from = if segment.is_descendant { selection.descendants(&current)? } else { current };
        let mut next = Vec::new();
        let mut seen = HashSet::new();
        for number in from {
            for selected in selection.step(number, &segment.selector)? {
                let key = selection.met.get(selected).map(|met| met.spot.key());
                if key.is_some_and(|key| seen.insert(key)) {
                    next.push(selected);
                }
            }
        }
        current = next;
    }
    let selected = current.into_iter().filter_map(|number| selection.met.get(number));
    Some(selected.map(|met| Selected { spot: met.spot, key: met.key, is_name }).collect())
}

impl<'l> Selection<'l> {
    /// What stands for a node: itself, or what it refers to.
    fn value(&self, spot: Spot<'l>) -> Spot<'l> {
        if !self.is_resolved {
            return spot;
        }
        match self.library.follow(spot.document, spot.node) {
            Ok((document, node)) => Spot { document, node },
            Err(_) => spot,
        }
    }

    fn add(&mut self, met: Met<'l>) -> Option<usize> {
        self.met.push(met);
        (self.met.len() <= STEPS_MAX).then_some(self.met.len() - 1)
    }

    /// The members and items of a node.
    fn children(&mut self, number: usize) -> Option<Vec<usize>> {
        let Some(met) = self.met.get(number).copied() else { return Some(Vec::new()) };
        let value = self.value(met.spot);
        let members = value.members().map(|(name, spot)| (Key::Name(name), spot));
        let items = value.items().enumerate().map(|(number, spot)| (Key::Number(number), spot));
        let parent = Some(number);
        members.chain(items).map(|(key, spot)| self.add(Met { spot, key, parent })).collect()
    }

    /// The nodes themselves, and everything below them, each once.
    fn descendants(&mut self, from: &[usize]) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut left: Vec<usize> = from.iter().rev().copied().collect();
        while let Some(number) = left.pop() {
            let Some(met) = self.met.get(number) else { continue };
            if !seen.insert(self.value(met.spot).key()) {
                continue;
            }
            found.push(number);
            left.extend(self.children(number)?.into_iter().rev());
        }
        Some(found)
    }

    fn step(&mut self, number: usize, selector: &'l Selector) -> Option<Vec<usize>> {
        match selector {
            Selector::Name => return Some(vec![number]),
            Selector::Parent => return Some(self.met.get(number)?.parent.into_iter().collect()),
            _ => {}
        }
        let children = self.children(number)?;
        let length = i64::try_from(children.len()).unwrap_or(i64::MAX);
        let is_selected = |(place, child): (usize, &usize)| {
            let Some(met) = self.met.get(*child) else { return false };
            match selector {
                Selector::Names(names) => names.iter().any(|name| met.key.is(name)),
                Selector::Slice(start, end) => {
                    let from_start = |bound: i64| if bound < 0 { bound + length } else { bound };
                    let place = i64::try_from(place).unwrap_or(i64::MAX);
                    matches!(met.key, Key::Number(_))
                        && start.is_none_or(|start| from_start(start) <= place)
                        && end.is_none_or(|end| place < from_start(end))
                }
                Selector::Filter(expression) => self.evaluated(expression, *met).is_true(),
                Selector::Wildcard | Selector::Parent | Selector::Name => true,
            }
        };
        Some(
            children
                .iter()
                .enumerate()
                .filter(|found| is_selected(*found))
                .map(|(_, child)| *child)
                .collect(),
        )
    }

    fn evaluated(&self, expression: &'l Expression, met: Met<'l>) -> Value<'l> {
        let value = |of: &'l Expression| self.evaluated(of, met);
        let parent = met.parent.and_then(|parent| self.met.get(parent));
        let text = |of: &'l Expression| value(of).as_text();
        match expression {
            Expression::Any(several) => {
                let found = several.iter().map(value).find(Value::is_true);
                found.unwrap_or(Value::Bool(false))
            }
            Expression::All(several) => Value::Bool(several.iter().all(|one| value(one).is_true())),
            Expression::Not(inner) => Value::Bool(!value(inner).is_true()),
            Expression::Compare(left, comparison, right) => {
                Value::Bool(value(left).compares(*comparison, &value(right)))
            }
            Expression::Matches(of, pattern) => {
                Value::Bool(text(of).is_some_and(|text| pattern.is_match(text)))
            }
            Expression::Includes(of, what) => match (value(of), value(what)) {
                (Value::List(items), what) => Value::Bool(items.iter().any(|item| item.equals(&what))),
                (Value::Node(list), what) if list.node.is_array() => {
                    Value::Bool(list.items().any(|item| self.of_spot(item).equals(&what)))
                }
                (of, what) => {
                    let both = of.as_text().zip(what.as_text());
                    Value::Bool(both.is_some_and(|(of, what)| of.contains(what)))
                }
            },
            Expression::StartsWith(of, what) => {
                Value::Bool(text(of).zip(text(what)).is_some_and(|(of, what)| of.starts_with(what)))
            }
            Expression::EndsWith(of, what) => {
                Value::Bool(text(of).zip(text(what)).is_some_and(|(of, what)| of.ends_with(what)))
            }
            Expression::IndexOf(of, what) => match text(of).zip(text(what)) {
                Some((of, what)) => Value::Number(of.find(what).map_or(-1.0, |at| at as f64)),
                None => Value::Undefined,
            },
            Expression::Length(of) => match value(of) {
                Value::Text(text) => Value::Number(text.chars().count() as f64),
                Value::Node(list) if list.node.is_array() => Value::Number(list.node.len() as f64),
                Value::List(items) => Value::Number(items.len() as f64),
                Value::Node(object) => {
                    object.get("length").map_or(Value::Undefined, |spot| self.of_spot(spot))
                }
                _ => Value::Undefined,
            },
            Expression::Member(of, name) => match value(of) {
                Value::Node(spot) => {
                    spot.node.child(name).map_or(Value::Undefined, |node| self.of_spot(spot.at(node)))
                }
                _ => Value::Undefined,
            },
            Expression::List(items) => Value::List(items.iter().map(value).collect()),
            Expression::This => self.of_spot(met.spot),
            Expression::Property => met.key.value(),
            Expression::Parent => parent.map_or(Value::Undefined, |parent| self.of_spot(parent.spot)),
            Expression::ParentProperty => parent.map_or(Value::Undefined, |parent| parent.key.value()),
            Expression::Root => self.met.first().map_or(Value::Undefined, |root| self.of_spot(root.spot)),
            Expression::Undefined => Value::Undefined,
            Expression::Null => Value::Null,
            Expression::Bool(bool) => Value::Bool(*bool),
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text),
        }
    }

    fn of_spot(&self, spot: Spot<'l>) -> Value<'l> {
        let spot = self.value(spot);
        if spot.node.is_null() {
            Value::Null
        } else if let Some(text) = spot.node.as_str() {
            Value::Text(text)
        } else if let Some(bool) = spot.node.as_bool() {
            Value::Bool(bool)
        } else {
            spot.node.as_f64().map_or(Value::Node(spot), Value::Number)
        }
    }
}

impl<'l> Key<'l> {
    fn is(self, name: &str) -> bool {
        match self {
            Key::Root => false,
            Key::Name(own) => own == name,
            Key::Number(number) => name.parse() == Ok(number),
        }
    }

    fn value(self) -> Value<'l> {
        match self {
            Key::Root => Value::Undefined,
            Key::Name(name) => Value::Text(name),
            Key::Number(number) => Value::Number(number as f64),
        }
    }
}

impl<'l> Value<'l> {
    /// As JavaScript takes it.
    fn is_true(&self) -> bool {
        match self {
            Value::Undefined | Value::Null => false,
            Value::Bool(bool) => *bool,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Node(_) | Value::List(_) => true,
        }
    }

    fn as_text(&self) -> Option<&'l str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn equals(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Undefined | Value::Null, Value::Undefined | Value::Null) => true,
            (Value::Bool(one), Value::Bool(other)) => one == other,
            (Value::Number(one), Value::Number(other)) => one == other,
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::Text(text), Value::Number(number)) | (Value::Number(number), Value::Text(text)) => {
                text.parse() == Ok(*number)
            }
            (Value::Node(one), Value::Node(other)) => one.key() == other.key(),
            _ => false,
        }
    }

    fn compares(&self, comparison: Comparison, other: &Value<'_>) -> bool {
        let order = match (self, other) {
            (Value::Number(one), Value::Number(other)) => one.partial_cmp(other),
            (Value::Text(one), Value::Text(other)) => Some((*one).cmp(other)),
            _ => None,
        };
        match comparison {
            Comparison::Equal => self.equals(other),
            Comparison::NotEqual => !self.equals(other),
            Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Comparison::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Comparison::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Comparison::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}
