//! Lists and objects that are written down, and loops that go through them.

use super::scope::{Scope, Value};
use super::{Call, Evaluate, Kind, Node};

/// Objects within objects are looked into so deep for the texts that they hold.
pub(super) const MEMBERS_DEPTH_MAX: usize = 4;

/// So many rounds of loops are followed in one file.
pub(super) const ROUNDS_MAX: usize = 1 << 14;

/// The longest list that a loop is followed through.
const ELEMENTS_MAX: usize = 256;

impl<'e> Evaluate<'e> {
    /// What stands in a list, which a loop may go through.
    pub(super) fn elements(&mut self, name: &str, elements: &'e [Node]) {
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
    pub(super) fn each(&mut self, call: &'e Call) -> bool {
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
            (_, None) => match self.value(list) {
                // Each of what is given is as good as the others.
                Value::Key(key) if key.contains('#') && !key.ends_with("()") => {
                    vec![Value::Key(format!("{key}[]"))]
                }
                _ => return false,
            },
        };
        for element in elements {
            // Loops within loops go through ever more.
            let Some(left) = self.rounds_left.checked_sub(1) else { break };
            self.rounds_left = left;
            let mut scope = Scope::default();
            scope.names.insert(parameter.name.to_string(), element);
            self.scopes.push(scope);
            self.all(&function.body);
            self.scopes.pop();
        }
        true
    }

    /// Texts that an object holds, by the names of its members.
    pub(super) fn members(&mut self, name: &str, node: &'e Node, left: usize) {
        let inner = node.call().filter(|call| call.arguments.len() == 1).and_then(|call| call.value(0));
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
}
