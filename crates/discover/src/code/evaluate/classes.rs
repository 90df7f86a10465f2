//! Classes whose methods are routes, and what functions and their parameters say of requests.

use super::fields::fields;
use super::scope::Scope;
use super::{Evaluate, Guard, Kind, Mount, Node, Piece, RouteFact, Standing, Target, guard_name, unwrapped};
use crate::code::facts::{ClassFact, Methods};
use crate::code::frameworks::{class_of, marked, verbs_of};
use crate::code::guard::is_guard;
use crate::code::syntax::{Class, Function, Parameter};

impl<'e> Evaluate<'e> {
    pub(super) fn class(&mut self, class: &'e Class, line: u32) {
        let mut guards: Vec<Guard> = class.marks.iter().flat_map(|mark| self.mark_guards(mark)).collect();
        let listed = |name: &str| {
            class.body.iter().find_map(|node| match &node.kind {
                Kind::Let(binding) if *binding.name == *name => Some(&binding.value),
                _ => None,
            })
        };
        for name in ["permission_classes", "decorators", "method_decorators"] {
            let values = listed(name).map(Node::values).unwrap_or_default();
            guards.extend(values.iter().filter_map(|node| self.mark_guard(node)));
        }
        let mixins = class.bases.iter().filter(|base| base.ends_with("Mixin") && is_guard(base));
        guards.extend(mixins.map(|base| Guard { name: base.to_string(), ..Guard::default() }));
        let mut controllers = Vec::new();
        for base in (self.framework.class)(class, self.path) {
            let key = format!("{}.#controller", class.name);
            let key = Some(key).filter(|key| controllers.is_empty() && !self.facts.keys.contains_key(key));
            let router = self.new_router(key, Standing::Root, line);
            let path = base.map(|node| self.pieces(node)).unwrap_or_default();
            self.prefix(router, path, guards.clone());
            if let Some(router) = self.facts.routers.get_mut(router) {
                router.class = Some(class.name.to_string());
            }
            controllers.push(router);
        }
        let methods = class.body.iter().filter_map(|node| node.function());
        let fact = ClassFact {
            bases: class.bases.iter().map(ToString::to_string).collect(),
            fields: fields(class),
            methods: methods.map(|function| function.name.to_string()).collect(),
            guards,
            filters: Vec::new(),
            only: listed("http_method_names").map(verbs_of).unwrap_or_default(),
            serializer: listed("serializer_class").and_then(Node::dotted),
            area: marked(&class.marks, "Area").and_then(|mark| mark.value(0)?.text()).map(str::to_owned),
            ..ClassFact::default()
        };
        self.facts.classes.insert(class.name.to_string(), fact);
        for mark in &class.marks {
            match &mark.kind {
                Kind::Call(call) => drop(self.call(call, mark.line, Target::Class(class))),
                _ => drop(self.value(mark)),
            }
        }
        if let Some(path) = (self.framework.resource)(class) {
            let outer: Vec<String> = self.scopes.iter().filter_map(|scope| scope.class.clone()).collect();
            let above = (!outer.is_empty()).then(|| Piece::Name(format!("{}.#path", outer.join("."))));
            let own = self.pieces(path);
            let pieces = above.into_iter().chain([Piece::Text("/".to_owned())]).chain(own).collect();
            let name =
                outer.iter().map(String::as_str).chain([&*class.name]).collect::<Vec<&str>>().join(".");
            self.facts.constants.insert(format!("{name}.#path"), pieces);
        }
        let implied = if (self.framework.application)(class) {
            let key = class.name.to_string();
            Some(self.new_router(Some(key), Standing::Root, line))
        } else {
            None
        };
        self.inherit(class, &mut controllers, line);
        let versions = class.marks.iter().flat_map(|mark| (self.framework.version)(mark)).collect();
        let name = Some(class.name.to_string()).filter(|name| !name.is_empty());
        self.scopes.push(Scope { class: name, controllers, versions, implied, ..Scope::default() });
        self.all(&class.body);
        let filters = self.scopes.pop().map(|scope| scope.filters).unwrap_or_default();
        if let Some(fact) = self.facts.classes.get_mut(&*class.name) {
            fact.filters.extend(filters);
        }
    }

    /// Routes of a class that is none of the program are those of the classes that are made from it.
    fn inherit(&mut self, class: &'e Class, controllers: &mut Vec<usize>, line: u32) {
        if let Some(path) = (self.framework.handed)(class) {
            let path = self.pieces(path);
            let router = self.router(&handed(&class.name));
            self.prefix(router, path, Vec::new());
            if let Some(router) = self.facts.routers.get_mut(router) {
                (router.is_defined, router.line) = (true, line);
            }
        }
        if controllers.is_empty() {
            let mut functions = class.body.iter().filter_map(|node| node.function());
            if functions.any(|function| !(self.framework.method)(function, Some(&class.name)).is_empty()) {
                let router = self.router(&inherited(&class.name));
                if let Some(router) = self.facts.routers.get_mut(router) {
                    (router.is_defined, router.line) = (true, line);
                }
                controllers.push(router);
            }
            return;
        }
        self.below_bases(class, controllers);
        for base in &class.bases {
            let child = self.router(&inherited(base));
            for parent in controllers.iter() {
                let guards = self.before.get(*parent).cloned().unwrap_or_default();
                self.facts.mounts.push(Mount { parent: *parent, child, path: Vec::new(), guards });
            }
        }
    }

    /// A class that says no path of its own is below that of what it is made from.
    fn below_bases(&mut self, class: &Class, controllers: &[usize]) {
        for controller in controllers {
            let is_plain = self.facts.routers.get(*controller).is_some_and(|router| router.prefix.is_empty());
            for base in class.bases.iter().filter(|_| is_plain) {
                let parent = self.router(&handed(base));
                let (path, guards) = (Vec::new(), Vec::new());
                self.facts.mounts.push(Mount { parent, child: *controller, path, guards });
            }
        }
    }

    /// Routes that the marks of a function declare.
    pub(super) fn declared_on(&mut self, function: &'e Function, key: &str, line: u32) {
        let scope = self.scopes.last();
        let class = scope.and_then(|scope| scope.class.clone());
        let mut routers = scope.map(|scope| scope.controllers.clone()).unwrap_or_default();
        let declared = (self.framework.method)(function, class.as_deref());
        if let Some(path) = (self.framework.within)(function) {
            let path = self.pieces(path);
            let child = self.router(&inherited(class_of(&function.result)));
            for parent in &routers {
                let guards = self.before.get(*parent).cloned().unwrap_or_default();
                self.facts.mounts.push(Mount { parent: *parent, child, path: path.clone(), guards });
            }
        }
        if declared.is_empty() || !self.is_exported(&function.name) {
            return;
        }
        if routers.is_empty() {
            if !self.framework.marks_functions {
                return;
            }
            let router = self.router(key);
            if let Some(router) = self.facts.routers.get_mut(router) {
                (router.standing, router.is_defined, router.line) = (Standing::Router, true, line);
            }
            routers.push(router);
        }
        let own: Vec<String> =
            function.marks.iter().flat_map(|mark| (self.framework.version)(mark)).collect();
        let of_class = self.scopes.last().map(|scope| scope.versions.clone()).unwrap_or_default();
        let versions = if own.is_empty() { of_class } else { own };
        for one in declared {
            let path = one.path.map(|node| self.pieces(node)).unwrap_or_default();
            for router in &routers {
                let path = path.clone();
                let guards = self.before.get(*router).cloned().unwrap_or_default();
                let line = if one.line == 0 { line } else { one.line };
                self.facts.routes.push(RouteFact {
                    router: *router,
                    methods: match one.methods.is_empty() && self.framework.by_convention {
                        true => Methods::OfAction,
                        false => Methods::These(one.methods.clone()),
                    },
                    path,
                    guards,
                    versions: versions.clone(),
                    handlers: vec![key.to_owned()],
                    takes: Vec::new(),
                    line,
                });
            }
        }
    }

    /// Guards by a mark. What `action(permission_classes=…)` names stands in place of those of the class.
    pub(super) fn mark_guards(&self, mark: &'e Node) -> Vec<Guard> {
        let replaced = mark.call().and_then(|call| call.named("permission_classes"));
        let open = replaced.map(|_| Guard { is_open: true, ..Guard::default() });
        // What an attribute of a route is wrapped in stands guard, and the attribute does not.
        let wraps = mark.call().and_then(|call| call.named("wrap"));
        let own = match replaced.or(wraps) {
            Some(named) => named.values().iter().collect(),
            None => unwrapped(mark),
        };
        open.into_iter().chain(own.into_iter().filter_map(|one| self.mark_guard(one))).collect()
    }

    fn mark_guard(&self, mark: &'e Node) -> Option<Guard> {
        let name = guard_name(mark)?;
        let own = name.split('(').next().unwrap_or_default();
        let is_open = (self.framework.open)(own) || (self.framework.open)(&name);
        (is_open || is_guard(own)).then(|| Guard { name, maybe_router: None, under: Vec::new(), is_open })
    }

    pub(super) fn parameter_guard(&mut self, parameter: &'e Parameter) -> Option<Guard> {
        let name = (self.framework.parameter_guard)(parameter)?;
        is_guard(&name).then(|| Guard { name, ..Guard::default() })
    }
}

/// The key of the routes that a class hands down.
fn inherited(class: &str) -> String {
    format!("{class}.#inherited")
}

/// The key of the path that a class hands down.
fn handed(class: &str) -> String {
    format!("{class}.#handed")
}
