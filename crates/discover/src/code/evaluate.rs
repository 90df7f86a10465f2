//! Goes through a file as the program would, with one framework in mind, and writes down what becomes a router, a route or a mount.

mod arrange;
mod classes;
mod fields;
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
use lists::MEMBERS_DEPTH_MAX;
use scope::{Scope, Value};

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
        exports: &unit.exports,
        given: 0,
    };
    if let Some(prefix) = (framework.file)(path, unit) {
        let root = evaluate.new_router(None, Standing::Root, 0);
        let implied = evaluate.child(root, vec![Piece::Text(prefix)], Vec::new(), 0);
        evaluate.implied(implied);
        evaluate.control(implied);
    }
    evaluate.all(&unit.body);
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
            Kind::List(parts) | Kind::Other(parts) => {
                self.all(parts);
                Value::Nothing
            }
            Kind::Map(members) => {
                members.iter().for_each(|(_, value)| drop(self.value(value)));
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
            _ => Value::Nothing,
        }
    }

    fn bind(&mut self, binding: &'e Let, line: u32) {
        if let Some(is_root) = (self.framework.list)(&binding.name, &binding.value) {
            let standing = if is_root { Standing::Root } else { Standing::Router };
            let router = self.new_router(Some(binding.name.to_string()), standing, line);
            self.listed(router, &binding.value);
            return;
        }
        let value = match &binding.value.kind {
            Kind::Function(function) if function.name.is_empty() => {
                let name = binding.name.rsplit('.').next().unwrap_or_default();
                self.named_function(function, name, line)
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
        if let Value::Key(made) = value
            && made.starts_with(char::is_uppercase)
            && !made.contains(['#', '('])
        {
            self.facts.aliases.insert(format!("{key}()"), made.clone());
        }
        if let Some(router) = self.router_of(value) {
            let result = self.router(&format!("{key}()"));
            self.facts.same.push((result, router));
        }
    }

    fn function(&mut self, function: &'e Function, line: u32) -> Value {
        let name =
            if function.name.is_empty() { format!("closure@{line}") } else { function.name.to_string() };
        self.named_function(function, &name, line)
    }

    fn named_function(&mut self, function: &'e Function, name: &str, line: u32) -> Value {
        let key = self.function_key(function, name);
        let mut fact = FunctionFact { takes: self.taken(function), ..FunctionFact::default() };
        for mark in &function.marks {
            let routes = self.facts.routes.len();
            match &mark.kind {
                Kind::Call(call) => drop(self.call(call, mark.line, Target::Function(&key, function))),
                _ => drop(self.value(mark)),
            }
            // What makes a route is no guard, whatever its router is called.
            if routes == self.facts.routes.len() {
                fact.guards.extend(self.mark_guards(mark));
            }
            fact.methods.extend((self.framework.methods)(mark));
        }
        fact.methods.extend(self.compared(function).into_iter().filter(|_| function.marks.is_empty()));
        fact.action = (self.framework.action)(function);
        let parameters = function.parameters.iter().flat_map(|parameter| self.parameter_guard(parameter));
        fact.guards.extend(parameters.collect::<Vec<Guard>>());
        fact.calls = self.called_within(function, &key);
        for of in function.parameters.iter().filter_map(|parameter| (self.framework.depends)(parameter)) {
            fact.calls.extend([format!("{of}.__init__"), of]);
        }
        self.facts.functions.insert(key.clone(), fact);
        self.declared_on(function, &key, line);
        self.enter(function, &key, line, None);
        Value::Key(key)
    }

    /// Goes through the body of a function; `given` is its first parameter, or what it is about.
    fn enter(&mut self, function: &'e Function, key: &str, line: u32, given: Option<usize>) {
        let mut scope = Scope { function: Some(key.to_owned()), ..Scope::default() };
        if let Some(of) = &function.of {
            let kind = of.kind.trim_start_matches(['*', '&']).to_owned();
            if self.framework.types.iter().any(|known| *known == kind) {
                let this = self.typed(&format!("{key}#this"), line);
                scope.implied = Some(this);
                scope.names.insert("this".to_owned(), Value::Router(this, None));
            } else {
                scope.names.insert(of.name.to_string(), Value::Key(kind));
            }
        }
        for (index, parameter) in function.parameters.iter().enumerate() {
            if let Some(names) = parameter.name.strip_prefix('{') {
                self.take_apart(names, &parameter.kind, &format!("{key}#{index}"), &mut scope);
                continue;
            }
            let kind = parameter.kind.rsplit(['.', ':']).next().unwrap_or_default();
            let kind = kind.trim_matches(|letter: char| !letter.is_alphanumeric());
            let value = match given.filter(|_| index == 0) {
                Some(router) => Value::Router(router, None),
                None if !kind.is_empty() && self.is_type(&parameter.kind) => {
                    Value::Router(self.typed(&format!("{key}#{index}"), line), None)
                }
                None => Value::Key(format!("{key}#{index}")),
            };
            scope.names.insert(parameter.name.to_string(), value);
        }
        if let Some(router) = given {
            scope.implied = Some(router);
            scope.names.entry("this".to_owned()).or_insert(Value::Router(router, None));
            scope.names.entry("it".to_owned()).or_insert(Value::Router(router, None));
        }
        self.scopes.push(scope);
        self.all(&function.body);
        self.scopes.pop();
    }

    /// `({ app, db: database }: { app: Application })`: members of what is given.
    fn take_apart(&mut self, names: &str, kinds: &str, place: &str, scope: &mut Scope) {
        for one in names.trim_end_matches('}').split(',').filter(|one| !one.contains(['{', '['])) {
            let one = one.split('=').next().unwrap_or_default();
            let (member, local) = one.split_once(':').unwrap_or((one, one));
            let kind = kinds
                .split(['{', ',', ';', '}'])
                .find_map(|kind| kind.strip_prefix(member)?.strip_prefix(':'));
            let key = format!("{place}.{member}");
            let value = match kind.is_some_and(|kind| self.is_type(kind)) {
                true => Value::Router(self.typed(&key, 0), None),
                false => Value::Key(key),
            };
            scope.names.insert(local.to_owned(), value);
        }
    }

    fn is_type(&self, kind: &str) -> bool {
        let kind = kind.trim_start_matches(['*', '&', '?']).trim_start_matches("mut");
        let last = kind.rsplit(['.', ':', '\\']).next().unwrap_or_default();
        let last = last.split(['<', '[']).next().unwrap_or_default();
        self.framework.types.contains(&kind) || self.framework.types.contains(&last)
    }

    /// What a call is worth.
    fn call(&mut self, call: &'e Call, line: u32, target: Target<'_, 'e>) -> Value {
        if matches!(call.name(), "forEach" | "map") && self.each(call) {
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
            (Some(value), Some(node)) if self.is_here(node) => self.scope_implied().or(self.router_of(value)),
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
