//! Goes through a file as the program would, with one framework in mind, and writes down what becomes a router, a route or a mount.

mod classes;
mod meaning;
mod resource;
mod scope;

use std::collections::BTreeMap;

use super::facts::{Facts, FunctionFact, Guard, Methods, Mount, Piece, Pieces, RouteFact, Router, Standing};
use super::frameworks::{Called, Framework};
use super::guard::is_guard;
use super::syntax::{Argument, Call, Function, Import, Kind, Let, Node, Unit};
use scope::{Scope, Value};

/// Objects within objects are looked into so deep for the texts that they hold.
const MEMBERS_DEPTH_MAX: usize = 4;

/// The longest list that a loop is followed through.
const ELEMENTS_MAX: usize = 256;

/// The most texts of one file that are given to functions.
const GIVEN_MAX: usize = 4096;

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
    /// The routes of the resource that was added last.
    resources: std::ops::Range<usize>,
}

/// Where a call stands: on which router and which of its routes, and before which function.
struct At<'a> {
    on: Option<usize>,
    last: Option<usize>,
    line: u32,
    target: Option<&'a str>,
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
        resources: 0..0,
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
            Kind::Call(call) => self.call(call, node.line, None),
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
        if let Kind::List(elements) = &binding.value.kind {
            self.elements(&binding.name, elements);
        }
    }

    /// What stands in a list, which a loop may go through.
    fn elements(&mut self, name: &str, elements: &'e [Node]) {
        if elements.len() > ELEMENTS_MAX {
            return;
        }
        for (index, element) in elements.iter().enumerate() {
            let own = format!("{name}[{index}]");
            self.members(&own, element, MEMBERS_DEPTH_MAX);
            let members = if let Kind::Map(members) = &element.kind { members.as_slice() } else { &[] };
            let names = members.iter().map(|(member, value)| (format!("{own}.{member}"), value));
            for (key, value) in names.chain([(own.clone(), element)]) {
                if let Some(of) = value.dotted().and_then(|name| match self.lookup(&name) {
                    Value::Key(key) => Some(key),
                    Value::Router(..) => Some(name),
                    Value::Text(_) | Value::Nothing => None,
                }) {
                    self.facts.aliases.insert(key, of);
                }
            }
        }
        self.lists.insert(name.to_owned(), elements.len());
    }

    /// A loop over a list that is written down goes through each of its elements.
    fn each(&mut self, call: &'e Call) -> bool {
        let (Some(list), Some(function)) = (call.receiver(), call.value(0).and_then(Node::function)) else {
            return false;
        };
        let Some(parameter) = function.parameters.first() else { return false };
        let name = list.dotted().unwrap_or_default();
        let elements: Vec<Value> = match (&list.kind, self.lists.get(&name)) {
            (Kind::List(elements), _) => {
                elements.iter().take(ELEMENTS_MAX).map(|element| self.value(element)).collect()
            }
            (_, Some(length)) => (0..*length).map(|index| self.of_key(format!("{name}[{index}]"))).collect(),
            (_, None) => return false,
        };
        for element in elements {
            let mut scope = Scope::default();
            scope.names.insert(parameter.name.to_string(), element);
            self.scopes.push(scope);
            self.all(&function.body);
            self.scopes.pop();
        }
        true
    }

    /// Texts that an object holds, by the names of its members.
    fn members(&mut self, name: &str, node: &'e Node, left: usize) {
        let inner = node.call().filter(|call| call.name() == "freeze").and_then(|call| call.value(0));
        let (Kind::Map(members), Some(left)) = (&inner.unwrap_or(node).kind, left.checked_sub(1)) else {
            return;
        };
        for (member, value) in members.iter().filter(|(member, _)| !member.is_empty()) {
            let name = format!("{name}.{member}");
            match &value.kind {
                Kind::Text(_) | Kind::Join(_) => {
                    let text = Value::Text(self.pieces(value));
                    self.set(&name, text);
                }
                _ => self.members(&name, value, left),
            }
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

    /// A name of a file of routes may be that of a route.
    fn bound(&mut self, binding: &'e Let, value: &Value, line: u32) {
        let controller = self.scopes.last().and_then(|scope| scope.controllers.first().copied());
        let (Some(router), Some(methods)) = (controller, (self.framework.binding)(&binding.name)) else {
            return;
        };
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
        let key = self.scopes.iter().rev().find_map(|scope| scope.function.clone());
        if let (Some(key), Some(router)) = (key, self.router_of(value)) {
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
                Kind::Call(call) => drop(self.call(call, mark.line, Some((&key, function)))),
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

    fn is_type(&self, kind: &str) -> bool {
        let kind = kind.trim_start_matches(['*', '&', '?']).trim_start_matches("mut");
        let last = kind.rsplit(['.', ':', '\\']).next().unwrap_or_default();
        let last = last.split(['<', '[']).next().unwrap_or_default();
        self.framework.types.contains(&kind) || self.framework.types.contains(&last)
    }

    /// What a call is worth; `target` is the function that it stands before with `@`.
    fn call(&mut self, call: &'e Call, line: u32, target: Option<(&str, &'e Function)>) -> Value {
        if matches!(call.name(), "forEach" | "map") && self.each(call) {
            return Value::Nothing;
        }
        let receiver = call.receiver().map(|receiver| self.value(receiver));
        let callee = match (&receiver, &call.callee.kind) {
            (None, Kind::Call(_)) => self.value(&call.callee),
            (None, _) => self.callee(&call.callee),
            (Some(Value::Key(key)), _) => Value::Key(format!("{key}.{}", call.name())),
            (Some(_), _) => Value::Nothing,
        };
        let key = if let Value::Key(key) = &callee { key.clone() } else { call.name().to_owned() };
        let origin = self.origin(&key);
        let called = Called { call, origin, name: call.name(), target: target.map(|(_, function)| function) };
        let on = match (&receiver, call.receiver()) {
            (Some(value), Some(node)) if self.is_here(node) => self.scope_implied().or(self.router_of(value)),
            (Some(value), _) => self.router_of(value),
            (None, _) => self.scope_implied(),
        };
        let last = if let Some(Value::Router(_, last)) = &receiver { *last } else { None };
        if let Some(meaning) = (self.framework.call)(&called)
            && let Some(value) =
                self.mean(meaning, &At { on, last, line, target: target.map(|(key, _)| key) })
        {
            return value;
        }
        self.unknown_call(call, &key, receiver.as_ref())
    }

    /// A call that the framework does not know: what it is given may go on in what is called.
    fn unknown_call(&mut self, call: &'e Call, key: &str, receiver: Option<&Value>) -> Value {
        if let Some(router @ (Value::Router(..) | Value::Key(_))) = receiver
            && self.framework.same.contains(&call.name())
        {
            self.arguments(call);
            return router.clone();
        }
        if let Some(Value::Router(router, _)) = receiver {
            for place in ["#this", "#0"] {
                self.hand(*router, &format!("{}{place}", call.name()));
            }
        }
        if call.receiver().is_none()
            && self.framework.here.contains(&"this")
            && let Some(router) = self.scope_implied()
        {
            self.hand(router, &format!("{key}#this"));
        }
        for (index, argument) in call.arguments.iter().enumerate() {
            let value = self.argument(argument, key);
            self.give(&argument.value, &value, key, index);
            let is_parameter =
                matches!(&value, Value::Key(key) if key.contains('#') && !key.contains("#this."));
            if let Some(router) =
                self.router_of(&value).filter(|_| is_parameter || matches!(value, Value::Router(..)))
            {
                self.hand(router, &format!("{key}#{index}"));
                self.hand(router, &format!("{key}.constructor#{index}"));
            }
        }
        let is_class = call.name().starts_with(char::is_uppercase);
        Value::Key(if is_class { key.to_owned() } else { format!("{key}()") })
    }

    /// A text is given to a function, which may make a path of it.
    fn give(&mut self, node: &'e Node, value: &Value, key: &str, index: usize) {
        let text = match (&node.kind, value) {
            (Kind::Text(text), _) if !text.starts_with('/') => return,
            (Kind::Text(_) | Kind::Join(_), _) => self.pieces(node),
            (Kind::Name(_) | Kind::Member(..), Value::Text(text)) => text.clone(),
            (Kind::Name(_) | Kind::Member(..), Value::Key(name)) if !name.contains(['#', '(']) => {
                vec![Piece::Name(name.clone())]
            }
            _ => return,
        };
        if self.facts.given.len() < GIVEN_MAX {
            self.facts.given.push((key.to_owned(), index, text));
        }
    }

    fn argument(&mut self, argument: &'e Argument, key: &str) -> Value {
        let value = self.value(&argument.value);
        if let (Some(name), Value::Router(router, _)) = (&argument.name, &value) {
            let field = self.router(&format!("{key}.{name}"));
            self.facts.same.push((field, *router));
        }
        value
    }

    fn arguments(&mut self, call: &'e Call) {
        call.arguments.iter().for_each(|argument| drop(self.value(&argument.value)));
    }

    /// A router is given to a function.
    fn hand(&mut self, router: usize, key: &str) {
        let child = self.router(key);
        let guards = self.before.get(router).cloned().unwrap_or_default();
        self.facts.mounts.push(Mount { parent: router, child, path: Vec::new(), guards });
    }

    /// Guards of the names that some nodes have.
    fn guards(&mut self, nodes: &[&'e Node]) -> Vec<Guard> {
        let nodes = nodes.iter().flat_map(|node| node.values()).flat_map(unwrapped);
        nodes.filter_map(|node| self.named_guard(node)).collect()
    }

    fn named_guard(&mut self, node: &'e Node) -> Option<Guard> {
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
    fn around(&mut self, on: usize, guards: &[Guard]) {
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

    fn guard(&mut self, on: usize, last: Option<usize>, guards: Vec<Guard>) {
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
fn unwrapped(node: &Node) -> Vec<&Node> {
    match node.call().filter(|call| WRAPPERS.contains(&call.name())) {
        Some(call) => call.values_from(0).into_iter().flat_map(Node::values).collect(),
        None => vec![node],
    }
}

/// What a guard is called, with its first text: `requireRole(admin)`.
fn guard_name(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Call(call) => {
            let name = call.callee.dotted().unwrap_or_else(|| call.name().to_owned());
            if WRAPPERS.contains(&call.name()) {
                return guard_name(call.value(0)?);
            }
            let inner = call.arguments.iter().find_map(|argument| match &argument.value.kind {
                Kind::Text(text) => Some(text.to_string()),
                Kind::Name(_) | Kind::Member(..) => argument.value.dotted(),
                _ => None,
            });
            Some(inner.map_or_else(|| name.clone(), |inner| format!("{name}({inner})")))
        }
        Kind::Text(text) => Some(text.to_string()),
        _ => node.dotted().or_else(|| Some(node.last_name().to_owned())).filter(|name| !name.is_empty()),
    }
}
