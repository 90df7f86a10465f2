//! Resources: one call that stands for the routes of a collection and of each of its members.

use super::scope::{Scope, Value};
use super::{At, Evaluate, guard_name};
use crate::code::facts::{ENGINE, Filter, Methods, Mount, Piece, RouteFact, Standing};
use crate::code::frameworks::{Meaning, Resource};
use crate::code::guard::is_guard;
use crate::code::syntax::Node;
use crate::inflection::{plural, singular};

impl<'e> Evaluate<'e> {
    /// Adds the routes of a resource; what stands within it is below one of its members.
    pub(super) fn resource(&mut self, on: usize, resource: &Resource<'e>, line: u32) -> Option<Value> {
        let line = resource.line.unwrap_or(line);
        let name = resource.name.trim_matches('/').to_owned();
        let (above, last) = name.rsplit_once('.').map_or(("", name.as_str()), |(above, last)| (above, last));
        let mut path = String::new();
        for part in above.split('.').filter(|part| !part.is_empty()) {
            path.push_str(&format!("/{part}/{{{}}}", parameter(part)));
        }
        let below = resource.below.and_then(Node::text).unwrap_or(last).trim_matches('/');
        path.push_str(&format!("/{below}"));
        let text = |text: String| vec![Piece::Text(text)];
        let said = resource.parameter.and_then(Node::text);
        let one = if resource.is_named { parameter(last) } else { said.unwrap_or("id").to_owned() };
        let collection = self.child(on, text(path.clone()), Vec::new(), line);
        let has_members = resource.actions.iter().any(|(.., is_of_one)| *is_of_one);
        let member = if has_members { format!("{path}/{{{one}}}") } else { path.clone() };
        let shallow = match self.among_value("#shallow") {
            Some(Value::Router(router, _)) if has_members => Some(*router),
            _ => None,
        };
        let member = match shallow {
            Some(above) => self.child(above, text(format!("/{below}/{{{one}}}")), Vec::new(), line),
            None => self.child(on, text(member), Vec::new(), line),
        };
        self.member = Some((self.facts.mounts.len() - 1, format!("/{below}"), one));
        let controller = resource
            .controller
            .map(|node| node.text().map_or_else(|| node.dotted().unwrap_or_default(), class_name));
        let is_many = has_members || resource.is_named;
        let controller =
            controller.unwrap_or_else(|| if is_many { class_name(last) } else { class_name(&plural(last)) });
        self.actions(resource, &controller, (collection, member), line);
        let nested = match has_members {
            true => format!("{path}/{{{}_{}}}", parameter(last), said.unwrap_or("id")),
            false => path,
        };
        let nested = self.child(on, text(nested), Vec::new(), line);
        let mut scope = Scope::default();
        scope.names.insert("#collection".to_owned(), Value::Router(collection, None));
        scope.names.insert("#controller".to_owned(), Value::Key(controller));
        scope.names.insert("#member".to_owned(), Value::Router(member, None));
        scope.names.insert("#above".to_owned(), Value::Router(on, None));
        if resource.is_shallow {
            scope.names.insert("#shallow".to_owned(), Value::Router(on, None));
        }
        self.scopes.push(scope);
        let range = self.resources.clone();
        resource.inside.iter().for_each(|node| self.hang(nested, node, line));
        if let Some(concerns) = resource.concerns {
            self.concerns(nested, concerns.values(), line);
        }
        self.resources = range;
        self.scopes.pop();
        Some(Value::Router(on, None))
    }

    /// Adds the routes of the actions of a resource, of all of it and of one of its members.
    fn actions(
        &mut self,
        resource: &Resource<'e>,
        controller: &str,
        (collection, member): (usize, usize),
        line: u32,
    ) {
        let first = self.facts.routes.len();
        for (action, method, is_of_one) in resource.actions {
            let listed = |names: Option<&Node>| {
                names.map(|names| names.values().iter().any(|name| name.text() == Some(action)))
            };
            if listed(resource.only) == Some(false) || listed(resource.except) == Some(true) {
                continue;
            }
            let router = if *is_of_one { member } else { collection };
            self.push_route(router, Methods::These(vec![(*method).to_owned()]), Vec::new(), line);
            if let Some(route) = self.facts.routes.last_mut() {
                route.handlers.push(format!("{controller}.{action}"));
            }
        }
        self.resources = first..self.facts.routes.len();
    }

    /// Does what a call means that is about resources and the classes that handle them.
    pub(super) fn arrange_resources(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        match meaning {
            Meaning::Controlled { controller, inside } => {
                let child = self.child(at.on?, Vec::new(), Vec::new(), at.line);
                let name = controller.text().map(class_name);
                let name = name.or_else(|| self.named_key(controller))?;
                self.controlled.insert(child, name);
                inside.iter().for_each(|node| self.hang(child, node, at.line));
                Some(Value::Router(child, None))
            }
            Meaning::Concern { name, inside } => {
                self.concerns.insert(name.text()?, inside);
                Some(Value::Nothing)
            }
            Meaning::Concerns { names } => {
                for name in names {
                    self.concerns(at.on?, name.values(), at.line);
                }
                Some(Value::Nothing)
            }
            Meaning::BeforeResource { guards } => {
                let guards = self.guards(&guards);
                for route in self.facts.routes.get_mut(self.resources.clone()).unwrap_or_default() {
                    route.guards.extend(guards.iter().cloned());
                }
                Some(Value::Router(at.on?, None))
            }
            Meaning::Engine { name, path, inside } => self.engine(name, path, &inside, at),
            Meaning::Shallows { inside } => {
                let above = self.among("above").or(at.on)?;
                let mut scope = Scope::default();
                scope.names.insert("#shallow".to_owned(), Value::Router(above, None));
                self.scopes.push(scope);
                inside.iter().for_each(|node| self.hang(at.on.unwrap_or(above), node, at.line));
                self.scopes.pop();
                Some(Value::Nothing)
            }
            Meaning::Shallow => {
                self.rename_member(None);
                Some(Value::Router(at.on?, None))
            }
            Meaning::Member { name } => {
                self.rename_member(Some(name.text()?));
                Some(Value::Router(at.on?, None))
            }
            Meaning::Narrow { names, is_kept } => {
                let names = names.iter().flat_map(|names| names.values()).filter_map(Node::text);
                let names: Vec<String> = names.map(str::to_owned).collect();
                let scope = self.scopes.iter_mut().rev().find(|scope| scope.class.is_some())?;
                let filter = scope.filters.last_mut()?;
                if is_kept {
                    filter.only = Some(names)
                } else {
                    filter.except = names
                }
                Some(Value::Nothing)
            }
            _ => None,
        }
    }

    /// A part of a program with routes of its own is made, or mounted by its name.
    fn engine(
        &mut self,
        name: &'e Node,
        path: Option<&'e Node>,
        inside: &[&'e Node],
        at: &At<'_>,
    ) -> Option<Value> {
        let router = self.router(&format!("{}{ENGINE}", name.last_name()));
        if inside.is_empty() {
            let path = path.map(|path| self.pieces(path)).unwrap_or_default();
            let guards = self.before.get(at.on?).cloned().unwrap_or_default();
            self.facts.mounts.push(Mount { parent: at.on?, child: router, path, guards });
        } else if let Some(known) = self.facts.routers.get_mut(router) {
            (known.standing, known.is_defined) = (Standing::Root, true);
        }
        if let Some(known) = self.facts.routers.get_mut(router) {
            known.line = at.line;
        }
        inside.iter().for_each(|node| self.hang(router, node, at.line));
        Some(Value::Nothing)
    }

    /// Adds routes that are kept by names.
    pub(super) fn concerns(&mut self, on: usize, names: &'e [Node], line: u32) {
        for name in names.iter().filter_map(Node::text) {
            // It is gone while it is gone through: one that names itself has no end.
            if let Some((name, inside)) = self.concerns.remove_entry(name) {
                self.hang(on, inside, line);
                self.concerns.insert(name, inside);
            }
        }
    }

    /// Members of the resource that was added last are called otherwise, or are not below what that is in.
    pub(super) fn rename_member(&mut self, name: Option<&str>) {
        let Some((mount, shallow, one)) = self.member.clone() else { return };
        let Some(mount) = self.facts.mounts.get_mut(mount) else { return };
        let before = format!("{{{one}}}");
        for piece in &mut mount.path {
            if let Piece::Text(text) = piece {
                match name {
                    Some(name) => *text = text.replace(&before, &format!("{{{name}}}")),
                    None => *text = format!("{shallow}/{before}"),
                }
            }
        }
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
        self.resources = range.start..self.facts.routes.len();
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
        // The constructor of a class speaks of the class.
        if let Some(scope) = self.scopes.iter_mut().rev().find(|scope| scope.class.is_some()) {
            scope.filters.extend(filters);
        }
    }
}

/// What one of many is called in a path.
fn parameter(many: &str) -> String {
    singular(many).replace('-', "_")
}

/// The class of a controller by the name that routes have for it: `OrdersController` of `api/orders`.
pub(super) fn class_name(name: &str) -> String {
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
