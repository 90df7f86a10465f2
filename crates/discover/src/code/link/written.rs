//! What becomes of a route: one for each place that its router is reached at, and each method that it answers.

use std::collections::{BTreeMap, BTreeSet};

use super::places::Place;
use super::views::Answer;
use super::{Program, ROUTES_MAX};
use crate::code::facts::{Guard, In, RouteFact, Standing, Taken};
use crate::code::template::{template, written_out};
use crate::code::{Parameter, Route, Unclear};

/// The most mounts that are looked at for one route.
const STEPS_MAX: usize = 4096;

/// So many functions are looked into for what one route takes, and so far is followed which calls which.
const CALLED_MAX: usize = 32;
const CALLED_DEPTH_MAX: usize = 2;

impl Program<'_> {
    pub(super) fn route(
        &self,
        file: usize,
        fact: &RouteFact,
        routes: &mut Vec<Route>,
        unclear: &mut BTreeSet<Unclear>,
    ) {
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
        let served: Vec<String> = places
            .iter()
            .filter(|place| place.standing == Some(Standing::Root))
            .map(|place| place.path.clone())
            .collect();
        for place in places.into_iter().filter(|place| place.standing > Some(Standing::Unknown)) {
            if place.standing < Some(Standing::Root) && served.contains(&place.path) {
                continue;
            }
            let is_mounted = place.standing == Some(Standing::Root);
            if !is_mounted {
                tell("a router that nothing mounts, as far as is understood".to_owned(), unclear);
            }
            let paths = match self.by_convention(file, fact, &place, &path) {
                Some(paths) => paths,
                None => self.whole_paths(file, fact, &place, &path),
            };
            for path in paths {
                for answer in self.answers(file, fact) {
                    if routes.len() < ROUTES_MAX {
                        routes.push(self.written(file, fact, &place, &path, answer));
                    }
                }
            }
        }
    }

    /// The paths of a route at a place: below what all begin with, of each version, with and without what may be left out.
    fn whole_paths(&self, file: usize, fact: &RouteFact, place: &Place, path: &str) -> Vec<String> {
        let is_whole = self.framework.absolute && path.starts_with(['/', '~']);
        let mut paths = Vec::new();
        for everywhere in self.everywhere(file, &self.joined(&place.path, path)) {
            for version in self.versions(fact) {
                let everywhere = self.joined(&everywhere, &version);
                let above = if is_whole { String::new() } else { self.joined(&everywhere, &place.path) };
                let path = self.joined(&above, path.trim_start_matches('~'));
                paths.extend(written_out(&path, self.framework.style));
            }
        }
        paths
    }

    fn written(&self, file: usize, fact: &RouteFact, place: &Place, path: &str, answer: Answer) -> Route {
        let action = action(fact);
        let path = format!("{path}{}", answer.suffix)
            .replace("{$}", "")
            .replace(['^', '$'], "")
            .replace("[action]", action);
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
        let mut parameters: BTreeMap<(In, String), String> = BTreeMap::new();
        for (name, kind) in template.parameters {
            parameters.insert((In::Path, name), kind);
        }
        // What a class takes of it, as in `<filter..>`, has the names of its fields.
        let names = query.split(['<', '>', '&']).filter(|name| !name.is_empty() && !name.ends_with(".."));
        for name in names {
            parameters.insert((In::Query, name.to_owned()), String::new());
        }
        let mut body = BTreeSet::new();
        let mut guards = place.guards.clone();
        guards.extend(fact.guards.iter().map(|guard| (file, guard.clone())));
        guards.extend(answer.guards);
        for taken in &fact.takes {
            self.take((file, &answer.method), taken, &mut parameters, &mut body);
        }
        let own = fact.handlers.iter().map(|key| (file, key.clone()));
        let implementing = self.implementing(file, fact);
        for (file, key) in own.chain(answer.handlers.iter().cloned()).chain(implementing) {
            guards.extend(self.filters(file, &key));
            if let Some((found, function)) = self.find_function(file, &key) {
                guards.extend(function.guards.iter().map(|guard| (found, guard.clone())));
            }
            if self.is_schema(file, &key) {
                self.take_schema(file, &key, &mut parameters, &mut body);
            }
            for (found, taken) in self.taken(file, &key) {
                self.take((found, &answer.method), taken, &mut parameters, &mut body);
            }
        }
        if let Some((file, schema)) = answer.body.as_ref().filter(|_| body.is_empty()) {
            body.extend(self.fields(*file, schema));
        }
        if matches!(answer.method.as_str(), "GET" | "HEAD") {
            // `IsAuthenticatedOrReadOnly` lets everybody read.
            guards.retain(|(_, guard)| !guard.name.ends_with("OrReadOnly"));
            // What one function takes for several methods, these do not have.
            body.clear();
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

    /// Methods of the classes that a route comes to from what they are made from: they may say more than that does.
    fn implementing(&self, file: usize, fact: &RouteFact) -> Vec<(usize, String)> {
        let router = self.one(self.number(file, fact.router));
        let action = action(fact);
        let above = self.parents.get(&router).map(Vec::as_slice).unwrap_or_default().iter();
        let classes = above.filter_map(|above| Some((above.file, self.classes.get(&above.parent)?)));
        classes.map(|(file, class)| (file, format!("{class}.{action}"))).take(1).collect()
    }

    /// What a function takes out of requests, and what those do that it calls with them.
    fn taken(&self, file: usize, key: &str) -> Vec<(usize, &Taken)> {
        let mut taken = Vec::new();
        let mut next = vec![(file, key.to_owned(), 0)];
        if self.framework.languages.contains(&"PHP") {
            next.push((file, format!("{key}.__invoke"), 0));
        }
        let mut seen: Vec<(usize, String)> = Vec::new();
        while let Some((file, key, depth)) = next.pop() {
            let Some((found, function)) = self.find_function(file, &key) else { continue };
            if seen.iter().any(|(known, name)| *known == found && *name == key) || seen.len() >= CALLED_MAX {
                continue;
            }
            taken.extend(function.takes.iter().map(|taken| (found, taken)));
            if depth < CALLED_DEPTH_MAX {
                next.extend(function.calls.iter().map(|call| (found, call.clone(), depth + 1)));
            }
            seen.push((found, key));
        }
        taken
    }

    fn take(
        &self,
        (file, method): (usize, &str),
        taken: &Taken,
        parameters: &mut BTreeMap<(In, String), String>,
        body: &mut BTreeSet<String>,
    ) {
        match taken {
            Taken::Parameter(In::Path, name, kind) => {
                if let Some(known) = parameters.get_mut(&(In::Path, name.clone())) {
                    known.clone_from(kind);
                }
            }
            Taken::Parameter(place, name, kind) => {
                // Whatever it is called beside its function, a name of the path is of the path.
                if let Some(known) = parameters.get_mut(&(In::Path, name.clone())) {
                    known.clone_from(kind);
                    return;
                }
                parameters.entry((*place, name.clone())).or_insert_with(|| kind.clone());
            }
            Taken::QueryOf(class) => {
                for name in self.fields(file, class) {
                    // What a class of the whole request has may stand in the path.
                    if !parameters.contains_key(&(In::Path, name.clone())) {
                        parameters.entry((In::Query, name)).or_default();
                    }
                }
            }
            Taken::Any(name) if parameters.contains_key(&(In::Path, name.clone())) => {}
            Taken::Any(name) if matches!(method, "GET" | "HEAD" | "DELETE") => {
                parameters.entry((In::Query, name.clone())).or_default();
            }
            Taken::Any(name) => drop(body.insert(name.clone())),
            Taken::Fields(names) => body.extend(names.iter().cloned()),
            Taken::Field(name) => drop(body.insert(name.clone())),
            Taken::Body(class) => body.extend(self.fields(file, class)),
            Taken::AnyOf(class) => {
                for name in self.fields(file, class) {
                    self.take((file, method), &Taken::Any(name), parameters, body);
                }
            }
            Taken::Schema(name) => self.take_schema(file, name, parameters, body),
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
            let is_schema = !guard.name.contains('(') && self.is_schema(file, &guard.name);
            if is_router || is_schema || !under.is_empty() && !path.contains(&format!("/{under}")) {
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

    /// Whether something of this name is a schema that requests are held against.
    fn is_schema(&self, file: usize, name: &str) -> bool {
        self.has_schemas && self.find_class(file, name).is_some_and(|(_, class)| class.is_schema)
    }

    /// What a schema says, if it is one: of each part of requests, or of the body.
    fn take_schema(
        &self,
        file: usize,
        name: &str,
        parameters: &mut BTreeMap<(In, String), String>,
        body: &mut BTreeSet<String>,
    ) {
        if !self.is_schema(file, name) {
            return;
        }
        let part = |part: &str| {
            let key = format!("{name}.{part}");
            self.find_class(file, &key).map(|_| self.fields(file, &key))
        };
        let (own, query) = (part("body"), part("query").or(part("querystring")));
        if own.is_none() && query.is_none() && part("params").is_none() {
            body.extend(self.fields(file, name));
        }
        body.extend(own.into_iter().flatten());
        for name in query.into_iter().flatten() {
            parameters.entry((In::Query, name)).or_default();
        }
    }
}

/// The method that handles a route, by its own name.
pub(super) fn action(fact: &RouteFact) -> &str {
    let key = fact.handlers.first().map(String::as_str).unwrap_or_default();
    let name = key.rsplit('.').next().unwrap_or_default();
    let name = name.split('@').next().unwrap_or_default();
    // ASP.NET leaves this out of the names of actions.
    name.strip_suffix("Async").filter(|name| !name.is_empty()).unwrap_or(name)
}
