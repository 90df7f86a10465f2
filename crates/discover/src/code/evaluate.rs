//! Goes through a file as the program would, with one framework in mind, and writes down what becomes a router, a route or a mount.

mod arrange;
mod classes;
mod fields;
mod functions;
mod given;
mod guards;
mod lists;
mod meaning;
mod mounts;
mod resource;
mod scope;
mod taken;

use std::collections::BTreeMap;

use super::facts::{Facts, FunctionFact, Guard, Methods, Mount, Piece, Pieces, RouteFact, Router, Standing};
use super::frameworks::{Called, Framework};
use super::guard::is_guard;
use super::syntax::{Argument, Call, Class, Function, Import, Kind, Let, Node, Unit};
use guards::{guard_name, unwrapped};
use lists::{MEMBERS_DEPTH_MAX, ROUNDS_MAX};
use scope::{Scope, Value};

/// Of so many values one may be chosen, by a condition.
const CHOICES_MAX: usize = 3;

/// One file with one framework in mind.
pub(super) struct Evaluate<'e> {
    framework: &'e Framework,
    path: &'e str,
    imports: &'e [Import],
    facts: Facts,
    scopes: Vec<Scope>,
    /// Guards that stand before what a router gets from here on.
    before: Vec<Vec<Guard>>,
    /// How long lists are that are written down, by their names.
    lists: BTreeMap<String, usize>,
    /// Objects that are written down, by their names.
    objects: BTreeMap<&'e str, &'e Node>,
    /// The routes of the resource that was added last.
    resources: std::ops::Range<usize>,
    /// The mount of members of that one, the path of which it is not below anything, and what one is called.
    member: Option<(usize, String, String)>,
    /// What routers stand within that were made by it.
    within: BTreeMap<usize, usize>,
    /// Routes that are kept by names.
    concerns: BTreeMap<&'e str, &'e Node>,
    /// Classes whose methods the routes of routers are.
    controlled: BTreeMap<usize, String>,
    /// So many more rounds of loops are followed.
    rounds_left: usize,
    /// Methods that all routes of a router are for.
    restricted: BTreeMap<usize, Vec<String>>,
    /// Paths of routers that have several.
    several: BTreeMap<usize, &'e [Node]>,
    exports: &'e [Box<str>],
    /// How many calls what is gone through is given to.
    given: usize,
}

/// Where a call stands: on which router and which of its routes, and before which function.
struct At<'a> {
    on: Option<usize>,
    last: Option<usize>,
    line: u32,
    target: Option<&'a str>,
}

/// What a call stands before with `@`.
#[derive(Clone, Copy)]
enum Target<'t, 'e> {
    Nothing,
    /// A function, and its key.
    Function(&'t str, &'e Function),
    Class(&'e Class),
}

/// What a file says.
pub(super) fn evaluate(framework: &Framework, path: &str, unit: &Unit) -> Facts {
    let mut evaluate = Evaluate {
        framework,
        path,
        imports: &unit.imports,
        facts: Facts { imports: unit.imports.clone(), ..Facts::default() },
        scopes: vec![Scope::default()],
        before: Vec::new(),
        lists: BTreeMap::new(),
        objects: BTreeMap::new(),
        resources: 0..0,
        member: None,
        within: BTreeMap::new(),
        concerns: BTreeMap::new(),
        controlled: BTreeMap::new(),
        rounds_left: ROUNDS_MAX,
        restricted: BTreeMap::new(),
        several: BTreeMap::new(),
        exports: &unit.exports,
        given: 0,
    };
    if let Some(prefix) = (framework.file)(path, unit) {
        let root = evaluate.new_router(None, Standing::Root, 0);
        evaluate.used(&Value::Router(root, None));
        let implied = evaluate.child(root, vec![Piece::Text(prefix)], Vec::new(), 0);
        evaluate.implied(implied);
        evaluate.control(implied);
    }
    for (line, meaning) in (framework.settings)(path, unit) {
        let on = evaluate.scope_implied();
        evaluate.mean(meaning, &At { on, last: None, line, target: None });
    }
    evaluate.all(&unit.body);
    if framework.must_be_used {
        evaluate.facts.mentions = functions::mentions(unit);
    }
    evaluate.facts
}

impl<'e> Evaluate<'e> {
    fn all(&mut self, nodes: &'e [Node]) {
        for node in nodes {
            self.value(node);
        }
    }

    /// What a part of the program is worth.
    fn value(&mut self, node: &'e Node) -> Value {
        match &node.kind {
            Kind::Text(_) | Kind::Join(_) => Value::Text(self.pieces(node)),
            Kind::Name(name) => self.lookup(name),
            Kind::Member(of, name) => self.member(of, name),
            Kind::Call(call) => self.call(call, node.line, Target::Nothing),
            Kind::List(parts) => {
                for part in parts {
                    let value = self.value(part);
                    self.used(&value);
                }
                Value::Nothing
            }
            Kind::Other(parts) => {
                self.all(parts);
                Value::Nothing
            }
            Kind::Map(members) => {
                for (_, member) in members {
                    let value = self.value(member);
                    self.used(&value);
                }
                Value::Nothing
            }
            Kind::Function(function) => self.function(function, node.line),
            Kind::Class(class) => {
                self.class(class, node.line);
                Value::Nothing
            }
            Kind::Let(binding) => {
                self.bind(binding, node.line);
                Value::Nothing
            }
            Kind::Return(value) => {
                let value = self.value(value);
                self.give_back(&value);
                value
            }
        }
    }

    fn member(&mut self, of: &'e Node, name: &str) -> Value {
        match self.value(of) {
            Value::Key(key) => self.of_key(format!("{key}.{name}")),
            router @ Value::Router(..) if self.framework.same.contains(&name) => router,
            value => {
                self.used(&value);
                Value::Nothing
            }
        }
    }

    fn bind(&mut self, binding: &'e Let, line: u32) {
        if let Some(is_root) = (self.framework.list)(&binding.name, &binding.value) {
            let standing = if is_root { Standing::Root } else { Standing::Router };
            // A list may be added to, and wrapped.
            let known = self.facts.keys.get(&*binding.name).copied();
            let router =
                known.unwrap_or_else(|| self.new_router(Some(binding.name.to_string()), standing, line));
            self.listed(router, &binding.value);
            return;
        }
        let value = match &binding.value.kind {
            Kind::Function(function) if function.name.is_empty() => {
                let name = binding.name.rsplit('.').next().unwrap_or_default();
                self.named_function(function, name, line)
            }
            Kind::Other(parts) if parts.len() <= CHOICES_MAX => {
                let values: Vec<Value> = parts.iter().map(|part| self.value(part)).collect();
                values
                    .into_iter()
                    .rev()
                    .find(|value| matches!(value, Value::Router(..)))
                    .unwrap_or(Value::Nothing)
            }
            _ => self.value(&binding.value),
        };
        self.bound(binding, &value, line);
        self.set(&binding.name, value);
        self.members(&binding.name, &binding.value, MEMBERS_DEPTH_MAX);
        self.schema_class(&binding.name, &binding.value);
        let given =
            binding.value.call().filter(|call| call.arguments.len() == 1).and_then(|call| call.value(0));
        if let Some(object) =
            [Some(&binding.value), given].into_iter().flatten().find(|node| matches!(node.kind, Kind::Map(_)))
        {
            self.objects.insert(&binding.name, object);
        }
        if let Kind::List(elements) = &binding.value.kind {
            self.elements(&binding.name, elements);
        }
    }

    /// What stands in a list of routes hangs on its router; so do lists that are added to it, and routers.
    fn listed(&mut self, router: usize, node: &'e Node) {
        match &node.kind {
            Kind::Join(parts) => parts.iter().for_each(|part| self.listed(router, part)),
            Kind::List(_) => self.with_implied(router, node),
            _ => self.hang(router, node, node.line),
        }
    }

    /// Whether what has this name here may be a route by it.
    fn is_exported(&self, name: &str) -> bool {
        !self.framework.by_exports
            || name == "default"
            || self.given == 0 && self.exports.iter().any(|known| **known == *name)
    }

    /// A name of a file of routes may be that of a route.
    fn bound(&mut self, binding: &'e Let, value: &Value, line: u32) {
        let controller = self.scopes.last().and_then(|scope| scope.controllers.first().copied());
        let controller = controller.filter(|_| self.is_exported(&binding.name));
        let (Some(router), Some(methods)) = (controller, (self.framework.binding)(&binding.name)) else {
            return;
        };
        if let Value::Router(child, _) = value {
            // `export default router`, of which the routes are those of the file.
            self.facts.mounts.push(Mount {
                parent: router,
                child: *child,
                path: Vec::new(),
                guards: Vec::new(),
            });
            return;
        }
        let key =
            if let Value::Key(key) = value { key.trim_end_matches("()").to_owned() } else { String::new() };
        let wrapped = self.wrapped(&binding.value);
        let guards = binding.value.call().and_then(|_| self.named_guard(&binding.value));
        self.add_route(router, Methods::These(methods), None, line);
        if let Some(route) = self.facts.routes.last_mut() {
            route.handlers.push(key);
            route.handlers.extend(wrapped);
            route.guards.extend(guards);
        }
    }

    /// What a function gives is what its callers get.
    fn give_back(&mut self, value: &Value) {
        let Some(key) = self.scopes.iter().rev().find_map(|scope| scope.function.clone()) else { return };
        let class = match value {
            // A class whose name is small looks like a function until it is known.
            Value::Key(made) => {
                let plain = made.strip_suffix("()").filter(|name| self.facts.classes.contains_key(*name));
                Some(plain.unwrap_or(made))
                    .filter(|name| plain.is_some() || name.starts_with(char::is_uppercase))
            }
            _ => None,
        };
        if let Some(made) = class.filter(|name| !name.contains(['#', '('])) {
            self.facts.aliases.insert(format!("{key}()"), made.to_owned());
            // What is called with a capital may be the class itself: `NewHandler(store)` of Go.
            if key.starts_with(char::is_uppercase) && !key.contains('.') && key != made {
                self.facts.aliases.insert(key, made.to_owned());
                return;
            }
        }
        if let Some(router) = self.router_of(value) {
            let result = self.router(&format!("{key}()"));
            self.facts.same.push((result, router));
        }
    }

    /// What a call is worth.
    fn call(&mut self, call: &'e Call, line: u32, target: Target<'_, 'e>) -> Value {
        if matches!(call.name(), "forEach" | "map" | "each") && self.each(call) {
            return Value::Nothing;
        }
        if call.name() == "add_argument" {
            self.add_argument(call);
        }
        let receiver = call.receiver().map(|receiver| self.value(receiver));
        if let (None, Kind::Name(name), []) = (&receiver, &call.callee.kind, &call.arguments[..])
            && let router @ Value::Router(..) = self.lookup(name)
        {
            // Some routers are functions, which give what serves them.
            return router;
        }
        let callee = match (&receiver, &call.callee.kind) {
            (None, Kind::Call(_)) => self.value(&call.callee),
            (None, _) => self.callee(&call.callee),
            (Some(Value::Key(key)), _) => Value::Key(format!("{key}.{}", call.name())),
            (Some(_), _) => Value::Nothing,
        };
        let key = if let Value::Key(key) = &callee { key.clone() } else { call.name().to_owned() };
        let origin = self.origin(&key);
        let (key_of, function, class) = match target {
            Target::Nothing => (None, None, None),
            Target::Function(key, function) => (Some(key), Some(function), None),
            Target::Class(class) => (Some(&*class.name), None, Some(class)),
        };
        let called = Called { call, origin, name: call.name(), target: function, class };
        let on = match (&receiver, call.receiver()) {
            (Some(value), Some(node)) if self.is_here(node) => {
                self.scope_implied().or_else(|| self.router_of(value))
            }
            (Some(value), _) => self.router_of(value),
            (None, _) => self.scope_implied(),
        };
        let last = if let Some(Value::Router(_, last)) = &receiver { *last } else { None };
        if let Some(meaning) = (self.framework.call)(&called)
            && let Some(value) = self.mean(meaning, &At { on, last, line, target: key_of })
        {
            return value;
        }
        self.unknown_call(call, &key, receiver.as_ref())
    }
}
