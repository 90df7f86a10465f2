//! Follows mounts from file to file, from each route up to the program that serves it.

mod modules;
mod resolve;
mod views;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, Guard, Mount, Pieces, RouteFact, Standing, Taken};
use super::frameworks::Framework;
use super::template::{joined, template};
use super::{Parameter, Route, Unclear};
use modules::Modules;
use views::Answer;

/// The most places where one router is mounted that are followed.
const PLACES_MAX: usize = 64;

/// Mounts are followed so far up.
const MOUNTS_MAX: usize = 32;

/// The most mounts that are looked at for one route.
const STEPS_MAX: usize = 4096;

/// The most routes of one framework that are listed.
const ROUTES_MAX: usize = 100_000;

/// The most things that are said to be left out.
const CUT_MAX: usize = 1000;

/// What one framework says in all files.
pub(super) struct Program<'p> {
    framework: &'static Framework,
    files: &'p [(u32, Facts)],
    paths: &'p [String],
    modules: Modules<'p>,
    /// Files that may still be looked into for the name that is looked for.
    looks: Cell<usize>,
    /// What was left out since there is too much of it.
    cut: RefCell<BTreeSet<Unclear>>,
    /// Files by the names that they give to something.
    names: BTreeMap<&'p str, Vec<usize>>,
    /// The number of the first router of each file.
    first: Vec<usize>,
    /// The router that each router is the same as.
    same: Vec<usize>,
    standing: BTreeMap<usize, Standing>,
    /// What the paths of routers begin with, with the file that says so.
    prefixes: BTreeMap<usize, (usize, &'p Pieces)>,
    /// Texts that parameters of functions stand for, with the files that give them.
    given: BTreeMap<(usize, String), Vec<(usize, &'p Pieces)>>,
    /// Classes whose methods are the routes of routers.
    classes: BTreeMap<usize, &'p str>,
    everywhere: Vec<Everywhere<'p>>,
    /// Whether versions stand in paths, and that of those that say none.
    versions: Option<Option<String>>,
    /// Mounts of each router, with their files.
    parents: BTreeMap<usize, Vec<(usize, &'p Mount)>>,
}

/// What all paths of routes below a folder begin with, but for some.
#[derive(Debug)]
struct Everywhere<'p> {
    folder: &'p str,
    prefix: String,
    except: &'p [String],
}

/// Where a router is reached.
#[derive(Debug, Clone, Default)]
struct Place {
    path: String,
    guards: Vec<(usize, Guard)>,
    standing: Option<Standing>,
}

/// The routes of all files, and what was not understood.
pub(super) fn link(
    framework: &'static Framework,
    files: &[(u32, Facts)],
    paths: &[String],
) -> (Vec<Route>, Vec<Unclear>) {
    let program = Program::new(framework, files, paths);
    let (mut routes, mut unclear) = (Vec::new(), BTreeSet::new());
    for (file, (number, facts)) in files.iter().enumerate() {
        for route in &facts.routes {
            program.route(file, route, &mut routes, &mut unclear);
        }
        let path = paths.get(*number as usize).cloned().unwrap_or_default();
        for (everywhere, _) in &facts.everywhere {
            if let Err(what) = program.text(file, everywhere) {
                unclear.insert(Unclear {
                    file: path.clone(),
                    line: 1,
                    what: format!("a prefix of all routes: {what}"),
                });
            }
        }
        let note = |note: &super::facts::Note| Unclear {
            file: path.clone(),
            line: note.line,
            what: note.what.clone(),
        };
        unclear.extend(facts.notes.iter().map(note));
    }
    if routes.len() >= ROUTES_MAX {
        program.cut(0, format!("more than {ROUTES_MAX} routes of {}", framework.product));
    }
    unclear.append(&mut program.cut.take());
    (routes, unclear.into_iter().collect())
}

impl<'p> Program<'p> {
    fn new(framework: &'static Framework, files: &'p [(u32, Facts)], paths: &'p [String]) -> Program<'p> {
        let mut first = Vec::new();
        let mut count = 0;
        for (_, facts) in files {
            first.push(count);
            count += facts.routers.len();
        }
        let names = files.iter().map(|(number, _)| paths.get(*number as usize).map_or("", String::as_str));
        let mut program = Program {
            framework,
            files,
            paths,
            modules: Modules::of(names.collect()),
            looks: Cell::new(0),
            cut: RefCell::default(),
            names: resolve::names(files),
            first,
            same: (0..count).collect(),
            standing: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            given: BTreeMap::new(),
            classes: BTreeMap::new(),
            everywhere: Vec::new(),
            versions: files.iter().find_map(|(_, facts)| facts.versions.clone()),
            parents: BTreeMap::new(),
        };
        program.unite();
        program.give();
        program.prefix_all();
        let mut handed: BTreeSet<usize> = BTreeSet::new();
        for (file, (_, facts)) in files.iter().enumerate() {
            for (index, router) in facts.routers.iter().enumerate() {
                let one = program.one(program.number(file, index));
                if let Some(class) = &router.class {
                    program.classes.insert(one, class);
                }
                if router.is_defined {
                    handed.insert(one);
                }
                let known = program.standing.entry(one).or_insert(router.standing);
                *known = router.standing.max(*known);
                if !router.prefix.is_empty() {
                    program.prefixes.entry(one).or_insert((file, &router.prefix));
                }
            }
        }
        for (file, (_, facts)) in files.iter().enumerate() {
            for mount in &facts.mounts {
                let (parent, child) = (program.number(file, mount.parent), program.number(file, mount.child));
                let (parent, child) = (program.one(parent), program.one(child));
                // What a class of another program hands down is not known, and is taken for nothing.
                let key = facts.routers.get(mount.parent).and_then(|router| router.key.as_deref());
                let is_known = !key.is_some_and(|key| key.ends_with("#handed")) || handed.contains(&parent);
                if parent != child && is_known {
                    program.parents.entry(child).or_default().push((file, mount));
                }
            }
        }
        program
    }

    /// Finds out which routers are one.
    fn unite(&mut self) {
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for (one, other) in &facts.same {
                self.merge(self.number(file, *one), self.number(file, *other));
            }
            for (key, index) in &facts.keys {
                let is_here = facts.routers.get(*index).is_some_and(|router| router.is_defined);
                if !is_here && let Some((found, other)) = self.find_router(file, key) {
                    self.merge(self.number(file, *index), self.number(found, other));
                }
            }
        }
    }

    /// Finds out what all routes begin with.
    fn prefix_all(&mut self) {
        let mut all = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            let (folder, _) = self.path_of(file).rsplit_once('/').unwrap_or_default();
            for (pieces, except) in &facts.everywhere {
                if let Ok(prefix) = self.text(file, pieces) {
                    all.push(Everywhere { folder, prefix, except });
                }
            }
        }
        self.everywhere = all;
    }

    fn number(&self, file: usize, router: usize) -> usize {
        self.first.get(file).copied().unwrap_or_default() + router
    }

    fn one(&self, mut router: usize) -> usize {
        while let Some(next) = self.same.get(router).copied().filter(|next| *next != router) {
            router = next;
        }
        router
    }

    fn merge(&mut self, one: usize, other: usize) {
        let (one, other) = (self.one(one), self.one(other));
        // The smaller number stands for both, so that no circle can come about.
        if let Some(of) = self.same.get_mut(one.max(other)) {
            *of = one.min(other);
        }
    }

    /// Everywhere that a router is reached.
    fn places(&self, router: usize, seen: &mut Vec<usize>, left: &mut usize) -> Result<Vec<Place>, String> {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Err("a router that is mounted in too many ways".to_owned());
        }
        let standing = self.standing.get(&router).copied().unwrap_or(Standing::Unknown);
        let prefix = self.prefix(router)?;
        let parents = self.parents.get(&router).map(Vec::as_slice).unwrap_or_default();
        let mut places = Vec::new();
        if seen.len() < MOUNTS_MAX && !seen.contains(&router) {
            seen.push(router);
            for (file, mount) in parents {
                let above = self.places(self.one(self.number(*file, mount.parent)), seen, left)?;
                let path = self.text(*file, &mount.path)?;
                for place in above {
                    let is_known = place.standing > Some(Standing::Unknown) || standing > Standing::Unknown;
                    if !is_known {
                        continue;
                    }
                    if places.len() >= PLACES_MAX {
                        self.cut(*file, format!("more than {PLACES_MAX} places where a router is mounted"));
                        break;
                    }
                    let own = if self.framework.mount_replaces && !path.is_empty() { "" } else { &prefix };
                    let guards = mount.guards.iter().map(|guard| (*file, guard.clone()));
                    places.push(Place {
                        path: self.joined(&self.joined(&place.path, &path), own),
                        guards: place.guards.iter().cloned().chain(guards).collect(),
                        standing: place.standing.max(Some(standing)),
                    });
                }
            }
            seen.pop();
        }
        let is_top = parents.is_empty() || standing == Standing::Router && places.is_empty();
        if is_top {
            places.push(Place { path: prefix, guards: Vec::new(), standing: Some(standing) });
        }
        if let Some(class) = self.classes.get(&router) {
            // `[controller]` of ASP.NET stands for the class, also where another one says it.
            let name = class.strip_suffix("Controller").unwrap_or(class);
            places.iter_mut().for_each(|place| place.path = place.path.replace("[controller]", name));
        }
        Ok(places)
    }

    /// Says that something of a file is left out.
    fn cut(&self, file: usize, what: String) {
        let mut cut = self.cut.borrow_mut();
        if cut.len() < CUT_MAX {
            cut.insert(Unclear { file: self.path_of(file).to_owned(), line: 1, what });
        }
    }

    fn prefix(&self, router: usize) -> Result<String, String> {
        self.prefixes.get(&router).map_or(Ok(String::new()), |(file, pieces)| self.text(*file, pieces))
    }

    fn joined(&self, prefix: &str, path: &str) -> String {
        match (self.framework.keeps_slash, prefix.is_empty() || path.is_empty()) {
            (_, true) => format!("{prefix}{path}"),
            (true, false) => format!("{prefix}{path}"),
            (false, false) => joined(prefix, path),
        }
    }

    fn route(&self, file: usize, fact: &RouteFact, routes: &mut Vec<Route>, unclear: &mut BTreeSet<Unclear>) {
        let router = self.one(self.number(file, fact.router));
        let name = self.path_of(file);
        let tell = |what: String, unclear: &mut BTreeSet<Unclear>| {
            unclear.insert(Unclear { file: name.to_owned(), line: fact.line, what });
        };
        let known = |places: &[Place]| places.iter().any(|place| place.standing > Some(Standing::Unknown));
        let places = match self.places(router, &mut Vec::new(), &mut STEPS_MAX.clone()) {
            Ok(places) if known(&places) => places,
            Ok(_) => return,
            Err(what) => return tell(what, unclear),
        };
        let path = match self.text(file, &fact.path) {
            Ok(path) => path,
            Err(what) => return tell(what, unclear),
        };
        for place in places.into_iter().filter(|place| place.standing > Some(Standing::Unknown)) {
            let is_mounted = place.standing == Some(Standing::Root);
            if !is_mounted {
                tell("a router that nothing mounts, as far as is understood".to_owned(), unclear);
            }
            for everywhere in self.everywhere(file, &self.joined(&place.path, &path)) {
                let is_whole = self.framework.absolute && path.starts_with(['/', '~']);
                let everywhere = self.joined(&everywhere, &self.version(fact));
                let above = if is_whole { String::new() } else { self.joined(&everywhere, &place.path) };
                let path = self.joined(&above, path.trim_start_matches('~'));
                for answer in self.answers(file, fact) {
                    if routes.len() < ROUTES_MAX {
                        routes.push(self.written(file, fact, &place, &path, answer));
                    }
                }
            }
        }
    }

    fn written(&self, file: usize, fact: &RouteFact, place: &Place, path: &str, answer: Answer) -> Route {
        let action = fact.handlers.first().and_then(|key| key.rsplit('.').next()).unwrap_or_default();
        let path = format!("{path}{}", answer.suffix).replace(['^', '$'], "").replace("[action]", action);
        let (path, query) = path.split_once("?<").unwrap_or((&path, ""));
        let mut template = template(path, self.framework.style);
        while template.path.contains("//") {
            template.path = template.path.replace("//", "/");
        }
        if !template.path.starts_with('/') {
            template.path.insert(0, '/');
        }
        if !self.framework.keeps_slash && template.path.len() > 1 {
            template.path.truncate(template.path.trim_end_matches('/').len().max(1));
        }
        let mut parameters: BTreeMap<(super::In, String), String> = BTreeMap::new();
        for (name, kind) in template.parameters {
            parameters.insert((super::In::Path, name), kind);
        }
        for name in query.split(['<', '>', '&', '.']).filter(|name| !name.is_empty()) {
            parameters.insert((super::In::Query, name.to_owned()), String::new());
        }
        let mut body = BTreeSet::new();
        let mut guards = place.guards.clone();
        guards.extend(fact.guards.iter().map(|guard| (file, guard.clone())));
        guards.extend(answer.guards);
        let own = fact.handlers.iter().map(|key| (file, key.clone()));
        for (file, key) in own.chain(answer.handlers) {
            guards.extend(self.filters(file, &key));
            let Some((found, function)) = self.find_function(file, &key) else { continue };
            guards.extend(function.guards.iter().map(|guard| (found, guard.clone())));
            for taken in &function.takes {
                self.take((found, &answer.method), taken, &mut parameters, &mut body);
            }
        }
        Route {
            framework: self.framework.id,
            method: answer.method,
            path: template.path.clone(),
            parameters: parameters
                .into_iter()
                .map(|((place, name), kind)| Parameter { place, name, kind })
                .collect(),
            body: body.into_iter().collect(),
            guards: self.guards(guards, &template.path),
            file: self.path_of(file).to_owned(),
            line: fact.line,
            is_mounted: place.standing == Some(Standing::Root),
        }
    }

    fn take(
        &self,
        (file, method): (usize, &str),
        taken: &Taken,
        parameters: &mut BTreeMap<(super::In, String), String>,
        body: &mut BTreeSet<String>,
    ) {
        match taken {
            Taken::Parameter(super::In::Path, name, kind) => {
                if let Some(known) = parameters.get_mut(&(super::In::Path, name.clone())) {
                    known.clone_from(kind);
                }
            }
            Taken::Parameter(place, name, kind) => {
                // Whatever it is called beside its function, a name of the path is of the path.
                if let Some(known) = parameters.get_mut(&(super::In::Path, name.clone())) {
                    known.clone_from(kind);
                    return;
                }
                parameters.entry((*place, name.clone())).or_insert_with(|| kind.clone());
            }
            Taken::QueryOf(class) => {
                for name in self.fields(file, class) {
                    parameters.entry((super::In::Query, name)).or_default();
                }
            }
            Taken::Any(name) if parameters.contains_key(&(super::In::Path, name.clone())) => {}
            Taken::Any(name) if matches!(method, "GET" | "HEAD" | "DELETE") => {
                parameters.entry((super::In::Query, name.clone())).or_default();
            }
            Taken::Any(name) => drop(body.insert(name.clone())),
            Taken::Fields(names) => body.extend(names.iter().cloned()),
            Taken::Field(name) => drop(body.insert(name.clone())),
            Taken::Body(class) => body.extend(self.fields(file, class)),
        }
    }

    /// The names of those that stand guard before a path.
    fn guards(&self, guards: Vec<(usize, Guard)>, path: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (file, guard) in guards {
            let is_router = guard.maybe_router.is_some_and(|router| {
                let router = self.one(self.number(file, router));
                self.standing.get(&router).is_some_and(|standing| *standing > Standing::Unknown)
            });
            let under = self.text(file, &guard.under).unwrap_or_default();
            let under = template(under.trim_matches(['*', '/']), self.framework.style).path;
            if is_router || !under.is_empty() && !path.contains(&format!("/{under}")) {
                continue;
            }
            if guard.is_open {
                names.clear();
            } else if !names.contains(&guard.name) {
                names.push(guard.name);
            }
        }
        names
    }

    fn path_of(&self, file: usize) -> &'p str {
        let number = self.files.get(file).map_or(0, |(number, _)| *number as usize);
        self.paths.get(number).map(String::as_str).unwrap_or_default()
    }

    /// Prefixes of all routes that hold for a path of a file.
    fn everywhere(&self, file: usize, path: &str) -> Vec<String> {
        let own = self.path_of(file);
        let of_file = self.everywhere.iter().filter(|one| {
            one.folder.is_empty() || own.strip_prefix(one.folder).is_some_and(|rest| rest.starts_with('/'))
        });
        let mut prefixes: Vec<String> = of_file
            .map(|one| match one.except.iter().any(|except| except == path.trim_matches('/')) {
                true => String::new(),
                false => one.prefix.clone(),
            })
            .collect();
        prefixes.dedup();
        if prefixes.is_empty() { vec![String::new()] } else { prefixes }
    }

    /// The version of a route as it stands in its path.
    fn version(&self, fact: &RouteFact) -> String {
        let version = self.versions.as_ref().and_then(|default| fact.version.as_ref().or(default.as_ref()));
        version.map(|version| format!("/v{version}")).unwrap_or_default()
    }
}
