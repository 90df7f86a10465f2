//! What names stand for while a file is gone through.

use std::collections::BTreeMap;

use super::{Evaluate, Guard, Kind, Mount, Node, Piece, Pieces, Router, Standing};
use crate::code::facts::{Filter, head};
use crate::code::requests::go_compared_method;
use crate::code::syntax::Function;

/// The most texts of which one path is made.
const PIECES_MAX: usize = 64;

/// What something is worth.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Nothing,
    Text(Pieces),
    /// A router, and the route that was added to it last.
    Router(usize, Option<usize>),
    /// What has this name, here or in another file.
    Key(String),
}

/// The names of one function or class.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) names: BTreeMap<String, Value>,
    /// The key of the function.
    pub(super) function: Option<String>,
    /// The name of the class.
    pub(super) class: Option<String>,
    /// What routes hang on that do not say on what.
    pub(super) implied: Option<usize>,
    /// Routers of the class, where its methods are routes.
    pub(super) controllers: Vec<usize>,
    /// The versions of the class.
    pub(super) versions: Vec<String>,
    /// Guards of methods of the class.
    pub(super) filters: Vec<Filter>,
}

impl<'e> Evaluate<'e> {
    /// What a name stands for.
    pub(super) fn lookup(&self, name: &str) -> Value {
        if matches!(name, "this" | "self" | "Self") {
            let own =
                self.scopes.iter().rev().find_map(|scope| scope.names.get(name).or(scope.names.get("this")));
            let class = self.scopes.iter().rev().find_map(|scope| scope.class.clone());
            return own.cloned().or(class.map(Value::Key)).unwrap_or(Value::Nothing);
        }
        let local = self.scopes.iter().skip(1).rev().find_map(|scope| scope.names.get(name));
        match local {
            Some(value) => value.clone(),
            None => self.of_key(name.to_owned()),
        }
    }

    /// What a name is known to stand for in the file.
    pub(super) fn of_key(&self, key: String) -> Value {
        let facts = &self.facts;
        let is_defined =
            |router: &&usize| facts.routers.get(**router).is_some_and(|router| router.is_defined);
        match (facts.keys.get(&key).filter(is_defined), facts.aliases.get(&key), facts.constants.get(&key)) {
            (Some(router), _, _) => Value::Router(*router, None),
            (None, Some(alias), _) => Value::Key(alias.clone()),
            (None, None, Some(text)) => Value::Text(text.clone()),
            (None, None, None) => Value::Key(key),
        }
    }

    pub(super) fn callee(&self, node: &Node) -> Value {
        node.dotted().map_or(Value::Nothing, |name| match self.lookup(&name) {
            Value::Router(..) => Value::Key(name),
            value => value,
        })
    }

    /// Gives a name to a value, in the innermost scope; of a file or a class, for others too.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let is_local =
            self.scopes.len() > 1 && self.scopes.last().is_some_and(|scope| scope.function.is_some());
        let (first, rest) = head(name);
        if rest.is_empty() && is_local {
            if let Some(scope) = self.scopes.last_mut() {
                scope.names.insert(name.to_owned(), value);
            }
            return;
        }
        let class = self.scopes.iter().rev().find_map(|scope| scope.class.clone());
        let key = match (rest.is_empty(), class) {
            (true, Some(class)) => format!("{class}.{name}"),
            (true, None) => name.to_owned(),
            (false, _) => match self.lookup(first) {
                Value::Key(of) => format!("{of}{rest}"),
                _ => name.to_owned(),
            },
        };
        match value {
            Value::Router(router, _) => self.name_router(key, router),
            Value::Text(text) => drop(self.facts.constants.insert(key, text)),
            Value::Key(of) if of != key => drop(self.facts.aliases.insert(key, of)),
            Value::Key(_) | Value::Nothing => {}
        }
    }

    /// Something is done with a router beside adding to it.
    pub(super) fn used(&mut self, value: &Value) {
        let mut next = if let Value::Router(router, _) = value { Some(*router) } else { None };
        // A router that stands within another one is a part of it.
        while let Some(one) =
            next.and_then(|router| self.facts.routers.get_mut(router)).filter(|one| !one.is_used)
        {
            one.is_used = true;
            next = next.and_then(|router| self.within.get(&router).copied());
        }
    }

    fn name_router(&mut self, key: String, router: usize) {
        if key == "default" || key.contains('.') {
            self.used(&Value::Router(router, None));
        }
        match self.facts.keys.get(&key) {
            Some(known) => self.facts.same.push((*known, router)),
            None => {
                self.facts.keys.insert(key.clone(), router);
                if let Some(router) = self.facts.routers.get_mut(router) {
                    // A name for what another name stands for: both are looked for.
                    router.is_defined |= router.key.is_none();
                    router.key.get_or_insert(key);
                }
            }
        }
    }

    pub(super) fn new_router(&mut self, key: Option<String>, standing: Standing, line: u32) -> usize {
        let router = self.facts.routers.len();
        if let Some(key) = &key {
            self.facts.keys.insert(key.clone(), router);
        }
        let is_defined = standing > Standing::Unknown;
        self.facts.routers.push(Router {
            key,
            standing,
            is_defined,
            prefix: Vec::new(),
            line,
            class: None,
            is_used: false,
            is_slashless: false,
        });
        self.before.push(Vec::new());
        router
    }

    /// The router of this name, whatever it is.
    pub(super) fn router(&mut self, key: &str) -> usize {
        match self.facts.keys.get(key) {
            Some(router) => *router,
            None => self.new_router(Some(key.to_owned()), Standing::Unknown, 0),
        }
    }

    /// The router of this name, which its type says that it is.
    pub(super) fn typed(&mut self, key: &str, line: u32) -> usize {
        let router = self.router(key);
        if let Some(known) = self.facts.routers.get_mut(router) {
            known.standing = known.standing.max(Standing::Router);
            known.is_defined = true;
            known.line = line;
        }
        router
    }

    pub(super) fn router_of(&mut self, value: &Value) -> Option<usize> {
        match value {
            Value::Router(router, _) => Some(*router),
            Value::Key(key) => Some(self.router(key)),
            Value::Text(_) | Value::Nothing => None,
        }
    }

    /// A router within another.
    pub(super) fn child(&mut self, parent: usize, path: Pieces, guards: Vec<Guard>, line: u32) -> usize {
        let child = self.new_router(None, Standing::Unknown, line);
        let before = self.before.get(parent).cloned().unwrap_or_default();
        let guards = before.into_iter().chain(guards).collect();
        self.facts.mounts.push(Mount { parent, child, path, guards });
        self.within.insert(child, parent);
        if let Some(methods) = self.restricted.get(&parent).cloned() {
            self.restricted.insert(child, methods);
        }
        if let Some(controller) = self.controlled.get(&parent).cloned() {
            self.controlled.insert(child, controller);
        }
        child
    }

    pub(super) fn prefix(&mut self, router: usize, path: Pieces, guards: Vec<Guard>) {
        if let Some(router) = self.facts.routers.get_mut(router) {
            router.prefix = path;
        }
        if let Some(before) = self.before.get_mut(router) {
            before.extend(guards);
        }
    }

    /// What routes hang on from here on that do not say on what.
    pub(super) fn implied(&mut self, router: usize) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.implied = Some(router);
        }
    }

    /// What methods are routes of from here on.
    pub(super) fn control(&mut self, router: usize) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.controllers.push(router);
        }
    }

    pub(super) fn with_implied(&mut self, router: usize, node: &'e Node) {
        self.scopes.push(Scope { implied: Some(router), ..Scope::default() });
        self.value(node);
        self.scopes.pop();
    }

    pub(super) fn scope_implied(&self) -> Option<usize> {
        self.scopes.iter().rev().find_map(|scope| scope.implied)
    }

    /// Whether a receiver is a word for what routes hang on here.
    pub(super) fn is_here(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Name(name) => self.framework.here.contains(&&**name),
            Kind::Call(call) => call.receiver().is_none() && self.framework.here.contains(&call.name()),
            // `"/orders".nest { … }`
            Kind::Text(_) | Kind::Join(_) => true,
            _ => false,
        }
    }

    pub(super) fn function_key(&self, function: &Function, name: &str) -> String {
        let class = self.scopes.last().and_then(|scope| scope.class.clone());
        let is_router = |kind: &str| self.framework.types.contains(&kind);
        let of = function.of.as_ref().map(|of| of.kind.trim_start_matches(['*', '&']).to_owned());
        match class.or(of.filter(|kind| !is_router(kind))) {
            Some(class) => format!("{class}.{name}"),
            None => name.to_owned(),
        }
    }

    /// A name with what it is called where it comes from: `express.Router` of `Router`.
    pub(super) fn origin(&self, key: &str) -> String {
        let (first, rest) = head(key);
        let import = self.imports.iter().find(|import| &*import.local == first);
        match import {
            Some(import) if matches!(&*import.name, "*" | "default") => format!("{}{rest}", import.module),
            Some(import) => format!("{}.{}{rest}", import.module, import.name),
            None => key.to_owned(),
        }
    }

    /// The texts of paths, one behind the other with a slash between them.
    pub(super) fn pieces_joined(&mut self, paths: &[&'e Node]) -> Pieces {
        let slash = || Piece::Text("/".to_owned());
        paths
            .iter()
            .flat_map(|path| [slash()].into_iter().chain(self.pieces(path)).collect::<Pieces>())
            .collect()
    }

    /// The texts that a path is made of.
    pub(super) fn pieces(&mut self, node: &'e Node) -> Pieces {
        let mut pieces = match &node.kind {
            Kind::Text(text) => configured(text),
            Kind::Join(parts) => one_text(parts.iter().flat_map(|part| self.pieces(part))),
            Kind::Name(_) | Kind::Member(..) => match self.value(node) {
                Value::Text(text) => text,
                Value::Key(key) => match go_compared_method(node) {
                    Some(method) => vec![Piece::Text(method)],
                    None => vec![Piece::Name(key)],
                },
                _ => vec![Piece::Computed(node.dotted().unwrap_or_default())],
            },
            Kind::List(parts) if parts.len() == 1 => {
                parts.iter().flat_map(|part| self.pieces(part)).collect()
            }
            _ => vec![Piece::Computed(node.last_name().to_owned())],
        };
        pieces.truncate(PIECES_MAX);
        pieces
    }
}

/// Texts that stand behind each other are one.
fn one_text(pieces: impl Iterator<Item = Piece>) -> Pieces {
    let mut joined = Pieces::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// A text in which a setting may stand, with what that is where nothing is set: `${api.base:/v1}/orders`.
fn configured(text: &str) -> Pieces {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once("${").and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(match name.split_once(':') {
            Some((_, default)) => Piece::Text(default.to_owned()),
            None => Piece::Computed(name.to_owned()),
        });
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}
