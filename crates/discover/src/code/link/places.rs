//! Where a router is reached: below which paths, behind which guards, and whether it is served at all.

use super::Program;
use crate::code::facts::{Below, Guard, Piece, Pieces, RouteFact, Standing};
use crate::code::template::joined;

/// The most places where one router is mounted that are followed.
const PLACES_MAX: usize = 64;

/// Mounts are followed so far up.
const MOUNTS_MAX: usize = 32;

/// Where a router is reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) guards: Vec<(usize, Guard)>,
    pub(super) standing: Option<Standing>,
}

impl Program<'_> {
    /// Everywhere that a router is reached.
    pub(super) fn places(
        &self,
        router: usize,
        seen: &mut Vec<usize>,
        left: &mut usize,
    ) -> Result<Vec<Place>, String> {
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
            for above in parents {
                let file = above.file;
                let path = above.path.map_or(Ok(above.named.clone()), |path| self.beginning(file, path))?;
                for place in self.places(above.parent, seen, left)? {
                    let is_known = place.standing > Some(Standing::Unknown) || standing > Standing::Unknown;
                    if !is_known {
                        continue;
                    }
                    if places.len() >= PLACES_MAX {
                        self.cut(file, format!("more than {PLACES_MAX} places where a router is mounted"));
                        break;
                    }
                    let own = if self.framework.mount_replaces && !path.is_empty() { "" } else { &prefix };
                    let guards = above.guards.iter().map(|guard| (file, guard.clone()));
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

    /// What paths begin with. Of what only settings say when the program runs, it is most likely that they say nothing.
    fn beginning(&self, file: usize, path: &Pieces) -> Result<String, String> {
        let has_text =
            path.iter().any(|piece| matches!(piece, Piece::Text(text) if !matches!(&**text, "" | "/")));
        self.text(file, path).or_else(|what| {
            if has_text {
                return Err(what);
            }
            self.cut(
                file,
                what.replacen("a path that is computed", "a prefix that is computed, and taken for none", 1),
            );
            Ok(String::new())
        })
    }

    fn prefix(&self, router: usize) -> Result<String, String> {
        self.prefixes.get(&router).map_or(Ok(String::new()), |(file, pieces)| self.beginning(*file, pieces))
    }

    pub(super) fn joined(&self, prefix: &str, path: &str) -> String {
        match (self.framework.keeps_slash, prefix.is_empty() || path.is_empty()) {
            (_, true) => format!("{prefix}{path}"),
            (true, false) if !prefix.ends_with('/') && path.starts_with(char::is_alphanumeric) => {
                format!("{prefix}/{path}")
            }
            (true, false) => format!("{prefix}{path}"),
            (false, false) => joined(prefix, path),
        }
    }

    /// Prefixes of all routes that hold for a path of a file.
    pub(super) fn everywhere(&self, file: usize, path: &str) -> Vec<String> {
        let own = self.path_of(file);
        let is_below = |folder: &str| {
            folder.is_empty()
                || own.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let of_file = self.everywhere.iter().filter(|one| match &one.fact.below {
            Below::Own => is_below(one.folder),
            Below::Folder(folder) => is_below(folder),
            Below::Named(name) => format!("/{own}").contains(&format!("/{name}/")),
        });
        let mut prefixes: Vec<String> = of_file
            .map(|one| match one.fact.except.iter().any(|except| except == path.trim_matches('/')) {
                true => String::new(),
                false => one.text.clone(),
            })
            .collect();
        prefixes.dedup();
        if prefixes.is_empty() { vec![String::new()] } else { prefixes }
    }

    /// The versions of a route as they stand in its path.
    pub(super) fn versions(&self, fact: &RouteFact) -> Vec<String> {
        let default: Vec<String> = self.versions.iter().flatten().cloned().collect();
        let versions = if fact.versions.is_empty() { &default } else { &fact.versions };
        if self.versions.is_none() || versions.is_empty() {
            return vec![String::new()];
        }
        let written =
            |version: &String| if version.is_empty() { String::new() } else { format!("/v{version}") };
        versions.iter().map(written).collect()
    }
}
