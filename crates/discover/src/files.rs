//! Finds files below folders and reads their text: the part of configs, owners and secrets that touches the disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::code::{FOREIGN, NotRead};

/// The most files that are looked at.
const FILES_MAX: usize = 1_000_000;

/// What is found.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The files, by name.
    pub(crate) files: Vec<(String, PathBuf)>,
    /// What cannot be looked at.
    pub(crate) not_read: Vec<NotRead>,
}

impl Files {
    /// The files below `roots` of which `is_wanted` holds of the name; left out is what `.gitignore` names, what others
    /// wrote and what programs made; a name that begins with a dot hides nothing. A file that is named itself is always
    /// wanted.
    pub(crate) fn below(roots: &[PathBuf], is_wanted: &dyn Fn(&str) -> bool) -> Files {
        let mut found = Files::default();
        let mut seen = BTreeSet::new();
        for root in roots {
            let mut walker = WalkBuilder::new(root);
            walker.require_git(false).follow_links(true).hidden(false).filter_entry(|entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let name = entry.file_name().to_str();
                !(entry.depth() > 0 && is_folder && name.is_some_and(|name| FOREIGN.contains(&name)))
            });
            for entry in walker.build() {
                match entry {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                        let name = entry.path().display().to_string();
                        let name = name.trim_start_matches("./").to_owned();
                        let mut is_new =
                            || entry.path().canonicalize().map_or(true, |path| seen.insert(path));
                        let is_wanted = entry.depth() == 0 || is_wanted(&name);
                        if is_wanted && found.files.len() < FILES_MAX && is_new() {
                            found.files.push((name, entry.path().to_path_buf()));
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let (file, why) = (root.display().to_string(), error.to_string());
                        found.not_read.push(NotRead { file, why });
                    }
                }
            }
        }
        found.files.sort_unstable();
        found
    }
}

/// The text of a file, unless it has more than `bytes_max` bytes.
pub(crate) fn text(path: &Path, bytes_max: u64) -> Result<String, String> {
    let length = fs::metadata(path).map(|about| about.len()).map_err(|error| error.to_string())?;
    if length > bytes_max {
        return Err(format!("it has more than {} MB", bytes_max >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
