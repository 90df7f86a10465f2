//! Finds what a repository says of owners: the part of it that touches the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{CodeOwners, Owners, entities};
use crate::files::{Files, text};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Folders above a file in which its repository is looked for.
const DEPTH_MAX: usize = 64;

/// The repository that a path is in.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    /// What it says of owners.
    pub owners: Owners,
}

/// Repositories, each of which is looked through once.
#[derive(Debug, Default)]
pub struct Repositories(BTreeMap<PathBuf, Repository>);

impl Repositories {
    /// The repository that `path` is in; without one, what `path` itself says.
    pub fn of(&mut self, path: &Path) -> &Repository {
        let root = root_of(path);
        self.0.entry(root.clone()).or_insert_with(|| Repository::at(root))
    }
}

fn root_of(path: &Path) -> PathBuf {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = if whole.is_dir() { whole } else { whole.parent().unwrap_or(&whole).to_path_buf() };
    let root = folder.ancestors().take(DEPTH_MAX).find(|folder| folder.join(".git").exists());
    root.unwrap_or(&folder).to_path_buf()
}

impl Repository {
    fn at(root: PathBuf) -> Repository {
        let places = CodeOwners::PLACES.iter();
        let codeowners = places.filter_map(|place| {
            let read = text(&root.join(place), FILE_BYTES_MAX).ok()?;
            Some(((*place).to_owned(), CodeOwners::parse(&read)))
        });
        let mut owners = Owners { codeowners: { codeowners }.next(), entities: Vec::new() };
        let is_catalog =
            |name: &str| name.ends_with("catalog-info.yaml") || name.ends_with("catalog-info.yml");
        for (name, path) in Files::below(std::slice::from_ref(&root), &is_catalog).files {
            let inside = inside(&root, &path).unwrap_or(name);
            owners
                .entities
                .extend(text(&path, FILE_BYTES_MAX).map(|text| entities(&inside, &text)).unwrap_or_default());
        }
        Repository { root, owners }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a file, seen from the root; none where it is elsewhere.
    pub fn path_of(&self, file: &Path) -> Option<String> {
        inside(&self.root, &file.canonicalize().ok()?)
    }
}

fn inside(root: &Path, file: &Path) -> Option<String> {
    let segments = file.strip_prefix(root).ok()?.components();
    Some(segments.map(|one| one.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_repository_is_looked_through_once_and_one_within_it_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let entity = |name: &str| {
            format!(
                "kind: API\nmetadata: {{ name: {name} }}\nspec: {{ owner: group:tea, lifecycle: production }}\n"
            )
        };
        write(".git/HEAD", "");
        write("orders/api.yaml", "");
        write("catalog-info.yaml", &entity("orders"));
        write("inner/.git/HEAD", "");
        write("inner/catalog-info.yaml", &entity("inner"));
        let mut repositories = Repositories::default();
        let names = |repository: &Repository| {
            let mut names: Vec<String> =
                repository.owners.entities.iter().map(|one| one.name.clone()).collect();
            names.sort();
            names
        };
        let whole = names(repositories.of(folder.path()));
        write("late/catalog-info.yaml", &entity("late"));
        assert_eq!(names(repositories.of(&folder.path().join("orders/api.yaml"))), whole);
        assert_eq!(names(repositories.of(&folder.path().join("inner"))), ["inner"]);
        assert!(whole.contains(&"orders".to_owned()) && !whole.contains(&"late".to_owned()), "{whole:?}");
    }
}
