//! Routers that are put together by objects, modules and folders, and not by calls of their own.

use super::scope::Value;
use super::{At, Evaluate, Kind, Mount, Node, Piece, Pieces, RouteFact, Standing};
use crate::code::facts::{Convention, Guard, Methods, Note, Taken};
use crate::code::frameworks::{Meaning, verb};

/// Modules are looked for so deep within modules.
const MODULES_DEPTH_MAX: usize = 8;

/// The convention that has no path of its own.
const CONVENTION: &str = "{controller=Home}/{action=Index}/{id?}";

impl<'e> Evaluate<'e> {
    /// Does what such a call means.
    pub(super) fn arrange(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        match meaning {
            Meaning::MountOn { on } => {
                let value = self.value(on);
                let (parent, child) = (self.router_of(&value)?, at.on?);
                self.facts.mounts.push(Mount { parent, child, path: Vec::new(), guards: Vec::new() });
                Some(Value::Router(child, None))
            }
            Meaning::Described { of, handlers } => self.described(of, &handlers, at),
            Meaning::Convention { path, area, alone } => {
                let path =
                    path.map_or_else(|| vec![Piece::Text(CONVENTION.to_owned())], |path| self.pieces(path));
                let area = area.and_then(Node::text).map(str::to_owned);
                let alone = alone.and_then(|alone| {
                    let text = |name: &str| Some(alone.member(name)?.text()?.to_owned());
                    Some((text("controller")?, text("action")?))
                });
                self.facts.conventions.push(Convention { path, area, alone });
                Some(Value::Nothing)
            }
            Meaning::Folder { folder, path } => {
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                let child = self.child(at.on?, path, Vec::new(), at.line);
                self.facts.folders.push((child, folder_of(folder)));
                Some(Value::Router(at.on?, None))
            }
            Meaning::Modules { tree } => {
                let root = self.new_router(None, Standing::Root, at.line);
                self.modules(root, tree, MODULES_DEPTH_MAX);
                Some(Value::Nothing)
            }
            Meaning::Module { controllers, inside } => {
                inside.map(|inside| self.value(inside));
                let module = self.router(&format!("{}.#module", at.target?));
                if let Some(module) = self.facts.routers.get_mut(module) {
                    module.is_defined = true;
                }
                for controller in controllers {
                    let Some(name) = controller.dotted() else { continue };
                    let child = self.router(&format!("{name}.#controller"));
                    let (path, guards) = (Vec::new(), Vec::new());
                    self.facts.mounts.push(Mount { parent: module, child, path, guards });
                }
                Some(Value::Nothing)
            }
            meaning => self.arrange_classes(meaning, at),
        }
    }

    /// Does what a call means that is about classes or files.
    fn arrange_classes(&mut self, meaning: Meaning<'e>, at: &At<'_>) -> Option<Value> {
        match meaning {
            Meaning::File { file, path, beside } => {
                beside.map(|beside| self.value(beside));
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                let routers = &self.facts.routers;
                let is_router =
                    |on: &usize| routers.get(*on).is_some_and(|one| one.is_defined || one.key.is_none());
                let on = at.on.filter(is_router).or_else(|| self.scope_implied())?;
                let child = self.child(on, path, Vec::new(), at.line);
                self.facts.files.push((child, folder_of(file)));
                Some(Value::Router(on, None))
            }
            Meaning::Invoked { methods, path } => {
                let class = at.target?;
                let router = *self.facts.keys.get(&format!("{class}.#controller"))?;
                let path = path.map(|path| self.pieces(path)).unwrap_or_default();
                self.push_route(router, Methods::These(methods), path, at.line);
                if let Some(route) = self.facts.routes.last_mut() {
                    route.handlers.push(format!("{class}.__invoke"));
                }
                Some(Value::Nothing)
            }
            Meaning::OfResource { methods, kind, handlers } => {
                let kind = kind.text()?.trim_matches(['<', '>']);
                self.route(at, methods, None, &handlers);
                let route = self.facts.routes.last_mut()?;
                route.path = vec![Piece::Name(format!("{kind}.#path"))];
                route.takes.extend(kind.split('.').map(|class| Taken::QueryOf(class.to_owned())));
                Some(Value::Router(at.on?, None))
            }
            Meaning::Conventions { guard } => {
                let (name, is_open) = (super::guards::call_name(guard), (self.framework.open)(guard.name()));
                let guards = vec![Guard { name, is_open, ..Guard::default() }];
                let on = at.on?;
                if at.last.is_none() {
                    self.around(on, &guards);
                }
                self.guard(on, at.last, guards);
                Some(Value::Router(on, at.last))
            }
            Meaning::Below { path } => {
                let path = self.pieces(path);
                self.facts.everywhere.last_mut()?.path = path;
                Some(Value::Router(at.on?, None))
            }
            Meaning::Handled { by } => {
                let mut handled = self.wrapped(by);
                handled.extend(super::meaning::handler_key(by));
                self.facts.routes.get_mut(at.last?)?.handlers.extend(handled);
                Some(Value::Router(at.on?, at.last))
            }
            Meaning::Foreign { what } => {
                let what = format!("routes of a library: `{what}`");
                self.facts.notes.push(Note { line: at.line, what });
                Some(Value::Nothing)
            }
            meaning => self.arrange_resources(meaning, at),
        }
    }

    /// A route that an object tells of, here or by its name.
    fn described(&mut self, of: &'e Node, handlers: &[&'e Node], at: &At<'_>) -> Option<Value> {
        let object = match &of.kind {
            Kind::Name(name) => self.objects.get(&**name).copied(),
            Kind::Call(call) => call.value(0),
            _ => Some(of),
        };
        let Some(object) = object.filter(|object| matches!(object.kind, Kind::Map(_))) else {
            let key = of.dotted()?;
            let path = vec![Piece::Name(format!("{key}.path"))];
            self.push_route(at.on?, Methods::Named(format!("{key}.method")), path, at.line);
            return Some(Value::Router(at.on?, None));
        };
        let methods = verb(object.member("method")?.text()?)?;
        let value = self.route(at, methods, object.member("path"), handlers);
        let mut takes = Vec::new();
        let request = object.member("request");
        let body = request.and_then(|request| request.member("body"));
        let content = body.and_then(|body| body.member("content")).map(|content| &content.kind);
        if let Some(Kind::Map(forms)) = content {
            for schema in forms.iter().filter_map(|(_, form)| form.member("schema")) {
                self.taken_by(schema, super::taken::place_of("body"), &mut takes);
            }
        }
        if let Some(query) = request.and_then(|request| request.member("query")) {
            self.taken_by(query, super::taken::place_of("query"), &mut takes);
        }
        if let Some(route) = self.facts.routes.last_mut() {
            route.takes.extend(takes);
        }
        value
    }

    pub(super) fn push_route(&mut self, router: usize, methods: Methods, path: Pieces, line: u32) {
        let guards = self.before.get(router).cloned().unwrap_or_default();
        let (versions, handlers, takes) = (Vec::new(), Vec::new(), Vec::new());
        self.facts.routes.push(RouteFact { router, methods, path, guards, versions, handlers, takes, line });
    }

    /// `[{ path: 'admin', module: AdminModule, children: [ReportsModule] }]`
    fn modules(&mut self, parent: usize, tree: &'e Node, left: usize) {
        let Some(left) = left.checked_sub(1) else { return };
        for one in tree.values() {
            let path = one.member("path").map(|path| self.pieces(path)).unwrap_or_default();
            let here = self.child(parent, path, Vec::new(), one.line);
            let module = if matches!(one.kind, Kind::Map(_)) { one.member("module") } else { Some(one) };
            if let Some(name) = module.and_then(Node::dotted) {
                let child = self.router(&format!("{name}.#module"));
                let (path, guards) = (Vec::new(), Vec::new());
                self.facts.mounts.push(Mount { parent: here, child, path, guards });
            }
            if let Some(children) = one.member("children") {
                self.modules(here, children, left);
            }
        }
    }

    /// The path of one of a set of views, below which others stand.
    pub(super) fn below_set(&mut self, of: &'e Node, path: &'e Node, lookup: &'e Node) -> Pieces {
        let value = self.value(of);
        let above = self.router_of(&value).and_then(|router| self.facts.routers.get(router));
        let mut pieces = above.map(|router| router.prefix.clone()).unwrap_or_default();
        let name = lookup.text().unwrap_or("parent");
        pieces.extend(self.pieces(path));
        pieces.push(Piece::Text(format!("/<{name}_pk>/")));
        pieces
    }
}

/// The folder that a path is put together to: `path.join(__dirname, 'routes')`.
fn folder_of(node: &Node) -> String {
    let mut parts = Vec::new();
    node.visit(&mut |node| {
        parts.extend(node.text().map(|text| text.trim_matches(['.', '/']).to_owned()));
        true
    });
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}
