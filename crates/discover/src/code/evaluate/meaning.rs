//! What becomes of a call whose meaning is known: routers, routes, mounts and guards.

use super::scope::Value;
use super::{At, Evaluate};
use crate::code::facts::{Everywhere, Guard, In, Methods, Mount, Piece, RouteFact, Standing, Taken};
use crate::code::frameworks::{Meaning, parameter, verb};
use crate::code::syntax::{Kind, Node};

/// What is known of the handlers of a route.
struct Handled {
    guards: Vec<Guard>,
    keys: Vec<String>,
    takes: Vec<Taken>,
}

impl<'e> Evaluate<'e> {
    /// Does what a call means; none where it cannot mean that here.
    pub(super) fn mean(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        match meaning {
            Meaning::Route { methods, path, handlers } => self.route(at, methods, path, &handlers),
            Meaning::Routes { path, answers } => {
                let routes = answers.into_iter();
                routes.map(|(methods, handlers)| self.route(at, methods, Some(path), &handlers)).last()?
            }
            Meaning::Mounts(pairs) => {
                pairs.iter().map(|(path, child)| self.mount(at, Some(path), &[child], &[])).last()?
            }
            Meaning::Mount { path, children, guards } => self.mount(at, path, &children, &guards),
            Meaning::View { .. } | Meaning::ViewOfClass { .. } | Meaning::ViewSet { .. } => {
                self.views(meaning, at)
            }
            Meaning::Resources(resources) => {
                let each = resources.iter().map(|resource| self.resource(at.on?, resource, at.line));
                each.last()?
            }
            Meaning::Among { which, inside } => {
                let router = self.among(which)?;
                inside.iter().for_each(|node| self.hang(router, node, at.line));
                Some(Value::Nothing)
            }
            Meaning::RouteAmong { which, methods, paths, handlers } => {
                let on = self.among(which);
                let each = paths
                    .iter()
                    .map(|path| self.route(&At { on, ..*at }, methods.clone(), Some(path), &handlers));
                each.last()?
            }
            Meaning::Restrict { methods } => {
                if let Some(route) = at.last.and_then(|last| self.facts.routes.get_mut(last)) {
                    route.methods = Methods::These(methods);
                    return Some(Value::Router(at.on?, at.last));
                }
                // What comes behind is for these alone.
                let child = self.child(at.on?, Vec::new(), Vec::new(), at.line);
                self.restricted.insert(child, methods);
                Some(Value::Router(child, None))
            }
            Meaning::Asked { names } => {
                let taken =
                    names.into_iter().filter_map(Node::text).filter_map(|name| parameter(In::Query, name));
                if let Some(route) = at.last.and_then(|last| self.facts.routes.get_mut(last)) {
                    route.takes.extend(taken);
                }
                Some(Value::Router(at.on?, at.last))
            }
            Meaning::Only { names, is_kept } => {
                self.only(&names, is_kept);
                Some(Value::Router(at.on?, at.last))
            }
            Meaning::Plugin { path, plugin } => {
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                let child = self.child(at.on?, path, Vec::new(), at.line);
                self.hang(child, plugin, at.line);
                Some(Value::Router(at.on?, None))
            }
            Meaning::Itself { of } => Some(self.value(of)),
            Meaning::Everywhere { path, except, below } => {
                let path = self.pieces_joined(&path);
                let paths = except.map(Node::values).unwrap_or_default().iter();
                let paths = paths.filter_map(|one| one.member("path").unwrap_or(one).text());
                let except = paths.map(|path| path.trim_matches('/').to_owned()).collect();
                self.facts.everywhere.push(Everywhere { path, except, below });
                Some(Value::Nothing)
            }
            meaning => self.make(meaning, at),
        }
    }

    /// Adds routes that classes and functions handle.
    fn views(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        match meaning {
            Meaning::View { paths, view, methods, guards } => {
                let guards = self.guards(&guards);
                for path in paths {
                    self.view(at, path, view, methods.as_deref());
                    if let Some(route) = self.facts.routes.last_mut() {
                        route.guards.extend(guards.iter().cloned());
                    }
                }
                Some(at.on.map_or(Value::Nothing, |on| Value::Router(on, None)))
            }
            Meaning::ViewOfClass { paths } => {
                let (key, on) = (at.target?.to_owned(), at.on?);
                for path in paths {
                    self.add_route(on, Methods::OfView(key.clone()), Some(path), at.line);
                }
                Some(Value::Nothing)
            }
            Meaning::ViewSet { path, view } => {
                let Value::Key(key) = self.value(view) else { return None };
                self.add_route(at.on?, Methods::OfSet(key), Some(path), at.line);
                Some(Value::Nothing)
            }
            _ => None,
        }
    }

    /// Makes a router, or says what stands before one.
    fn make(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        let line = at.line;
        match meaning {
            Meaning::Root { path, inside } => {
                let router = self.new_router(None, Standing::Root, line);
                self.made(router, path, &[], &inside, line)
            }
            Meaning::Router { path, guards, inside } => {
                let router = self.new_router(None, Standing::Router, line);
                self.made(router, path, &guards, &inside, line)
            }
            Meaning::SetRouter { below, is_slashless } => {
                let router = self.new_router(None, Standing::Router, line);
                if let Some(known) = self.facts.routers.get_mut(router) {
                    known.is_slashless = is_slashless;
                }
                if let Some((of, path, lookup)) = below {
                    let path = self.below_set(of, path, lookup);
                    self.prefix(router, path, Vec::new());
                }
                Some(Value::Router(router, None))
            }
            Meaning::Group { path, guards, inside } => {
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                let guards = self.guards(&guards);
                let child = self.child(at.on?, path, guards, line);
                inside.iter().for_each(|node| self.hang(child, node, line));
                Some(Value::Router(child, None))
            }
            Meaning::Within { of, path } => {
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                let value = self.value(of);
                let parent = self.router_of(&value)?;
                Some(Value::Router(self.child(parent, path, Vec::new(), line), None))
            }
            Meaning::Guards { under, guards } => {
                let under = under.map(|path| self.pieces(path)).unwrap_or_default();
                let guards =
                    self.guards(&guards).into_iter().map(|guard| Guard { under: under.clone(), ..guard });
                let guards = guards.collect();
                self.guard(at.on?, at.last, guards);
                Some(Value::Router(at.on?, at.last))
            }
            Meaning::Prefix { path } => {
                let path = self.pieces(path);
                let on = at.on?;
                self.prefix(on, path, Vec::new());
                Some(Value::Router(on, None))
            }
            Meaning::Versions { default } => {
                self.facts.versions = Some(default.and_then(Node::text).map(str::to_owned));
                Some(Value::Nothing)
            }
            Meaning::Around { guards } => {
                let guards = self.guards(&guards);
                let on = at.on?;
                self.around(on, &guards);
                let is_other = self.facts.routers.get(on).is_some_and(|router| !router.is_defined);
                if !is_other {
                    return Some(Value::Router(on, None));
                }
                // Its routes are in another file: what is around them is a router of its own.
                let around = self.new_router(None, Standing::Unknown, line);
                self.facts.mounts.push(Mount { parent: around, child: on, path: Vec::new(), guards });
                Some(Value::Router(around, None))
            }
            Meaning::BeforeActions { guards, only, except, is_lifted } => {
                self.before_actions(&guards, only, except, is_lifted);
                Some(Value::Nothing)
            }
            meaning => self.arrange(meaning, at),
        }
    }

    fn made(
        &mut self,
        router: usize,
        path: Option<&'e Node>,
        guards: &[&'e Node],
        inside: &[&'e Node],
        line: u32,
    ) -> Option<Value> {
        let several = path.map(Node::values).filter(|paths| paths.len() > 1);
        let path = match several {
            // They are those of its mounts.
            Some(paths) => {
                self.several.insert(router, paths);
                Vec::new()
            }
            None => path.map(|path| self.pieces(path)).unwrap_or_default(),
        };
        let guards = self.guards(guards);
        self.prefix(router, path, guards);
        inside.iter().for_each(|node| self.hang(router, node, line));
        Some(Value::Router(router, None))
    }

    pub(super) fn route(
        &mut self,
        at: &At<'_>,
        methods: Vec<String>,
        path: Option<&'e Node>,
        handlers: &[&'e Node],
    ) -> Option<Value> {
        if let Some(Kind::List(paths)) = path.map(|path| &path.kind)
            && paths.len() > 1
        {
            let each = paths.iter().map(|path| self.route(at, methods.clone(), Some(path), handlers));
            return each.last()?;
        }
        let (on, line) = (at.on?, at.line);
        let mut methods = methods;
        let mut path = path.map(|path| self.pieces(path)).unwrap_or_default();
        if let Some(Piece::Text(text)) = path.first_mut()
            && let Some((method, rest)) = text.split_once(' ')
            && let Some(named) = verb(method)
        {
            // `GET /orders`, as net/http has it.
            methods = named;
            let rest = rest.trim_start();
            // A host may stand before the path.
            *text = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(rest).to_owned();
        }
        if methods.is_empty()
            && let Some(restricted) = self.restricted.get(&on)
        {
            methods.clone_from(restricted);
        }
        let mut handled = Handled {
            guards: self.before.get(on).cloned().unwrap_or_default(),
            keys: at.target.map(str::to_owned).into_iter().collect(),
            takes: Vec::new(),
        };
        if let Some(child) = self.handle(handlers, &mut handled) {
            // `http.Handle("/", mux)`: what handles is a router itself.
            self.facts.mounts.push(Mount { parent: on, child, path, guards: handled.guards });
            return Some(Value::Router(on, None));
        }
        let Handled { guards, mut keys, takes } = handled;
        // `'show'` is a method of the class that a group names.
        if let (Some(controller), [.., handler]) = (self.controlled.get(&on), handlers)
            && let Some(action) = handler.text().filter(|text| !text.contains(['@', '#']))
        {
            keys.push(format!("{controller}.{action}"));
        }
        if keys.is_empty()
            && let (Some(Value::Key(controller)), [Piece::Text(action)]) =
                (self.among_value("#controller"), &path[..])
        {
            // `post :cancel` within a resource is an action of its controller.
            keys.push(format!("{controller}.{action}"));
        }
        let methods = Methods::These(methods);
        self.facts.routes.push(RouteFact {
            router: on,
            methods,
            path,
            guards,
            versions: Vec::new(),
            handlers: keys,
            takes,
            line,
        });
        Some(Value::Router(on, Some(self.facts.routes.len() - 1)))
    }

    /// What handlers of a route are, and what stands before them; a router, if that is what handles.
    fn handle(&mut self, handlers: &[&'e Node], handled: &mut Handled) -> Option<usize> {
        let last = handlers.len().saturating_sub(1);
        for (index, handler) in handlers.iter().enumerate() {
            let value = self.value(handler);
            match &handler.kind {
                Kind::Call(call) => handled.takes.extend(self.taken_before(call)),
                Kind::Map(_) if index < last => {
                    self.taken_parts(handler, &mut handled.takes);
                    continue;
                }
                _ => {}
            }
            if let (Value::Router(child, _), true, None) = (&value, index == last, handler.call()) {
                return Some(*child);
            }
            let key = handler_key(handler);
            if key.is_none() && (index < last || !matches!(value, Value::Key(_))) {
                handled.guards.extend(handler.values().iter().filter_map(|one| self.named_guard(one)));
            }
            handled.keys.extend(self.wrapped(handler));
            if index == last && wraps_guard(handler) {
                handled.guards.extend(self.named_guard(handler));
            }
            if let Some(key) = key {
                handled.keys.push(key);
            } else if let Value::Key(key) = value {
                handled.keys.push(key.trim_end_matches("()").to_owned());
            }
        }
        None
    }

    /// Keys of what is given to something that makes a handler of it: `asyncHandler(orders.list)`, `orders.list.bind(orders)`.
    pub(super) fn wrapped(&mut self, handler: &'e Node) -> Vec<String> {
        let Some(call) = handler.call() else { return Vec::new() };
        let bound = call.receiver().filter(|_| call.name() == "bind");
        let given = call.arguments.iter().map(|argument| &argument.value).chain(bound);
        let mut keys = Vec::new();
        for node in given {
            match &node.kind {
                Kind::Function(function) if function.name.is_empty() => {
                    keys.push(format!("closure@{}", node.line))
                }
                Kind::Function(function) => keys.push(function.name.to_string()),
                Kind::Name(_) | Kind::Member(..) => keys.extend(self.named_key(node)),
                _ => {}
            }
        }
        keys
    }

    fn view(&mut self, at: &At<'_>, path: &'e Node, view: &'e Node, methods: Option<&[String]>) {
        let (Value::Key(key), Some(on)) = (self.value(view), at.on) else { return };
        let methods_of = match methods {
            Some(methods) => Methods::These(methods.to_vec()),
            None => Methods::OfView(key.clone()),
        };
        self.add_route(on, methods_of, Some(path), at.line);
        if methods.is_some()
            && let Some(route) = self.facts.routes.last_mut()
        {
            route.handlers.push(key);
        }
    }

    pub(super) fn add_route(&mut self, router: usize, methods: Methods, path: Option<&'e Node>, line: u32) {
        let path = path.map(|path| self.pieces(path)).unwrap_or_default();
        let guards = self.before.get(router).cloned().unwrap_or_default();
        self.facts.routes.push(RouteFact {
            router,
            methods,
            path,
            guards,
            versions: Vec::new(),
            handlers: Vec::new(),
            takes: Vec::new(),
            line,
        });
    }
}

/// How names begin of what stands guard before the handler that it is given.
const GUARDING: &[&str] =
    &["with", "require", "ensure", "protect", "check", "verify", "authenticate", "authorize"];

/// Whether a handler is one that something else stands guard before: `withAuth((req, res) => …)`.
pub(super) fn wraps_guard(handler: &Node) -> bool {
    handler.call().is_some_and(|call| {
        let is_guarding = GUARDING.iter().any(|word| call.name().starts_with(word));
        let is_handler =
            |node: &Node| matches!(node.kind, Kind::Function(_) | Kind::Name(_) | Kind::Member(..));
        is_guarding
            && [call.arguments.first(), call.arguments.last()]
                .into_iter()
                .flatten()
                .any(|one| is_handler(&one.value))
    })
}

/// The key of what handles, where it is written as `[OrderController::class, 'show']`, `OrderController@show`, `orders#show`,
/// or as the whole name of a class, with its method or alone.
pub(super) fn handler_key(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::List(parts) => match &parts[..] {
            [class, method] => Some(format!("{}.{}", class.dotted()?, method.text()?)),
            _ => None,
        },
        Kind::Text(text) if text.contains("::") || text.contains('\\') => {
            let (class, method) = text.split_once("::").unwrap_or((text, "__invoke"));
            Some(format!("{}.{method}", class.rsplit('\\').next().unwrap_or(class)))
        }
        Kind::Text(text) => match (text.split_once('@'), text.split_once('#')) {
            (Some((class, method)), _) => Some(format!("{class}.{method}")),
            (None, Some((controller, method))) => Some(super::resource::action_key(controller, method)),
            (None, None) => None,
        },
        _ => None,
    }
}
