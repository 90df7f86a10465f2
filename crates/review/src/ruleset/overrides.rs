//! What a ruleset says otherwise for some documents, and for places in them.

use std::path::{Component, Path, PathBuf};

use model::{Position, Severity};

use super::glob::Glob;
use super::{Ruleset, TeamRule};

/// What is otherwise for some documents.
#[derive(Debug)]
pub(super) struct Override {
    pub(super) files: Vec<Files>,
    /// By the rule that they are about.
    pub(super) changes: Vec<(String, Change)>,
}

/// Documents, or a place in each of them.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) glob: Glob,
    /// The JSON pointer of the place.
    pub(super) pointer: Option<String>,
}

#[derive(Debug)]
pub(super) enum Change {
    /// Another severity; nothing turns the rule off.
    Severity(Option<Severity>),
    /// Another rule in its place, or one more.
    Rule(Box<TeamRule>),
}

/// The folder of a ruleset, which names of files are relative to.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Where the names of all files are looked up.
    current: PathBuf,
    names: Vec<String>,
}

impl Folder {
    /// That of the ruleset called `file`, as seen from the folder `current`.
    pub(super) fn of(current: &Path, file: &str) -> Folder {
        let mut names = names(&current.join(file));
        names.pop();
        Folder { current: current.to_owned(), names }
    }

    /// The way to `file` from here, with `/` between its names; symbolic links are not followed.
    pub(super) fn relative(&self, file: &str) -> String {
        let names = names(&self.current.join(file));
        let common = names.iter().zip(&self.names).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..", self.names.len() - common);
        up.chain(names.iter().skip(common).map(String::as_str)).collect::<Vec<_>>().join("/")
    }
}

fn names(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(names.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    names
}

/// A rule as it is for one document.
#[derive(Debug)]
pub(super) struct Chosen<'r> {
    pub(super) rule: &'r TeamRule,
    /// Nothing where it is off, but for places.
    severity: Option<Severity>,
    places: Vec<(&'r Files, Option<Severity>)>,
}

impl<'r> Chosen<'r> {
    fn of(rule: &'r TeamRule) -> Chosen<'r> {
        Chosen { rule, severity: rule.is_on.then_some(rule.severity), places: Vec::new() }
    }

    fn is_on(&self) -> bool {
        self.severity.is_some() || self.places.iter().any(|(_, severity)| severity.is_some())
    }

    /// The severity of what is found at `position`: that of the closest place around it, of several that of the last.
    pub(super) fn severity_at(&self, folder: &Folder, position: &Position) -> Option<Severity> {
        let around = |files: &Files| {
            let pointer = files.pointer.as_deref()?;
            let rest = position.pointer.strip_prefix(pointer)?;
            let is_around = rest.is_empty() || rest.starts_with('/');
            (is_around && files.glob.matches(&folder.relative(&position.file))).then_some(pointer.len())
        };
        let known = self.places.iter().filter_map(|(files, severity)| Some((around(files)?, *severity)));
        known.max_by_key(|(length, _)| *length).map_or(self.severity, |(_, severity)| severity)
    }
}

impl Ruleset {
    /// The rules for the document called `file`. Of several overrides the last that names a rule changes it, and none before.
    pub(super) fn chosen(&self, file: &str) -> Vec<Chosen<'_>> {
        let mut chosen: Vec<Chosen<'_>> = self.rules.iter().map(Chosen::of).collect();
        let file = self.folder.relative(file);
        for Override { files, changes } in &self.overrides {
            let (places, whole): (Vec<&Files>, Vec<&Files>) = files
                .iter()
                .filter(|files| files.glob.matches(&file))
                .partition(|files| files.pointer.is_some());
            for (id, change) in changes {
                let known = chosen.iter_mut().find(|known| known.rule.id == id);
                match (known, change) {
                    (Some(known), Change::Severity(severity)) => {
                        if !whole.is_empty() {
                            let own = self.rules.iter().find(|rule| rule.id == id);
                            known.rule = own.unwrap_or(known.rule);
                            known.severity = *severity;
                        }
                        known.places.extend(places.iter().map(|files| (*files, *severity)));
                    }
                    (Some(known), Change::Rule(rule)) if !whole.is_empty() => {
                        *known = Chosen { places: std::mem::take(&mut known.places), ..Chosen::of(rule) };
                    }
                    (None, Change::Rule(rule)) if !whole.is_empty() => chosen.push(Chosen::of(rule)),
                    (_, Change::Rule(_)) | (None, Change::Severity(_)) => {}
                }
            }
        }
        chosen.retain(Chosen::is_on);
        chosen
    }
}
