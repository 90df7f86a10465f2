//! Follows mounts from file to file, from each route up to the program that serves it.

mod conventions;
mod handed;
mod modules;
mod places;
mod resolve;
mod views;
mod written;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::facts::{ENGINE, Everywhere, Facts, Guard, Mount, Pieces, Standing};
use super::frameworks::Framework;
use super::{Route, Unclear};
use modules::Modules;

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
    /// What names may end in that are looked for.
    lasts: HashSet<&'p str>,
    methods: BTreeMap<(&'p str, &'p str), Vec<resolve::Given<'p>>>,
    /// The number of the first router of each file.
    first: Vec<usize>,
    /// The router that each router is the same as.
    same: Vec<usize>,
    standing: BTreeMap<usize, Standing>,
    /// Whether some file has a schema that requests are held against.
    has_schemas: bool,
    /// Files of routes that settings of the program name, by their paths.
    settings: Vec<String>,
    /// Routers that are more than made.
    used: BTreeSet<usize>,
    /// What the paths of routers begin with, with the file that says so.
    prefixes: BTreeMap<usize, (usize, &'p Pieces)>,
    /// Texts that parameters of functions stand for, with the files that give them.
    given: BTreeMap<(usize, String), Vec<(usize, &'p Pieces)>>,
    /// Classes whose methods are the routes of routers.
    classes: BTreeMap<usize, &'p str>,
    everywhere: Vec<Prefix<'p>>,
    /// Whether versions stand in paths, and that of those that say none.
    versions: Option<Option<String>>,
    /// What else they stand for.
    handed: BTreeMap<(usize, String), Vec<(usize, &'p str)>>,
    /// What each router is mounted on.
    parents: BTreeMap<usize, Vec<Above<'p>>>,
}

/// What a router is mounted on, in which file.
#[derive(Debug)]
struct Above<'p> {
    file: usize,
    parent: usize,
    path: Option<&'p Pieces>,
    /// A path that is no text of the program, but a name of a folder or file.
    named: String,
    guards: &'p [Guard],
}

impl<'p> Above<'p> {
    /// One that adds nothing to paths.
    fn plain(file: usize, parent: usize) -> Above<'p> {
        Above { file, parent, path: None, named: String::new(), guards: &[] }
    }

    fn of(file: usize, parent: usize, mount: &'p Mount) -> Above<'p> {
        Above { path: Some(&mount.path), guards: &mount.guards, ..Above::plain(file, parent) }
    }
}

/// What all paths of routes below a folder begin with, but for some.
#[derive(Debug)]
struct Prefix<'p> {
    folder: &'p str,
    fact: &'p Everywhere,
    text: String,
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
        for everywhere in &facts.everywhere {
            if let Err(what) = program.text(file, &everywhere.path) {
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
        unclear.extend(program.foreign(file));
    }
    if routes.len() >= ROUTES_MAX {
        program.cut(0, format!("more than {ROUTES_MAX} routes of {}", framework.product));
    }
    unclear.append(&mut program.cut.take());
    (routes, unclear.into_iter().collect())
}

/// Whether something hangs on a router, so that it matters what it is.
fn has_routes(facts: &Facts, router: usize) -> bool {
    facts.routes.iter().any(|route| route.router == router)
        || facts.mounts.iter().any(|mount| mount.parent == router || mount.child == router)
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
            lasts: resolve::lasts(files),
            methods: resolve::methods(files),
            first,
            same: (0..count).collect(),
            standing: BTreeMap::new(),
            has_schemas: files.iter().any(|(_, facts)| facts.classes.values().any(|class| class.is_schema)),
            used: BTreeSet::new(),
            settings: Vec::new(),
            prefixes: BTreeMap::new(),
            given: BTreeMap::new(),
            handed: BTreeMap::new(),
            classes: BTreeMap::new(),
            everywhere: Vec::new(),
            versions: files.iter().find_map(|(_, facts)| facts.versions.clone()),
            parents: BTreeMap::new(),
        };
        program.unite();
        program.find_used();
        program.find_settings();
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
                let standing = router.standing.min(program.served(file, index));
                let known = program.standing.entry(one).or_insert(standing);
                *known = standing.max(*known);
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
                    program.parents.entry(child).or_default().push(Above::of(file, parent, mount));
                }
            }
        }
        program.mount_handed();
        program.mount_folders();
        program.mount_files();
        program.mount_dispatched();
        program
    }

    /// Parts of programs that a file mounts, and that are none of this one.
    fn foreign(&self, file: usize) -> Vec<Unclear> {
        let routers = self.files.get(file).map(|(_, facts)| facts.routers.as_slice()).unwrap_or_default();
        let foreign = routers.iter().filter(|router| !router.is_defined).filter_map(|router| {
            let key = router.key.as_deref()?;
            let name = key.strip_suffix(ENGINE).filter(|_| self.find_router(file, key).is_none())?;
            let what = format!("routes of a library: `{name}`");
            Some(Unclear { file: self.path_of(file).to_owned(), line: router.line, what })
        });
        foreign.collect()
    }

    /// The most that a router can be: what nobody does anything with, and nobody names, is not served.
    fn served(&self, file: usize, router: usize) -> Standing {
        if !self.framework.must_be_used && self.is_of_settings(file) {
            return Standing::Root;
        }
        if self.framework.must_be_used && self.used.contains(&self.one(self.number(file, router))) {
            return Standing::Root;
        }
        Standing::Router
    }

    /// Whether the settings of a program that has some name the file as that of its routes.
    fn is_of_settings(&self, file: usize) -> bool {
        let path = self.path_of(file).trim_end_matches(".py");
        self.settings.is_empty()
            || self.settings.iter().any(|module| path == module || path.ends_with(&format!("/{module}")))
    }

    /// Files of routes that settings name.
    fn find_settings(&mut self) {
        let named = self.files.iter().enumerate().filter_map(|(file, (_, facts))| {
            let text = self.text(file, facts.constants.get("ROOT_URLCONF")?).ok()?;
            Some(text.replace('.', "/"))
        });
        let named: Vec<String> = named.collect();
        self.settings = named;
        // Where none of them is there, they say nothing.
        if !(0..self.files.len()).any(|file| self.is_of_settings(file)) {
            self.settings.clear();
        }
    }

    /// Routers that something is done with, or that are named elsewhere.
    fn find_used(&mut self) {
        if !self.framework.must_be_used {
            return;
        }
        let mut named: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for name in &facts.mentions {
                let known = named.entry(name).or_insert((file, false));
                known.1 |= known.0 != file;
            }
        }
        let mut used = BTreeSet::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for (index, router) in facts.routers.iter().enumerate() {
                let key = router.key.as_deref().unwrap_or_default();
                let name = key.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
                let is_named = match named.get(name) {
                    // A function is named by whoever calls it, and a variable where it stands itself.
                    Some((other, is_in_several)) => key.ends_with("()") || *is_in_several || *other != file,
                    None => name == "main" || name.starts_with("closure@"),
                };
                if router.is_used || is_named && !key.contains('#') {
                    used.insert(self.one(self.number(file, index)));
                }
            }
        }
        self.used = used;
    }

    /// Finds out which routers are one.
    fn unite(&mut self) {
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for (one, other) in &facts.same {
                self.merge(self.number(file, *one), self.number(file, *other));
            }
            for (key, index) in &facts.keys {
                if facts.routers.get(*index).is_some_and(|router| router.is_defined) {
                    continue;
                }
                if let Some((found, other)) = self.find_router(file, key) {
                    self.merge(self.number(file, *index), self.number(found, other));
                } else if !key.contains('#') && self.is_cut_short(file, key) && has_routes(facts, *index) {
                    self.cut(file, format!("a name that is in too many files: `{key}`"));
                }
            }
        }
    }

    /// Finds out what all routes begin with.
    fn prefix_all(&mut self) {
        let mut all = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            let (folder, _) = self.path_of(file).rsplit_once('/').unwrap_or_default();
            for fact in &facts.everywhere {
                if let Ok(text) = self.text(file, &fact.path) {
                    all.push(Prefix { folder, fact, text });
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

    /// Says that something of a file is left out.
    fn cut(&self, file: usize, what: String) {
        let mut cut = self.cut.borrow_mut();
        if cut.len() < CUT_MAX {
            cut.insert(Unclear { file: self.path_of(file).to_owned(), line: 1, what });
        }
    }

    fn path_of(&self, file: usize) -> &'p str {
        let number = self.files.get(file).map_or(0, |(number, _)| *number as usize);
        self.paths.get(number).map(String::as_str).unwrap_or_default()
    }
}
