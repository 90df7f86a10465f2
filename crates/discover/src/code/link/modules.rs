//! Which files a module is, by what it is called where it is imported.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Files by the names that modules may have.
#[derive(Debug)]
pub(super) struct Modules<'p> {
    paths: Vec<&'p str>,
    /// Files, and folders of files, by the last part of their names.
    by_name: BTreeMap<&'p str, Vec<usize>>,
    by_folder: BTreeMap<&'p str, Vec<usize>>,
    /// Files by their paths without endings.
    by_stem: BTreeMap<&'p str, Vec<usize>>,
    /// Folders by the last part of their paths.
    folders: BTreeMap<&'p str, Vec<&'p str>>,
    /// What was looked for before: the same modules are named again and again.
    known: RefCell<Known>,
}

/// The files of modules, by the file that names them and by their names.
type Known = HashMap<(usize, Box<str>), Rc<[usize]>>;

/// So many modules are kept in mind.
const KNOWN_MAX: usize = 1 << 18;

/// Names of files that stand for their folder.
const INDEXES: &[&str] = &["index", "mod", "__init__", "lib", "main"];

/// Words of modules that say where to begin.
const BEGINNINGS: &[&str] = &["", "@", "~", "crate", "self", "super", ".", ".."];

impl<'p> Modules<'p> {
    pub(super) fn of(paths: Vec<&'p str>) -> Modules<'p> {
        let (mut by_name, mut by_folder) = (BTreeMap::new(), BTreeMap::new());
        let mut by_stem: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, path) in paths.iter().enumerate() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let stem = name.split('.').next().unwrap_or(name);
            let stem =
                if stem.is_empty() { name } else { name.rsplit_once('.').map_or(name, |(stem, _)| stem) };
            let last = folder.rsplit('/').next().unwrap_or_default();
            by_name.entry(stem).or_insert_with(Vec::new).push(index);
            if INDEXES.contains(&stem) {
                by_name.entry(last).or_insert_with(Vec::new).push(index);
            }
            // A crate is called as the folder around its sources is.
            if let Some(above) = folder.strip_suffix("/src").filter(|_| path.ends_with("lib.rs")) {
                by_name.entry(above.rsplit('/').next().unwrap_or(above)).or_insert_with(Vec::new).push(index);
            }
            by_folder.entry(folder).or_insert_with(Vec::new).push(index);
            by_stem.entry(path.rsplit_once('.').map_or(*path, |(stem, _)| stem)).or_default().push(index);
        }
        let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for folder in by_folder.keys().copied() {
            folders.entry(folder.rsplit('/').next().unwrap_or(folder)).or_default().push(folder);
        }
        Modules { paths, by_name, by_folder, by_stem, folders, known: RefCell::default() }
    }

    /// Files that a module may be, as `file` names it.
    pub(super) fn files(&self, file: usize, module: &str) -> impl Iterator<Item = usize> + use<'p> {
        let key = (file, module.into());
        let known = self.known.borrow().get(&key).cloned();
        let found = known.unwrap_or_else(|| {
            let found: Rc<[usize]> = self.named(file, module).into();
            let mut known = self.known.borrow_mut();
            if known.len() < KNOWN_MAX {
                known.insert(key, Rc::clone(&found));
            }
            found
        });
        (0..found.len()).filter_map(move |at| found.get(at).copied())
    }

    fn named(&self, file: usize, module: &str) -> Vec<usize> {
        let own = self.paths.get(file).copied().unwrap_or_default();
        match language(own) {
            "js" => self.relative(own, module),
            "go" => self.folders(module),
            _ => self.ending(own, module),
        }
    }

    /// Whether names of one file need not be imported in the other: those of a folder, or of a language.
    pub(super) fn share(&self, file: usize, other: usize) -> bool {
        let (Some(file), Some(other)) = (self.paths.get(file), self.paths.get(other)) else { return false };
        let folder = |path: &'p str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match language(file) {
            "js" | "py" => false,
            "go" => folder(file) == folder(other),
            // Settings name what is in any of the others.
            "yaml" => true,
            own => own == language(other),
        }
    }

    /// Whether two files are of one language.
    pub(super) fn is_of_language(&self, file: usize, other: usize) -> bool {
        let of = |file: usize| self.paths.get(file).map(|path| language(path));
        of(file) == of(other)
    }

    /// `./orders` beside the file; `@/orders`, `src/orders` and their like by how the path ends.
    fn relative(&self, own: &str, module: &str) -> Vec<usize> {
        let module = module.trim_end_matches(".js").trim_end_matches(".ts").trim_end_matches(".mjs");
        if !module.starts_with('.') {
            let is_of_program = ["@/", "~/", "src/", "app/", "#"].iter().any(|mark| module.starts_with(mark));
            return if is_of_program { self.ending(own, module) } else { Vec::new() };
        }
        let mut folder: Vec<&str> = own.split('/').collect();
        folder.pop();
        for part in module.split('/') {
            match part {
                "." | "" => {}
                ".." => drop(folder.pop()),
                part => folder.push(part),
            }
        }
        let whole = folder.join("/");
        let index = if whole.is_empty() { "index".to_owned() } else { format!("{whole}/index") };
        let stems = [whole.as_str(), index.as_str()];
        let found = stems.iter().filter_map(|stem| self.by_stem.get(stem)).flatten();
        found
            .copied()
            .filter(|index| self.paths.get(*index).is_some_and(|path| language(path) == "js"))
            .collect()
    }

    /// The folder whose path has most of the module at its end.
    fn folders(&self, module: &str) -> Vec<usize> {
        let mut rest = module;
        loop {
            let last = rest.rsplit('/').next().unwrap_or(rest);
            let is_it = |folder: &&&str| ends(folder, rest);
            if let Some(folder) = self.folders.get(last).and_then(|folders| folders.iter().find(is_it)) {
                return self.by_folder.get(folder).cloned().unwrap_or_default();
            }
            match rest.split_once('/') {
                Some((_, shorter)) => rest = shorter,
                None => return Vec::new(),
            }
        }
    }

    /// Files whose path ends as the module does; the nearest first.
    fn ending(&self, own: &str, module: &str) -> Vec<usize> {
        let parts: Vec<&str> =
            module.split(['.', '/', ':', '\\']).filter(|part| !BEGINNINGS.contains(part)).collect();
        let Some(last) = parts.last() else { return self.package(own, module) };
        let wanted = parts.join("/");
        let of_language =
            |index: &&usize| self.paths.get(**index).is_some_and(|path| language(path) == language(own));
        // A module of Rust may begin with the name of its crate.
        let without_crate = parts.get(1..).filter(|rest| !rest.is_empty()).map(|rest| rest.join("/"));
        let without_crate = without_crate.filter(|_| language(own) == "rs");
        let mut found: Vec<(usize, usize)> = Vec::new();
        for index in self.by_name.get(last).into_iter().flatten().filter(of_language) {
            let path = self.paths.get(*index).copied().unwrap_or_default();
            let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
            let (above, name) = stem.rsplit_once('/').unwrap_or(("", stem));
            let folder = if INDEXES.contains(&name) && !above.is_empty() { above } else { stem };
            let crate_folder = folder.strip_suffix("/src").unwrap_or(folder);
            let is_of_crate = without_crate.as_deref().is_some_and(|rest| folder.ends_with(rest));
            if [stem, folder, crate_folder].iter().any(|path| ends(path, &wanted)) || is_of_crate {
                let shared = path.bytes().zip(own.bytes()).take_while(|(one, other)| one == other).count();
                found.push((usize::MAX - shared, *index));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// The package of the file itself: `from . import orders`.
    fn package(&self, own: &str, module: &str) -> Vec<usize> {
        let (folder, _) = own.rsplit_once('/').unwrap_or_default();
        let is_index = |index: &usize| {
            self.paths
                .get(*index)
                .is_some_and(|path| INDEXES.iter().any(|name| path.contains(&format!("/{name}."))))
        };
        let near = self.by_folder.get(folder).into_iter().flatten().copied();
        if module.starts_with('.') { near.filter(is_index).collect() } else { Vec::new() }
    }
}

/// Whether the last parts of a path are these.
fn ends(path: &str, wanted: &str) -> bool {
    path.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The ending of a file's name, of which those of one family are one.
fn language(path: &str) -> &str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => "js",
        "kt" | "kts" => "kt",
        "rb" | "ru" => "rb",
        "yaml" | "yml" => "yaml",
        other => other,
    }
}
