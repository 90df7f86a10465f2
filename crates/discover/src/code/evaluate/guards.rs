//! What stands guard, as far as its name tells.

use super::meaning::wraps_guard;
use super::{Call, Evaluate, Guard, Kind, Node, is_guard};
use crate::code::languages::numbered;

impl<'e> Evaluate<'e> {
    /// Guards of the names that some nodes have.
    pub(super) fn guards(&mut self, nodes: &[&'e Node]) -> Vec<Guard> {
        let nodes = nodes.iter().flat_map(|node| node.values()).flat_map(unwrapped);
        nodes.filter_map(|node| self.named_guard(node)).collect()
    }

    pub(super) fn named_guard(&mut self, node: &'e Node) -> Option<Guard> {
        let name = guard_name(node)?;
        let open = (self.framework.open)(&name);
        // What it is given says nothing of it: `validate(schemas.login)`.
        if !open && !is_guard(name.split('(').next().unwrap_or_default()) {
            return None;
        }
        let maybe_router = match node.kind {
            Kind::Call(_) => None,
            _ => {
                let value = self.value(node);
                self.router_of(&value)
            }
        };
        Some(Guard { name, maybe_router, under: Vec::new(), is_open: open })
    }

    /// Guards stand before what a router has by now.
    pub(super) fn around(&mut self, on: usize, guards: &[Guard]) {
        let before = |known: &mut Vec<Guard>| drop(known.splice(0..0, guards.iter().cloned()));
        self.facts
            .routes
            .iter_mut()
            .filter(|route| route.router == on)
            .for_each(|route| before(&mut route.guards));
        self.facts
            .mounts
            .iter_mut()
            .filter(|mount| mount.parent == on)
            .for_each(|mount| before(&mut mount.guards));
    }

    pub(super) fn guard(&mut self, on: usize, last: Option<usize>, guards: Vec<Guard>) {
        match last.and_then(|last| self.facts.routes.get_mut(last)) {
            Some(route) => route.guards.extend(guards),
            None => {
                if let Some(before) = self.before.get_mut(on) {
                    before.extend(guards);
                }
            }
        }
    }
}

/// What only says that its argument stands guard.
const WRAPPERS: &[&str] = &["Depends", "Security", "method_decorator", "UseGuards", "permission_classes"];

/// What stands guard by a mark or a value: what it wraps, or itself.
pub(super) fn unwrapped(node: &Node) -> Vec<&Node> {
    match node.call().filter(|call| WRAPPERS.contains(&call.name())) {
        Some(call) => call.values_from(0).into_iter().flat_map(Node::values).collect(),
        None => vec![node],
    }
}

/// What a call that stands guard is called.
pub(super) fn call_name(call: &Call) -> String {
    called_so(call, call.arguments.len())
}

/// A name as it was written: compilers of JavaScript put the module before it.
fn dotted(node: &Node) -> Option<String> {
    let name = node.dotted()?;
    let (module, rest) = name.split_once('.').unwrap_or((&name, ""));
    let Some(plain) = numbered(module) else { return Some(name) };
    Some(if rest.is_empty() { plain } else { rest }.to_owned())
}

/// What is called, with the first text or name of so many that it is given.
fn called_so(call: &Call, count: usize) -> String {
    let name = dotted(&call.callee).unwrap_or_else(|| call.name().to_owned());
    let inner = call.arguments.iter().take(count).find_map(|argument| match &argument.value.kind {
        Kind::Text(text) => Some(text.to_string()),
        Kind::Name(_) | Kind::Member(..) => dotted(&argument.value),
        _ => None,
    });
    inner.map_or_else(|| name.clone(), |inner| format!("{name}({inner})"))
}

/// What a guard is called, with its first text: `requireRole(admin)`.
pub(super) fn guard_name(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Call(call) => {
            if WRAPPERS.contains(&call.name()) {
                return guard_name(call.value(0)?);
            }
            // The handler that it stands before is no part of its name.
            let count = if wraps_guard(node) { 0 } else { call.arguments.len() };
            Some(called_so(call, count))
        }
        Kind::Text(text) => Some(text.to_string()),
        _ => dotted(node).or_else(|| Some(node.last_name().to_owned())).filter(|name| !name.is_empty()),
    }
}
