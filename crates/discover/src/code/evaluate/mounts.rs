//! What is mounted, or hangs on a router by standing within it.

use super::scope::{Scope, Value};
use super::{At, Evaluate, Kind, Mount, Node, Piece};
use crate::code::facts::{Guard, Note};

impl<'e> Evaluate<'e> {
    pub(super) fn mount(
        &mut self,
        at: &At<'_>,
        path: Option<&'e Node>,
        children: &[&'e Node],
        guards: &[&'e Node],
    ) -> Option<Value> {
        if let Some(Kind::List(paths)) = path.map(|path| &path.kind)
            && paths.len() > 1
        {
            let each = paths.iter().map(|path| self.mount(at, Some(path), children, guards));
            return each.last()?;
        }
        let children: Vec<&Node> = children.iter().flat_map(|node| listed(node)).collect();
        let (on, line) = (at.on?, at.line);
        let prefix = path.map(|path| self.pieces(path)).unwrap_or_default();
        let given: Vec<(&Node, Option<usize>)> =
            children.iter().map(|node| (*node, self.child_of(node))).collect();
        let mut loose: Vec<Guard> = Vec::new();
        for (node, child) in given.iter().filter(|_| self.framework.mounts_guards) {
            for one in node.values() {
                let guard = self.named_guard(one);
                // What turns out to be a router is no guard.
                loose.extend(
                    guard.map(|guard| Guard { maybe_router: guard.maybe_router.or(*child), ..guard }),
                );
            }
        }
        let own = self.guards(guards).into_iter().chain(loose.iter().cloned());
        let before = self.before.get(on).cloned().unwrap_or_default();
        let before: Vec<Guard> = before.into_iter().chain(own).collect();
        let mut is_mount = false;
        for (node, child) in given {
            let Some(child) = child else {
                if node.call().is_some_and(|call| matches!(call.name(), "require" | "import")) {
                    let what = "a mount of a module whose name is computed".to_owned();
                    self.facts.notes.push(Note { line, what });
                }
                continue;
            };
            let (path, guards) = (prefix.clone(), before.clone());
            if let Some(paths) = self.several.get(&child).copied() {
                for own in paths {
                    let path = prefix.iter().cloned().chain(self.pieces(own)).collect();
                    self.facts.mounts.push(Mount { parent: on, child, path, guards: guards.clone() });
                }
                is_mount = true;
                continue;
            }
            self.facts.mounts.push(Mount { parent: on, child, path: path.clone(), guards: guards.clone() });
            // What is given may be a function that takes the router, which is known once all files are read.
            if let Some(key) = self.facts.routers.get(child).and_then(|router| router.key.clone())
                && !key.ends_with(')')
                && !key.contains('#')
            {
                let child = self.router(&format!("{key}#0"));
                self.facts.mounts.push(Mount { parent: on, child, path, guards });
            }
            is_mount = true;
        }
        if !loose.is_empty() {
            let under = |guard: Guard| Guard { under: prefix.clone(), ..guard };
            self.guard(on, None, loose.into_iter().map(under).collect());
            is_mount = true;
        }
        is_mount.then_some(Value::Router(on, None))
    }

    /// The router that a mount is given.
    fn child_of(&mut self, node: &'e Node) -> Option<usize> {
        match self.value(node) {
            Value::Key(key) if node.function().is_some() => Some(self.router(&format!("{key}#0"))),
            Value::Key(key) => Some(self.router(&format!("{key}{}", self.framework.texts_are))),
            Value::Text(text) if !self.framework.texts_are.is_empty() => match &text[..] {
                [Piece::Text(text)] => Some(self.router(&format!("{text}{}", self.framework.texts_are))),
                _ => None,
            },
            value => self.router_of(&value),
        }
    }

    /// Whether a router was made within another one, or is that.
    fn is_within(&self, router: usize, of: usize) -> bool {
        let mut next = Some(router);
        while let Some(one) = next {
            if one == of {
                return true;
            }
            next = self.within.get(&one).copied().filter(|above| *above < one);
        }
        false
    }

    /// What stands in a list or a block hangs on a router: closures get it, routers are mounted on it.
    pub(super) fn hang(&mut self, router: usize, node: &'e Node, line: u32) {
        if let Some(function) = node.function() {
            let key = format!("closure@{line}");
            self.enter(function, &key, line, Some(router));
            return;
        }
        self.scopes.push(Scope { implied: Some(router), ..Scope::default() });
        let value = self.value(node);
        self.scopes.pop();
        if let Value::Key(key) = &value {
            self.hand(router, &format!("{key}#0"));
        }
        if let Some(child) = self.router_of(&value).filter(|child| !self.is_within(*child, router)) {
            let guards = self.before.get(router).cloned().unwrap_or_default();
            self.facts.mounts.push(Mount { parent: router, child, path: Vec::new(), guards });
        }
    }
}

/// What a list of routers holds, where one is mounted; a name in it may be a guard as well.
fn listed(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(parts)
            if parts.iter().all(|part| matches!(part.kind, Kind::Name(_) | Kind::Member(..))) =>
        {
            parts
        }
        _ => std::slice::from_ref(node),
    }
}
