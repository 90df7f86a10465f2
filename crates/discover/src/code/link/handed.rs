//! What parameters of functions stand for, where the program says what it gives them.

use std::collections::BTreeMap;

use super::{Above, Program};
use crate::code::facts::{Piece, Pieces};

/// The most texts that one parameter of a function may stand for.
const GIVEN_MAX: usize = 8;

/// The most other things that one may stand for.
const HANDED_MAX: usize = 64;

/// So often may a parameter be given on.
const PASSED_MAX: usize = 4;

impl<'p> Program<'p> {
    /// Finds out what parameters of functions stand for.
    pub(super) fn give(&mut self) {
        let mut given: BTreeMap<(usize, String), Vec<(usize, &'p Pieces)>> = BTreeMap::new();
        let mut handed: BTreeMap<(usize, String), Vec<(usize, &'p str)>> = BTreeMap::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for (key, index, pieces) in &facts.given {
                if let Some((found, function)) = self.called(file, key) {
                    let texts = given.entry((found, format!("{function}#{index}"))).or_default();
                    if texts.len() < GIVEN_MAX && texts.iter().all(|(_, known)| *known != pieces) {
                        texts.push((file, pieces));
                    }
                }
            }
            for (place, value) in &facts.handed {
                let Some((key, index)) = place.rsplit_once('#') else { continue };
                if let Some((found, function)) = self.called(file, key) {
                    let values = handed.entry((found, format!("{function}#{index}"))).or_default();
                    if values.len() < HANDED_MAX && !values.contains(&(file, value)) {
                        values.push((file, value));
                    }
                }
            }
        }
        (self.given, self.handed) = (given, handed);
    }

    /// The function that is called so, or that makes what is called so.
    fn called(&self, file: usize, key: &str) -> Option<(usize, &'p String)> {
        let constructor = format!("{key}.constructor");
        [key, &constructor].into_iter().find_map(|key| {
            self.find_plain(file, key, &|facts, key| facts.functions.get_key_value(key).map(|(key, _)| key))
        })
    }

    /// What a name that begins with a parameter stands for: `App.routes#0[].router` for the routers of all that it is given.
    pub(super) fn handed_as(&self, file: usize, key: &str, left: usize) -> Vec<(usize, String)> {
        let mut values = Vec::new();
        let (Some(sign), Some(left)) = (key.find('#'), left.checked_sub(1)) else { return values };
        let ends = key.match_indices(['.', '[']).map(|(at, _)| at).filter(|at| *at > sign);
        for end in ends.chain([key.len()]) {
            let (Some(beginning), Some(rest)) = (key.get(..end), key.get(end..)) else { continue };
            for (other, value) in self.handed.get(&(file, beginning.to_owned())).into_iter().flatten() {
                // Each of them leads to one at least, so that what is gone through is bounded, too.
                if values.len() >= HANDED_MAX {
                    break;
                }
                let whole = format!("{value}{rest}");
                let further = self.handed_as(*other, &whole, left);
                match further.is_empty() {
                    true => values.push((*other, whole)),
                    false => values.extend(further),
                }
            }
        }
        values.truncate(HANDED_MAX);
        values
    }

    /// Files whose routes hang on a router of another file hang on nothing else.
    pub(super) fn mount_files(&mut self) {
        let mut mounts = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for (router, suffix) in facts.files.iter().filter(|(_, suffix)| !suffix.is_empty()) {
                // `@OrderBundle/config/routes.yaml` is in the folder of the bundle.
                let (bundle, suffix) = match suffix.strip_prefix('@').and_then(|name| name.split_once('/')) {
                    Some((bundle, rest)) => (Some(bundle), rest),
                    None => (None, suffix.as_str()),
                };
                let is_of_bundle = |path: &str| {
                    let mut parts = path.split('/').filter(|part| part.ends_with("Bundle"));
                    bundle.is_none_or(|bundle| parts.any(|part| bundle.ends_with(part)))
                };
                let parent = self.one(self.number(file, *router));
                let own = self.path_of(file);
                let is_whole = suffix.contains('.');
                let ends = |path: &str| {
                    let path =
                        if is_whole { path } else { path.rsplit_once('.').map_or(path, |(stem, _)| stem) };
                    path == suffix || path.ends_with(&format!("/{suffix}"))
                };
                let files = self
                    .files
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != file && ends(self.path_of(*other)))
                    .filter(|(other, _)| is_of_bundle(self.path_of(*other)));
                // The nearest of those that have such a name.
                let shared = |other: &usize| {
                    self.path_of(*other)
                        .bytes()
                        .zip(own.bytes())
                        .take_while(|(one, other)| one == other)
                        .count()
                };
                let Some(other) = files.map(|(other, _)| other).max_by_key(shared) else { continue };
                let Some((_, facts)) = self.files.get(other) else { continue };
                // The first router of such a file is the program, and the second one what its routes hang on.
                if facts.mounts.first().is_some_and(|mount| mount.parent == 0 && mount.child == 1) {
                    let (root, child) = (self.one(self.number(other, 0)), self.one(self.number(other, 1)));
                    mounts.push((child, root, Above::plain(file, parent)));
                }
            }
        }
        for (child, root, above) in mounts {
            let known = self.parents.entry(child).or_default();
            known.retain(|one| one.parent != root);
            known.push(above);
        }
    }

    /// Functions that are all files of a folder get a router each, below the path of their folders.
    pub(super) fn mount_folders(&mut self) {
        let mut mounts = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            let (own, _) = self.path_of(file).rsplit_once('/').unwrap_or_default();
            for (router, folder) in &facts.folders {
                let parent = self.one(self.number(file, *router));
                let folder = if own.is_empty() { format!("{folder}/") } else { format!("{own}/{folder}/") };
                for (other, (_, facts)) in self.files.iter().enumerate() {
                    let Some(rest) = self.path_of(other).strip_prefix(&folder) else { continue };
                    let Some((_, index)) = self.find_router(other, "default#0") else { continue };
                    let named = match facts.constants.get("autoPrefix").map(Vec::as_slice) {
                        Some([Piece::Text(path)]) => path.clone(),
                        _ => rest
                            .rsplit_once('/')
                            .map(|(folders, _)| path_of_folders(folders))
                            .unwrap_or_default(),
                    };
                    let child = self.one(self.number(other, index));
                    mounts.push((child, Above { named, ..Above::plain(file, parent) }));
                }
            }
        }
        for (child, above) in mounts {
            self.parents.entry(child).or_default().push(above);
        }
    }

    /// A router that is given to a method of an interface goes to that method of every class that has it.
    pub(super) fn mount_dispatched(&mut self) {
        let mut mounts = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for mount in &facts.mounts {
                let key = facts
                    .routers
                    .get(mount.child)
                    .filter(|router| !router.is_defined)
                    .and_then(|router| router.key.as_deref());
                let Some(key) = key.filter(|key| key.contains(".") && key.contains('#')) else { continue };
                if self.find_router(file, key).is_some() {
                    continue;
                }
                let parent = self.one(self.number(file, mount.child));
                let mut methods = self.methods(file, key);
                // The interface itself has the method as well.
                let is_base = |class: &str| {
                    methods.iter().any(|(other, at, _)| {
                        self.find_class(*at, other)
                            .is_some_and(|(_, fact)| fact.bases.iter().any(|base| base == class))
                    })
                };
                let bases: Vec<&str> =
                    methods.iter().map(|(class, ..)| *class).filter(|class| is_base(class)).collect();
                methods.retain(|(class, ..)| !bases.contains(class));
                let bases: Vec<&[String]> = methods
                    .iter()
                    .filter_map(|(class, other, _)| Some(self.find_class(*other, class)?.1.bases.as_slice()))
                    .collect();
                let is_one = bases.len() > 1
                    && bases.first().is_some_and(|first| {
                        first.iter().any(|base| bases.iter().all(|bases| bases.contains(base)))
                    });
                if is_one && methods.len() <= HANDED_MAX {
                    let each = methods.iter().map(|(_, other, index)| self.one(self.number(*other, *index)));
                    mounts.extend(each.map(|child| (child, Above::plain(file, parent))));
                }
            }
        }
        for (child, above) in mounts {
            self.parents.entry(child).or_default().push(above);
        }
    }

    /// Routers that are given to a function, which mounts what it is given.
    pub(super) fn mount_handed(&mut self) {
        let mut mounts = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for mount in &facts.mounts {
                let key = facts.routers.get(mount.child).and_then(|router| router.key.as_deref());
                let Some(key) = key.filter(|key| key.contains('#')) else { continue };
                let parent = self.one(self.number(file, mount.child));
                for (other, value) in self.handed_as(file, key, PASSED_MAX) {
                    if let Some((found, index)) = self.find_router(other, &value) {
                        mounts.push((self.one(self.number(found, index)), Above::plain(file, parent)));
                    }
                }
            }
            // What is added to a parameter is added to what is given.
            for mount in &facts.mounts {
                let key = facts.routers.get(mount.parent).and_then(|router| router.key.as_deref());
                let Some(key) = key.filter(|key| key.contains('#')) else { continue };
                let child = self.one(self.number(file, mount.parent));
                for (other, value) in self.handed_as(file, key, PASSED_MAX) {
                    if let Some((found, index)) = self.find_router(other, &value) {
                        mounts.push((child, Above::plain(file, self.one(self.number(found, index)))));
                    }
                }
            }
        }
        for (child, above) in mounts {
            let known = self.parents.entry(child).or_default();
            if child != above.parent
                && known.iter().all(|one| one.parent != above.parent || one.path.is_some())
            {
                known.push(above);
            }
        }
    }
}

/// The path of folders, of which `_id` is a parameter.
fn path_of_folders(folders: &str) -> String {
    let part = |part: &str| match part.strip_prefix('_') {
        Some(name) => format!("/:{name}"),
        None => format!("/{part}"),
    };
    folders.split('/').map(part).collect()
}
