//! What functions are given that no framework knows: routers, which go on in them, and texts, of which they may make paths.

use super::scope::Value;
use super::{Argument, Call, Evaluate, Kind, Mount, Node, Piece};

/// The most texts of one file that are given to functions.
const GIVEN_MAX: usize = 4096;

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
        let value = self.value(&argument.value);
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
