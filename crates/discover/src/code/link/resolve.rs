//! What a name of one file stands for, here or in another file.

use std::collections::{BTreeMap, HashSet};

use super::Program;
use crate::code::facts::{ClassFact, Facts, FunctionFact, Piece, Pieces, head};

/// So many names may stand for one another.
const NAMES_MAX: usize = 8;

/// So many files are looked into for one name: those that import all of each other would lead to ever more.
const LOOKS_MAX: usize = 64;

/// So many names are followed in each of them.
const SHARED_LEFT: usize = 2;

/// The most fields of a body that are listed.
const FIELDS_MAX: usize = 64;

/// The most files that are looked into for one name that they share.
const SHARED_MAX: usize = 32;

/// The most methods of one name that are told apart.
const METHODS_MAX: usize = 64;

/// Files by the names that they give to something; of members of classes by their own names too.
pub(super) fn names(files: &[(u32, Facts)]) -> BTreeMap<&str, Vec<usize>> {
    let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (file, (_, facts)) in files.iter().enumerate() {
        let keys = facts.functions.keys().chain(facts.classes.keys()).chain(facts.constants.keys());
        let routers = facts
            .keys
            .iter()
            .filter(|(_, index)| facts.routers.get(**index).is_some_and(|router| router.is_defined));
        for key in keys.chain(routers.map(|(key, _)| key)).chain(facts.aliases.keys()) {
            let (first, rest) = head(key);
            for name in [first, head(rest.trim_start_matches('.')).0] {
                let known = names.entry(name).or_default();
                if !name.is_empty() && known.last() != Some(&file) && known.len() <= SHARED_MAX {
                    known.push(file);
                }
            }
        }
    }
    names
}

/// The last parts of all names that something has, whatever stands before them, and names that imports give to something else: what
/// is called otherwise is nowhere.
pub(super) fn lasts(files: &[(u32, Facts)]) -> HashSet<&str> {
    let mut lasts = HashSet::new();
    for (_, facts) in files {
        let keys = facts.functions.keys().chain(facts.classes.keys()).chain(facts.constants.keys());
        let is_defined = |index: &usize| facts.routers.get(*index).is_some_and(|router| router.is_defined);
        let routers = facts.keys.iter().filter(|(_, index)| is_defined(index)).map(|(key, _)| key);
        lasts.extend(keys.chain(routers).chain(facts.aliases.keys()).map(|key| last(key)));
        let renamed =
            facts.imports.iter().filter(|import| import.local != import.name && &*import.name != "*");
        lasts.extend(renamed.map(|import| &*import.local));
    }
    lasts
}

/// The last part of a key, without what it is given or gives.
fn last(key: &str) -> &str {
    let plain = key.split('#').next().unwrap_or(key).trim_end_matches(['(', ')', '.']);
    plain.rsplit('.').next().unwrap_or(plain)
}

/// A router that a method is given: the class of the method, the file, and its number there.
pub(super) type Given<'p> = (&'p str, usize, usize);

/// Routers that methods are given, by the name of the method and the place of the router among what it is given.
pub(super) fn methods(files: &[(u32, Facts)]) -> BTreeMap<(&str, &str), Vec<Given<'_>>> {
    let mut methods: BTreeMap<(&str, &str), Vec<Given<'_>>> = BTreeMap::new();
    for (file, (_, facts)) in files.iter().enumerate() {
        for (key, index) in &facts.keys {
            let Some((of, place)) = key.rsplit_once('#') else { continue };
            let Some((class, method)) = of
                .rsplit_once('.')
                .filter(|(class, method)| !method.is_empty() && !class.contains(['.', '(', '#']))
            else {
                continue;
            };
            let known = methods.entry((method, place)).or_default();
            if known.len() < METHODS_MAX && facts.routers.get(*index).is_some_and(|router| router.is_defined)
            {
                known.push((class, file, *index));
            }
        }
    }
    methods
}

impl<'p> Program<'p> {
    pub(super) fn find_router(&self, file: usize, key: &str) -> Option<(usize, usize)> {
        let found = self.find_router_as(file, key);
        let found = found.or_else(|| self.find_method(file, key));
        // What looks like a class may be a function that gives a router.
        let found = found.or_else(|| {
            if key.contains(['#', '(']) { None } else { self.find_router_as(file, &format!("{key}()")) }
        });
        // What is made of a class whose name is small looks like what a function gives.
        found.or_else(|| {
            let (before, after) = key.split_once("().")?;
            self.find_router_as(file, &format!("{before}.{after}"))
        })
    }

    /// The router that a method is given (`NewReports().Mount#0`), where nobody says what it is a method of: that of the one
    /// method of this name whose type says that it takes a router.
    fn find_method(&self, file: usize, key: &str) -> Option<(usize, usize)> {
        let (of, _) = key.rsplit_once('#')?;
        let (of, _) = of.rsplit_once('.')?;
        let is_named = |class: &str| of.trim_end_matches("()").ends_with(class);
        match &self.methods(file, key)[..] {
            [(_, file, index)] => Some((*file, *index)),
            several => {
                let mut named = several.iter().filter(|(class, ..)| is_named(class));
                named.next().filter(|_| named.next().is_none()).map(|(_, file, index)| (*file, *index))
            }
        }
    }

    /// The routers that methods of this name are given, with their classes and files.
    pub(super) fn methods(&self, file: usize, key: &str) -> Vec<Given<'p>> {
        let Some((of, place)) = key.rsplit_once('#') else { return Vec::new() };
        let Some((_, method)) = of.rsplit_once('.') else { return Vec::new() };
        let named = self.methods.get(&(method, place)).into_iter().flatten();
        named.filter(|(_, other, _)| self.modules.is_of_language(file, *other)).copied().collect()
    }

    fn find_router_as(&self, file: usize, key: &str) -> Option<(usize, usize)> {
        self.find(file, key, NAMES_MAX, &|facts, key| {
            let index = *facts.keys.get(key)?;
            let is_of_function =
                key.rsplit_once(['#', '(']).is_some_and(|(name, _)| facts.functions.contains_key(name));
            facts.routers.get(index).filter(|router| router.is_defined || is_of_function).map(|_| index)
        })
    }

    pub(super) fn find_function(&self, file: usize, key: &str) -> Option<(usize, &'p FunctionFact)> {
        self.find_handed(file, key, &|facts, key| facts.functions.get(key))
    }

    pub(super) fn find_class(&self, file: usize, key: &str) -> Option<(usize, &'p ClassFact)> {
        self.find_handed(file, key, &|facts, key| facts.classes.get(key))
    }

    /// What `key` is, or what its parameter stands for.
    fn find_handed<T>(
        &self,
        file: usize,
        key: &str,
        of: &dyn Fn(&'p Facts, &str) -> Option<T>,
    ) -> Option<(usize, T)> {
        let found = self.find(file, key, NAMES_MAX, of);
        found.or_else(|| {
            let values = self.handed_as(file, key, NAMES_MAX).into_iter();
            let found = values.take(1).find_map(|(file, key)| self.find(file, &key, NAMES_MAX, of));
            // What is made of a class whose name is small looks like what a function gives.
            found.or_else(|| {
                let (before, after) = key.split_once("().")?;
                self.find(file, &format!("{before}.{after}"), NAMES_MAX, of)
            })
        })
    }

    /// What a name of a path stands for; none where nothing or too much is known of it.
    fn piece(&self, file: usize, name: &str) -> Option<(usize, &'p Pieces)> {
        match self.given.get(&(file, name.to_owned())).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            Some(_) => None,
            None => self.find_text(file, name),
        }
    }

    /// What a name is called where it is imported from.
    pub(super) fn imported<'n>(&'n self, file: usize, name: &'n str) -> &'n str {
        let imports = self.files.get(file).map(|(_, facts)| facts.imports.as_slice()).unwrap_or_default();
        let import = imports.iter().find(|import| &*import.local == name && &*import.name != "*");
        import.map_or(name, |import| &import.name)
    }

    pub(super) fn find_text(&self, file: usize, key: &str) -> Option<(usize, &'p Pieces)> {
        let of: &dyn Fn(&'p Facts, &str) -> Option<&'p Pieces> = &|facts, key| facts.constants.get(key);
        let found = self.find(file, key, NAMES_MAX, of);
        // `Paths.Accounts.ONE` is a constant of a class within a class.
        found.or_else(|| {
            let (outer, inner) = key.split_once('.').filter(|(_, inner)| inner.contains('.'))?;
            let (found, _) = self.find_class(file, outer)?;
            self.find(found, inner, NAMES_MAX, of)
        })
    }

    /// What `key` is in `file`, if it is no parameter of a function.
    pub(super) fn find_plain<T>(
        &self,
        file: usize,
        key: &str,
        of: &dyn Fn(&'p Facts, &str) -> Option<T>,
    ) -> Option<(usize, T)> {
        self.find(file, key, NAMES_MAX, of)
    }

    /// What `key` is in `file`, in what it imports, or in files that share its names.
    fn find<T>(
        &self,
        file: usize,
        key: &str,
        left: usize,
        of: &dyn Fn(&'p Facts, &str) -> Option<T>,
    ) -> Option<(usize, T)> {
        self.looks.set(LOOKS_MAX);
        if !self.lasts.contains(last(key)) {
            return None;
        }
        let found = self.find_by_import(file, key, left, of);
        let found = found.or_else(|| Some((file, self.of_member(&self.files.get(file)?.1, key, of)?)));
        let (name, _) = head(key);
        let others = self.names.get(name).map(Vec::as_slice).unwrap_or_default();
        found.or_else(|| {
            let shared = others.iter().take(SHARED_MAX).copied();
            let mut shared = shared.filter(|other| *other != file && self.modules.share(file, *other));
            shared.find_map(|other| {
                let (_, facts) = self.files.get(other)?;
                let plain = of(facts, key).or_else(|| self.of_member(facts, key, of));
                // What a function of another file gives is known there.
                let made = || self.find_by_import(other, key, SHARED_LEFT, of).filter(|_| key.contains('('));
                plain.map(|found| (other, found)).or_else(made)
            })
        })
    }

    /// Whether the name that was looked for last, and not found, may be in files that were not looked into.
    pub(super) fn is_cut_short(&self, file: usize, key: &str) -> bool {
        let others = self.names.get(head(key).0).map_or(0, Vec::len);
        self.looks.get() == 0 || others > SHARED_MAX && self.modules.share(file, file)
    }

    /// What is called so within a class whose name is not said.
    fn of_member<T>(
        &self,
        facts: &'p Facts,
        key: &str,
        of: &dyn Fn(&'p Facts, &str) -> Option<T>,
    ) -> Option<T> {
        let (name, _) = head(key);
        let is_free = !name.is_empty() && !key.contains('.');
        let mut classes = facts.classes.keys().filter(|_| is_free);
        classes.find_map(|class| of(facts, &format!("{class}.{key}")))
    }

    fn find_by_import<T>(
        &self,
        file: usize,
        key: &str,
        left: usize,
        of: &dyn Fn(&'p Facts, &str) -> Option<T>,
    ) -> Option<(usize, T)> {
        let (_, facts) = self.files.get(file)?;
        self.looks.set(self.looks.get().checked_sub(1)?);
        if let Some(found) = of(facts, key) {
            return Some((file, found));
        }
        let left = left.checked_sub(1)?;
        let (first, rest) = head(key);
        if let Some(alias) = facts.aliases.get(first).filter(|alias| head(alias).0 != first) {
            return self.find_by_import(file, &format!("{alias}{rest}"), left, of);
        }
        if let Some((of_member, alias)) = member_alias(facts, key) {
            return self.find_by_import(file, &format!("{alias}{}", key.get(of_member..)?), left, of);
        }
        let inner = rest.trim_start_matches('.');
        for import in facts.imports.iter().filter(|import| &*import.local == first || &*import.local == "*") {
            let whole = [key, inner];
            let named = format!("{}{rest}", import.name);
            let wanted: Vec<&str> = match (&*import.local, &*import.name) {
                ("*", _) => vec![key],
                (_, "*") => vec![inner],
                (_, "default") => vec![&named, inner],
                _ => vec![&named],
            };
            for other in self.modules.files(file, &import.module) {
                let found = wanted.iter().filter(|key| !key.is_empty());
                let mut found = found.filter_map(|key| self.find_by_import(other, key, left, of));
                if let Some(found) = found.next() {
                    return Some(found);
                }
            }
            let below = format!("{}.{}", import.module, import.name);
            for other in self.modules.files(file, &below) {
                if let Some(found) = whole.iter().find_map(|key| self.find_by_import(other, key, left, of)) {
                    return Some(found);
                }
            }
        }
        let (module, name) = split_module(key)?;
        self.modules.files(file, module).find_map(|other| self.find_by_import(other, name, left.min(1), of))
    }

    /// The text of pieces, or what of them is not known.
    pub(super) fn text(&self, file: usize, pieces: &Pieces) -> Result<String, String> {
        self.text_within(file, pieces, NAMES_MAX)
    }

    fn text_within(&self, file: usize, pieces: &Pieces, left: usize) -> Result<String, String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Name(name) => match (self.piece(file, name), left.checked_sub(1)) {
                    (Some((found, pieces)), Some(left)) => {
                        text.push_str(&self.text_within(found, pieces, left)?)
                    }
                    _ if name.contains('#') => return Err("a path that is computed".to_owned()),
                    _ => return Err(format!("a path that is computed: `{name}`")),
                },
                // A name with a number is one that this program made up.
                Piece::Computed(name) if name.is_empty() || name.contains('#') => {
                    return Err("a path that is computed".to_owned());
                }
                Piece::Computed(name) => return Err(format!("a path that is computed: `{name}`")),
            }
        }
        Ok(text)
    }

    /// Names of the fields of a class and of those that it is made from.
    pub(super) fn fields(&self, file: usize, class: &str) -> Vec<String> {
        let mut fields = Vec::new();
        let mut next = vec![(file, class.to_owned())];
        for _ in 0..NAMES_MAX {
            let Some((file, name)) = next.pop() else { break };
            let Some((found, class)) = self.find_class(file, &name) else { continue };
            fields.extend(class.fields.iter().map(|(name, _)| name.clone()));
            next.extend(class.bases.iter().map(|base| (found, base.clone())));
        }
        fields.truncate(FIELDS_MAX);
        fields
    }
}

/// The longest beginning of a key that stands for another name, and that name.
fn member_alias<'f>(facts: &'f Facts, key: &str) -> Option<(usize, &'f str)> {
    let ends = key.match_indices(['.', '#', '(']).map(|(at, _)| at).chain([key.len()]);
    let found = ends.filter_map(|end| {
        let beginning = key.get(..end)?;
        facts
            .aliases
            .get(beginning)
            .filter(|alias| !alias.starts_with(beginning))
            .map(|alias| (end, alias.as_str()))
    });
    found.max_by_key(|(end, _)| *end)
}

/// A name within a module that is written before it.
fn split_module(key: &str) -> Option<(&str, &str)> {
    let end = key.find(['#', '(']).unwrap_or(key.len());
    let at = key.get(..end)?.rfind('.')?;
    Some((key.get(..at)?, key.get(at + 1..)?))
}
