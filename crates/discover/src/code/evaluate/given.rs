//! What functions are given that no framework knows: routers, which go on in them, and texts, of which they may make paths.

use super::scope::Value;
use super::{Argument, Call, Evaluate, Function, Kind, Mount, Node, Piece};

/// The most texts of one file that are given to functions, and the most other things.
const GIVEN_MAX: usize = 4096;

/// The most calls of one function that are followed for what they take out of its request.
const CALLS_MAX: usize = 16;

impl<'e> Evaluate<'e> {
    /// A call that the framework does not know: what it is given may go on in what is called.
    pub(super) fn unknown_call(&mut self, call: &'e Call, key: &str, receiver: Option<&Value>) -> Value {
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
        if let Some(value) = receiver {
            self.used(value);
        }
        for (index, argument) in call.arguments.iter().enumerate() {
            let value = self.argument(argument, key);
            self.used(&value);
            self.give(&argument.value, &value, key, index);
            self.hand_keys(&argument.value, &value, &format!("{key}#{index}"));
            self.pass_on(key, &argument.value, &value);
            // Most of what is given is no router: only what may be one becomes one.
            let router = match &value {
                Value::Router(router, _) => Some(*router),
                Value::Key(key) if key.contains('#') && !key.contains("#this.") => Some(self.router(key)),
                _ => None,
            };
            if let Some(router) = router {
                self.hand(router, &format!("{key}#{index}"));
                self.hand(router, &format!("{key}.constructor#{index}"));
                // What a method of a router is given comes behind the router, where it is an extension.
                if matches!(receiver, Some(Value::Router(..))) {
                    self.hand(router, &format!("{}#{}", call.name(), index + 1));
                }
            }
        }
        if let Some(router @ Value::Router(..)) = receiver.filter(|_| self.framework.is_fluent) {
            return router.clone();
        }
        let is_class = call.name().starts_with(char::is_uppercase);
        Value::Key(if is_class { key.to_owned() } else { format!("{key}()") })
    }

    /// Something that has a name is given to a function, alone or as a member of an object or an element of a list.
    fn hand_keys(&mut self, node: &'e Node, value: &Value, place: &str) {
        match (&node.kind, value) {
            (_, Value::Key(key)) if self.facts.handed.len() < GIVEN_MAX => {
                self.facts.handed.push((place.to_owned(), key.clone()));
            }
            (Kind::List(elements), _) => {
                for element in elements {
                    if let Some(Value::Key(key)) = self.quiet(element)
                        && self.facts.handed.len() < GIVEN_MAX
                    {
                        self.facts.handed.push((format!("{place}[]"), key));
                    }
                }
            }
            (Kind::Map(members), _) => {
                for (name, member) in members {
                    let value = self.quiet(member);
                    value.iter().for_each(|value| self.used(value));
                    match value {
                        Some(Value::Router(router, _)) => self.hand(router, &format!("{place}.{name}")),
                        Some(Value::Key(key)) if self.facts.handed.len() < GIVEN_MAX => {
                            self.facts.handed.push((format!("{place}.{name}"), key));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// What a name stands for, or what is made of a class, without going through it again.
    fn quiet(&mut self, node: &'e Node) -> Option<Value> {
        match &node.kind {
            Kind::Name(_) | Kind::Member(..) => Some(self.value(node)),
            Kind::Call(call) if call.name().starts_with(char::is_uppercase) => {
                Some(self.callee(&call.callee))
            }
            _ => None,
        }
    }

    /// A function that gives what it is asked with to another one takes what that takes.
    fn pass_on(&mut self, key: &str, node: &'e Node, value: &Value) {
        let is_call = || matches!(node.dotted().as_deref(), Some("call" | "this.call"));
        let is_request = match value {
            Value::Key(given) => {
                let (_, place) = given.rsplit_once('#').unwrap_or_default();
                !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit()) || is_call()
            }
            _ => is_call(),
        };
        let own = self.scopes.iter().rev().find_map(|scope| scope.function.clone());
        if let Some(function) =
            own.filter(|own| is_request && own != key).and_then(|own| self.facts.functions.get_mut(&own))
            && function.calls.len() < CALLS_MAX
            && !function.calls.iter().any(|known| known == key)
        {
            function.calls.push(key.to_owned());
        }
    }

    /// Methods of its own class that a method calls: `article_params`, `$this->rules()`, `self.get_queryset()`.
    pub(super) fn called_within(&self, function: &'e Function, key: &str) -> Vec<String> {
        let Some((class, own)) = key.rsplit_once('.') else { return Vec::new() };
        let Some(known) = self.facts.classes.get(class) else { return Vec::new() };
        let mut calls: Vec<String> = Vec::new();
        for node in &function.body {
            node.visit(&mut |node| {
                let name = match &node.kind {
                    Kind::Name(name) => Some(name),
                    Kind::Member(of, name) if matches!(of.last_name(), "this" | "self") => Some(name),
                    _ => None,
                };
                if let Some(name) =
                    name.filter(|name| ***name != *own && known.methods.iter().any(|one| *one == ***name))
                    && calls.len() < CALLS_MAX
                {
                    let call = format!("{class}.{name}");
                    if !calls.contains(&call) {
                        calls.push(call);
                    }
                }
                true
            });
        }
        calls
    }

    /// A text is given to a function, which may make a path of it.
    pub(super) fn give(&mut self, node: &'e Node, value: &Value, key: &str, index: usize) {
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

    pub(super) fn argument(&mut self, argument: &'e Argument, key: &str) -> Value {
        self.given += 1;
        let value = self.value(&argument.value);
        self.given -= 1;
        if let (Some(name), Value::Router(router, _)) = (&argument.name, &value) {
            let field = self.router(&format!("{key}.{name}"));
            self.facts.same.push((field, *router));
        }
        value
    }

    pub(super) fn arguments(&mut self, call: &'e Call) {
        call.arguments.iter().for_each(|argument| drop(self.value(&argument.value)));
    }

    /// A router is given to a function.
    pub(super) fn hand(&mut self, router: usize, key: &str) {
        let child = self.router(key);
        let guards = self.before.get(router).cloned().unwrap_or_default();
        self.facts.mounts.push(Mount { parent: router, child, path: Vec::new(), guards });
    }
}
