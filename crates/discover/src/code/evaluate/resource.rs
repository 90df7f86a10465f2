//! Resources: one call that stands for the routes of a collection and of each of its members.

use super::scope::{Scope, Value};
use super::{Evaluate, guard_name};
use crate::code::facts::{Filter, Methods, Piece, RouteFact};
use crate::code::frameworks::Resource;
use crate::code::guard::is_guard;
use crate::code::syntax::Node;

impl<'e> Evaluate<'e> {
    /// Adds the routes of a resource; what stands within it is below one of its members.
    pub(super) fn resource(&mut self, on: usize, resource: &Resource<'e>, line: u32) -> Option<Value> {
        let name = resource.path.text()?.trim_matches('/').to_owned();
        let (above, last) = name.rsplit_once('.').map_or(("", name.as_str()), |(above, last)| (above, last));
        let mut path = String::new();
        for part in above.split('.').filter(|part| !part.is_empty()) {
            path.push_str(&format!("/{part}/{{{}}}", singular(part)));
        }
        let below = resource.below.and_then(Node::text).unwrap_or(last).trim_matches('/');
        path.push_str(&format!("/{below}"));
        let text = |text: String| vec![Piece::Text(text)];
        let one = if resource.is_named { singular(last) } else { "id".to_owned() };
        let collection = self.child(on, text(path.clone()), Vec::new(), line);
        let has_members = resource.actions.iter().any(|(.., is_of_one)| *is_of_one);
        let member = if has_members { format!("{path}/{{{one}}}") } else { path.clone() };
        let member = self.child(on, text(member), Vec::new(), line);
        let controller = resource
            .controller
            .map(|node| node.text().map_or_else(|| node.dotted().unwrap_or_default(), class_name));
        let controller = controller.unwrap_or_else(|| class_name(last));
        let first = self.facts.routes.len();
        for (action, method, is_of_one) in resource.actions {
            let listed = |names: Option<&Node>| {
                names.map(|names| names.values().iter().any(|name| name.text() == Some(action)))
            };
            if listed(resource.only) == Some(false) || listed(resource.except) == Some(true) {
                continue;
            }
            let router = if *is_of_one { member } else { collection };
            self.facts.routes.push(RouteFact {
                router,
                methods: Methods::These(vec![(*method).to_owned()]),
                path: Vec::new(),
                guards: self.before.get(router).cloned().unwrap_or_default(),
                versions: Vec::new(),
                handlers: vec![format!("{controller}.{action}")],
                takes: Vec::new(),
                line,
            });
        }
        self.resources = first..self.facts.routes.len();
        let nested = if has_members { format!("{path}/{{{}_id}}", singular(last)) } else { path };
        let nested = self.child(on, text(nested), Vec::new(), line);
        let mut scope = Scope::default();
        scope.names.insert("#collection".to_owned(), Value::Router(collection, None));
        scope.names.insert("#controller".to_owned(), Value::Key(controller));
        scope.names.insert("#member".to_owned(), Value::Router(member, None));
        self.scopes.push(scope);
        resource.inside.iter().for_each(|node| self.hang(nested, node, line));
        self.scopes.pop();
        Some(Value::Router(on, None))
    }

    /// The router of all members of the resource around, or of one.
    pub(super) fn among(&self, which: &str) -> Option<usize> {
        match self.among_value(&format!("#{which}")) {
            Some(Value::Router(router, _)) => Some(*router),
            _ => None,
        }
    }

    /// What the resource around says of itself.
    pub(super) fn among_value(&self, name: &str) -> Option<&Value> {
        self.scopes.iter().rev().find_map(|scope| scope.names.get(name))
    }

    /// Of the resource that was added last, these actions alone, or all but these.
    pub(super) fn only(&mut self, names: &[&Node], is_kept: bool) {
        let listed = |route: &RouteFact| {
            let action = route.handlers.first().and_then(|key| key.rsplit('.').next()).unwrap_or_default();
            names.iter().flat_map(|names| names.values()).any(|name| name.text() == Some(action))
        };
        let range = std::mem::take(&mut self.resources);
        let mut index = 0;
        self.facts.routes.retain(|route| {
            let is_of_it = range.contains(&index);
            index += 1;
            !is_of_it || listed(route) == is_kept
        });
    }

    /// Guards that stand before the methods of the class from here on.
    pub(super) fn before_actions(
        &mut self,
        guards: &[&'e Node],
        only: Option<&'e Node>,
        except: Option<&'e Node>,
        is_lifted: bool,
    ) {
        let names = |node: &Node| -> Vec<String> {
            node.values().iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let found = guards.iter().filter_map(|node| guard_name(node)).filter(|name| is_guard(name));
        let filters = found.map(|name| Filter {
            name,
            is_lifted,
            only: only.map(names),
            except: except.map(names).unwrap_or_default(),
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.filters.extend(filters);
        }
    }
}

/// One of what a word names many of, as far as its end tells.
fn singular(word: &str) -> String {
    let stem = |end: &str| word.strip_suffix(end);
    match (stem("ies"), stem("sses"), stem("xes"), stem("s")) {
        (Some(stem), ..) => format!("{stem}y"),
        (_, Some(stem), ..) => format!("{stem}ss"),
        (_, _, Some(stem), _) => format!("{stem}x"),
        (.., Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
    .replace('-', "_")
}

/// The class of a controller by the name that routes have for it: `OrdersController` of `api/orders`.
fn class_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let words = last.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    format!("{}Controller", words.collect::<String>())
}

/// The key of a method of a controller.
pub(super) fn action_key(controller: &str, method: &str) -> String {
    format!("{}.{method}", class_name(controller))
}
