//! Loops over tables of routes that are written down, and small functions that only add a route: each round and each call is
//! written out, as if the program had none of them.

use std::collections::BTreeMap;

use super::syntax::{Call, Function, Kind, Node};

/// So many parts of one file are written out.
const PARTS_MAX: usize = 1 << 17;

/// The longest table that a loop is followed through.
const ROWS_MAX: usize = 512;

/// How large a function may be that only adds a route, in parts.
const HELPER_PARTS_MAX: usize = 128;

/// So deep may such functions call each other, and loops stand within each other.
const DEPTH_MAX: usize = 3;

/// The name of the call that a loop is read as: on what it goes through, with what it does.
pub(super) const LOOP: &str = "range";

/// The name of the call that a choice is read as: of what, and for each case a list of its values and a list of what it does.
pub(super) const CHOICE: &str = "switch";

/// What may be written out in a file.
#[derive(Default)]
struct Unroll {
    tables: BTreeMap<String, Vec<Node>>,
    /// Functions by their names, with how often each is named, and how often a call of it was written out.
    helpers: BTreeMap<String, (Function, usize, usize)>,
    left: usize,
}

/// Writes out what can be, and leaves no loop.
pub(super) fn unroll(body: &mut [Node]) {
    let mut unroll = Unroll { left: PARTS_MAX, ..Unroll::default() };
    body.iter().for_each(|node| unroll.collect(node));
    for node in body.iter() {
        node.visit(&mut |node| {
            if let Kind::Name(name) | Kind::Member(_, name) = &node.kind
                && let Some((_, named, _)) = unroll.helpers.get_mut(&**name)
            {
                *named += 1;
            }
            true
        });
    }
    body.iter_mut().for_each(|node| unroll.write_out(node, DEPTH_MAX));
    body.iter_mut().for_each(|node| unroll.empty(node));
}

impl Unroll {
    /// Remembers tables, and functions that may only add a route.
    fn collect(&mut self, node: &Node) {
        node.visit(&mut |node| {
            match &node.kind {
                Kind::Let(binding) => match &binding.value.kind {
                    Kind::List(rows) => self.table(binding.name.to_string(), rows),
                    Kind::Map(_) => {
                        self.table(binding.name.to_string(), std::slice::from_ref(&binding.value))
                    }
                    Kind::Function(function) => self.helper(&binding.name, function),
                    _ => {}
                },
                Kind::Function(function) if !function.name.is_empty() => {
                    self.helper(&function.name, function);
                    if let Some(Kind::Return(value)) = function.body.last().map(|last| &last.kind)
                        && let Kind::List(rows) = &value.kind
                    {
                        self.table(format!("{}()", function.name), rows);
                    }
                }
                _ => {}
            }
            true
        });
    }

    fn table(&mut self, name: String, rows: &[Node]) {
        if rows.len() <= ROWS_MAX {
            self.tables.insert(name, rows.to_vec());
        }
    }

    /// A function that hands what it is given on to a method, and does little else.
    fn helper(&mut self, name: &str, function: &Function) {
        let (mut parts, mut hands_on) = (0, false);
        let is_given =
            |node: &Node| is_made_of(node, &|name| function.parameters.iter().any(|one| *one.name == *name));
        for node in &function.body {
            node.visit(&mut |node| {
                parts += 1;
                hands_on |= node
                    .call()
                    .is_some_and(|call| call.receiver().is_some() && call.value(0).is_some_and(is_given));
                true
            });
        }
        if function.parameters.len() > 1 && hands_on && parts <= HELPER_PARTS_MAX {
            self.helpers.insert(name.to_owned(), (function.clone(), 0, 0));
        }
    }

    fn write_out(&mut self, node: &mut Node, left: usize) {
        let written = match &node.kind {
            Kind::Call(call) if call.name() == LOOP => Some(self.rounds(call, left)),
            Kind::Call(call) if call.name() == CHOICE && call.receiver().is_none() => {
                let mut parts = chosen(call);
                parts.iter_mut().for_each(|part| self.write_out(part, left));
                Some(parts)
            }
            Kind::Call(call) => self.called(call, left),
            _ => None,
        };
        match written {
            Some(mut parts) if parts.len() == 1 => *node = parts.remove(0),
            Some(parts) => node.kind = Kind::Other(parts),
            None => node.parts_mut().into_iter().for_each(|part| self.write_out(part, left)),
        }
    }

    /// What a loop does, once for each row of what it goes through; once as it stands where that is not known.
    fn rounds(&mut self, call: &Call, left: usize) -> Vec<Node> {
        let Some(function) = call.value(0).and_then(Node::function) else { return Vec::new() };
        let rows = call.receiver().and_then(|of| match &of.kind {
            Kind::List(rows) => Some(rows.clone()),
            Kind::Map(_) => Some(vec![of.clone()]),
            Kind::Call(made) if made.arguments.is_empty() => {
                self.tables.get(&format!("{}()", made.name())).cloned()
            }
            _ => {
                let name = of.dotted()?;
                let last = name.rsplit('.').next().unwrap_or(&name);
                self.tables.get(&name).or_else(|| self.tables.get(last)).cloned()
            }
        });
        let mut parts = Vec::new();
        match rows.filter(|_| left > 0) {
            Some(rows) => {
                for (key, row) in rows.iter().flat_map(pairs) {
                    let given: Vec<(&str, &Node)> = match &function.parameters[..] {
                        [value] => vec![(&value.name, row)],
                        [index, value, ..] => vec![(&*value.name, row)]
                            .into_iter()
                            .chain(key.as_ref().map(|key| (&*index.name, key)))
                            .collect(),
                        [] => Vec::new(),
                    };
                    parts.extend(self.copy(&function.body, &given, row.line, true));
                }
            }
            None => parts.extend(function.body.iter().cloned()),
        }
        parts.iter_mut().for_each(|part| self.write_out(part, left.saturating_sub(1)));
        parts
    }

    /// What a function does that only adds a route, with what it is given here.
    fn called(&mut self, call: &Call, left: usize) -> Option<Vec<Node>> {
        let is_path =
            |node: &Node| node.text().is_some_and(|text| text.starts_with('/') || text.contains(" /"));
        if left == 0 || !call.arguments.iter().any(|argument| is_path(&argument.value)) {
            return None;
        }
        let (function, ..) = self.helpers.get(call.name())?;
        let function = function.clone();
        let is_method = call.receiver().is_some();
        if function.parameters.len() > call.arguments.len() || is_method != function.of.is_some() {
            return None;
        }
        let values = call.arguments.iter().map(|argument| &argument.value);
        let mut given: Vec<(&str, &Node)> =
            function.parameters.iter().map(|one| &*one.name).zip(values).collect();
        given.extend(function.of.as_ref().map(|of| &*of.name).zip(call.receiver()));
        let mut parts = self.copy(&function.body, &given, call.callee.line, false);
        if parts.is_empty() {
            return None;
        }
        if let Some((_, _, written)) = self.helpers.get_mut(call.name()) {
            *written += 1;
        }
        parts.iter_mut().for_each(|part| self.write_out(part, left - 1));
        Some(parts)
    }

    /// A copy of what a function does, with values in place of names; nothing where too much was written out.
    fn copy(&mut self, body: &[Node], given: &[(&str, &Node)], line: u32, is_row: bool) -> Vec<Node> {
        let mut count = 0;
        body.iter().chain(given.iter().map(|(_, value)| *value)).for_each(|node| {
            node.visit(&mut |_| {
                count += 1;
                true
            });
        });
        let Some(left) = self.left.checked_sub(count) else { return Vec::new() };
        self.left = left;
        let mut parts = body.to_vec();
        parts.iter_mut().for_each(|part| replace(part, given, (line, is_row)));
        parts
    }

    /// What every call of was written out does nothing by itself.
    fn empty(&self, node: &mut Node) {
        let is_written = |name: &str| {
            let known = self.helpers.get(name).filter(|_| !name.starts_with(char::is_uppercase));
            known.is_some_and(|(_, named, written)| *written > 0 && named <= written)
        };
        match &mut node.kind {
            Kind::Let(binding) if is_written(&binding.name) => binding.value.kind = Kind::default(),
            Kind::Function(function) if is_written(&function.name) => function.body.clear(),
            _ => node.parts_mut().into_iter().for_each(|part| self.empty(part)),
        }
    }
}

/// What a choice does, where it is known of what it is made; all that it may do where it is not.
fn chosen(call: &Call) -> Vec<Node> {
    let constant = |node: &Node| {
        let name = node.text().or_else(|| node.last_name().strip_prefix("Method"))?;
        Some(name.to_ascii_uppercase())
    };
    let of = call.value(0).and_then(constant);
    let cases = call.arguments.iter().skip(1).map(|case| case.value.values());
    let is_it = |case: &&[Node]| {
        let values = case.first().map(Node::values).unwrap_or_default();
        of.is_some() && values.iter().any(|value| constant(value) == of)
    };
    match cases.clone().find(is_it) {
        Some(case) => case.iter().skip(1).cloned().collect(),
        None => call.value(0).into_iter().chain(cases.flatten()).cloned().collect(),
    }
}

/// Rows of a table, of an object each with its name.
fn pairs(node: &Node) -> Vec<(Option<Node>, &Node)> {
    match &node.kind {
        Kind::Map(members) if members.iter().any(|(name, _)| name.starts_with('/')) => {
            let key = |name: &str, line| Node { line, kind: Kind::Text(name.into()) };
            members.iter().map(|(name, value)| (Some(key(name, value.line)), value)).collect()
        }
        _ => vec![(None, node)],
    }
}

/// Puts values in place of names. A call then stands where they do, unless it is given none of them and they are of no row.
fn replace(node: &mut Node, given: &[(&str, &Node)], place: (u32, bool)) {
    let value = match &node.kind {
        Kind::Name(name) => named(given, name).cloned(),
        Kind::Member(of, member) => match &of.kind {
            Kind::Name(name) => named(given, name).and_then(|row| field(row, member)),
            _ => None,
        },
        _ => None,
    };
    if let Some(value) = value {
        *node = value;
        return;
    }
    match &mut node.kind {
        Kind::Call(call) => {
            let (line, is_row) = place;
            let is_given = |value: &Node| is_made_of(value, &|name| named(given, name).is_some());
            if is_row || call.arguments.iter().any(|argument| is_given(&argument.value)) {
                (node.line, call.callee.line) = (line, line);
            }
        }
        Kind::Return(value) => {
            let value = std::mem::take(&mut **value);
            *node = value;
            return replace(node, given, place);
        }
        _ => {}
    }
    node.parts_mut().into_iter().for_each(|part| replace(part, given, place));
}

/// Whether a value is one of such a name, or a text with one in it.
fn is_made_of(node: &Node, is_one: &dyn Fn(&str) -> bool) -> bool {
    match &node.kind {
        Kind::Name(name) => is_one(name),
        Kind::Join(parts) => parts.iter().any(|part| is_made_of(part, is_one)),
        _ => false,
    }
}

fn named<'g>(given: &[(&str, &'g Node)], name: &str) -> Option<&'g Node> {
    given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// A value of a row; where the names of its columns are not known, the first that is like what the name says.
fn field(row: &Node, name: &str) -> Option<Node> {
    let Kind::Map(members) = &row.kind else { return None };
    if let Some(value) = row.member(name) {
        return Some(value.clone());
    }
    let is_plain = members.iter().all(|(name, _)| name.starts_with('#'));
    let lower = name.to_ascii_lowercase();
    let is_said = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is_path = |node: &Node| node.text().is_some_and(|text| text.starts_with('/'));
    let is_method = |node: &Node| {
        let last = node.text().unwrap_or_else(|| node.last_name().strip_prefix("Method").unwrap_or_default());
        super::frameworks::verb(last).is_some()
    };
    let is_like = |node: &&Node| match () {
        () if is_said(&["method", "verb"]) => is_method(node),
        () if is_said(&["path", "pattern", "uri", "url", "route", "endpoint"]) => is_path(node),
        () if is_said(&["handler", "func", "action"]) => node.text().is_none() && !is_method(node),
        () => false,
    };
    members.iter().filter(|_| is_plain).map(|(_, value)| value).find(is_like).cloned()
}
