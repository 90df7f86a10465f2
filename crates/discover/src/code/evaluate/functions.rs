//! Functions: what they say of requests, and what their parameters stand for where their bodies are gone through.

use std::collections::BTreeSet;

use super::scope::{Scope, Value};
use super::{Evaluate, Function, FunctionFact, Guard, Kind, Standing, Target, Unit};

impl<'e> Evaluate<'e> {
    pub(super) fn function(&mut self, function: &'e Function, line: u32) -> Value {
        let name =
            if function.name.is_empty() { format!("closure@{line}") } else { function.name.to_string() };
        self.named_function(function, &name, line)
    }

    pub(super) fn named_function(&mut self, function: &'e Function, name: &str, line: u32) -> Value {
        let mut key = self.function_key(function, name);
        if !function.marks.is_empty() && self.facts.functions.contains_key(&key) {
            // One of several that are called so.
            key = format!("{key}@{line}");
        }
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
        if let Some(Kind::Return(value)) = function.body.last().map(|last| &last.kind) {
            for (methods, handlers) in (self.framework.answers)(value) {
                let handler = handlers.last().and_then(|handler| self.named_key(handler));
                fact.answers.extend(methods.into_iter().map(|method| (method, handler.clone())));
            }
        }
        for of in function.parameters.iter().filter_map(|parameter| (self.framework.depends)(parameter)) {
            fact.calls.extend([format!("{of}.__init__"), of]);
        }
        self.facts.functions.insert(key.clone(), fact);
        self.declared_on(function, &key, line);
        self.enter(function, &key, line, None);
        Value::Key(key)
    }

    /// Goes through the body of a function; `given` is its first parameter, or what it is about.
    pub(super) fn enter(&mut self, function: &'e Function, key: &str, line: u32, given: Option<usize>) {
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
                    let router = self.typed(&format!("{key}#{index}"), line);
                    if (self.framework.entry)(&function.name)
                        && let Some(known) = self.facts.routers.get_mut(router)
                    {
                        known.standing = Standing::Root;
                    }
                    Value::Router(router, None)
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
    pub(super) fn take_apart(&mut self, names: &str, kinds: &str, place: &str, scope: &mut Scope) {
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

    pub(super) fn is_type(&self, kind: &str) -> bool {
        let kind = kind.trim_start_matches(['*', '&', '?']).trim_start_matches("mut").trim_end_matches('?');
        let last = kind.rsplit(['.', ':', '\\']).next().unwrap_or_default();
        let last = last.split(['<', '[']).next().unwrap_or_default();
        self.framework.types.contains(&kind) || self.framework.types.contains(&last)
    }
}

/// Names that stand in a file, but for those of what it defines.
pub(super) fn mentions(unit: &Unit) -> BTreeSet<Box<str>> {
    let mut names = BTreeSet::new();
    for node in &unit.body {
        node.visit(&mut |node| {
            if let Kind::Name(name) | Kind::Member(_, name) = &node.kind {
                names.insert(name.clone());
            }
            true
        });
    }
    let renamed = unit.imports.iter().filter(|import| import.local != import.name);
    names.extend(renamed.map(|import| import.name.clone()));
    names
}
