//! Reads rulesets with what they extend, and says with its place what of them is not run.

mod compile;
mod overrides;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use model::{Problem, Severity};
use spec::{Document, Entry, Limits, Node};

use super::Ruleset;
use super::overrides::Folder;
use overrides::Written;

/// Rulesets that one may be made of.
const FILES_MAX: usize = 64;

/// Rules of all of them.
const RULES_MAX: usize = 1000;

/// What of `spectral:oas` is run: those of its rules that functions can say.
const OAS: &str = include_str!("oas.yaml");

/// Gives the content of a file that a ruleset extends.
pub type RulesetLoader<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// A node of one of the documents.
type Place = (usize, u32);

/// Which rules of a ruleset are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// Those that it does not call other than recommended.
    Recommended,
    All,
    None,
}

/// A rule as it is written, in one place or several: what stands in a later one holds.
#[derive(Debug)]
struct Definition {
    name: String,
    parts: Vec<Place>,
    severity: Option<Severity>,
    is_on: bool,
    /// Formats of the ruleset, where the rule names none.
    formats: Option<Place>,
}

/// What was read so far.
struct Loading<'a> {
    loader: RulesetLoader<'a>,
    documents: Vec<Document>,
    definitions: Vec<Definition>,
    overrides: Vec<Written>,
    aliases: HashMap<String, Place>,
    problems: Vec<Problem>,
}

impl Ruleset {
    /// Reads the ruleset in `document`. What of it is not run is in the problems; an error is one of the ruleset itself. The
    /// names of this and of all documents are relative to the folder `current`.
    pub fn load(document: Document, current: &Path, loader: RulesetLoader<'_>) -> (Ruleset, Vec<Problem>) {
        let folder = Folder::of(current, document.file());
        let mut loading = Loading {
            loader,
            documents: vec![document],
            definitions: Vec::new(),
            overrides: Vec::new(),
            aliases: HashMap::new(),
            problems: Vec::new(),
        };
        loading.document(0, On::Recommended);
        loading.compiled(folder)
    }
}

impl Loading<'_> {
    fn node(&self, (document, node): Place) -> Option<Node<'_>> {
        self.documents.get(document).map(|document| document.node(node))
    }

    fn say(&mut self, severity: Severity, (document, node): Place, message: impl Into<String>) {
        let Some(document) = self.documents.get(document) else { return };
        self.problems.push(document.problem(severity, document.node(node), message));
    }

    /// Reads the document with this number, what it extends first.
    fn document(&mut self, number: usize, on: On) {
        let Some(document) = self.documents.get(number) else { return };
        let root = document.root();
        let place = |node: Node<'_>| (number, node.index());
        if !root.is_object() || !["rules", "extends", "overrides"].iter().any(|key| root.get(key).is_some()) {
            let here = place(root);
            let message = "the ruleset has neither `rules` nor `extends` nor `overrides`";
            return self.say(Severity::Error, here, message);
        }
        let members: Vec<(String, Place)> =
            root.entries().map(|entry| (entry.key.to_owned(), place(entry.value))).collect();
        let extends = root.get("extends");
        let several = extends.filter(|extends| extends.is_array());
        let extends = extends.into_iter().filter(|extends| !extends.is_array());
        let extends: Vec<(String, On, Place)> = extends
            .chain(several.into_iter().flat_map(Node::items))
            .map(|node| extended(node, place(node)))
            .collect();
        let aliases = root.get("aliases").into_iter().flat_map(Node::entries);
        let aliases: Vec<(String, Place)> =
            aliases.map(|entry| (entry.key.to_owned(), place(entry.value))).collect();
        let formats = root.get("formats").map(place);
        let rules = root.get("rules").into_iter().flat_map(Node::entries);
        let rules: Vec<(String, Place)> =
            rules.map(|entry| (entry.key.to_owned(), place(entry.value))).collect();
        for (key, place) in members {
            match key.as_str() {
                "overrides" => self.overrides(number, place),
                "extends" | "rules" | "aliases" | "formats" | "documentationUrl" | "description" => {}
                _ => self.say(Severity::Warning, place, format!("`{key}` of a ruleset is not looked at")),
            }
        }
        for (name, on, place) in extends {
            self.extend(number, &name, on, place);
        }
        self.aliases.extend(aliases);
        for (name, place) in rules {
            self.rule(name, place, formats, on);
        }
    }

    fn extend(&mut self, number: usize, name: &str, on: On, place: Place) {
        if self.documents.len() >= FILES_MAX {
            return self.say(Severity::Error, place, format!("more than {FILES_MAX} rulesets"));
        }
        if name == "spectral:oas" {
            let (document, _) = Document::parse(name, OAS, &Limits::default());
            return self.add(document, on);
        }
        if name.contains("spectral-owasp") {
            let message = format!("`{name}` is not read: the rules that are built in look for what it does");
            return self.say(Severity::Note, place, message);
        }
        let is_file = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        if name.contains("://") || name.starts_with('@') || name.starts_with("spectral:") || !is_file {
            return self.say(
                Severity::Warning,
                place,
                format!("`{name}` is not run: rulesets are extended by files alone"),
            );
        }
        let file = self.documents.get(number).map_or("", Document::file);
        let path: PathBuf = Path::new(file).parent().unwrap_or(Path::new("")).join(name);
        match (self.loader)(&path) {
            Ok(bytes) => {
                let (document, problems) =
                    Document::parse(&path.to_string_lossy(), bytes, &Limits::default());
                self.problems.extend(problems);
                self.add(document, on);
            }
            Err(error) => self.say(Severity::Error, place, format!("`{name}` cannot be read: {error}")),
        }
    }

    /// Reads one more document, unless it is read already: then it extends itself.
    fn add(&mut self, document: Document, on: On) {
        if self.documents.iter().any(|known| known.file() == document.file()) {
            return;
        }
        self.documents.push(document);
        self.document(self.documents.len() - 1, on);
    }

    /// Adds a rule, or what is said of one that is there.
    fn rule(&mut self, name: String, place: Place, formats: Option<Place>, on: On) {
        let Some(node) = self.node(place) else { return };
        let is_recommended = node.get("recommended").and_then(Node::as_bool) != Some(false);
        let (is_object, said, is_switch) = (node.is_object(), severity(node), node.as_bool());
        let known = self.definitions.iter().position(|known| known.name == name);
        if is_object {
            let is_on = on == On::All || on == On::Recommended && is_recommended;
            let has_room = self.definitions.len() < RULES_MAX;
            if let Some(known) = known.and_then(|known| self.definitions.get_mut(known)) {
                known.parts.push(place);
                known.severity = None;
                known.is_on = true;
            } else if has_room {
                self.definitions.push(Definition {
                    name,
                    parts: vec![place],
                    severity: None,
                    is_on,
                    formats,
                });
            } else {
                self.say(Severity::Error, place, format!("more than {RULES_MAX} rules"));
            }
            return;
        }
        let Some(known) = known.and_then(|known| self.definitions.get_mut(known)) else {
            let message = format!("the rule `{name}` is not one that is run");
            let severity = if said == Some(None) || is_switch == Some(false) {
                Severity::Note
            } else {
                Severity::Warning
            };
            return self.say(severity, place, message);
        };
        match (said, is_switch) {
            (Some(None), _) | (_, Some(false)) => known.is_on = false,
            (Some(severity), _) => {
                known.severity = severity;
                known.is_on = true;
            }
            (None, Some(true)) => known.is_on = true,
            (None, None) => self.say(Severity::Warning, place, "neither a rule nor a severity"),
        }
    }
}

/// What one item of `extends` names, and which of its rules are on.
fn extended(node: Node<'_>, place: Place) -> (String, On, Place) {
    let mut items = node.items();
    let name = if node.is_array() { items.next() } else { Some(node) };
    let on = match items.next().and_then(Node::as_str) {
        Some("all") => On::All,
        Some("off") => On::None,
        _ => On::Recommended,
    };
    (name.and_then(Node::as_str).unwrap_or_default().to_owned(), on, place)
}

/// The severity that is named; the inner nothing is `off`.
fn severity(node: Node<'_>) -> Option<Option<Severity>> {
    match node.scalar()? {
        "error" | "0" => Some(Some(Severity::Error)),
        "warn" | "1" => Some(Some(Severity::Warning)),
        "info" | "hint" | "2" | "3" => Some(Some(Severity::Note)),
        "off" | "-1" => Some(None),
        _ => None,
    }
}

/// The place of an entry's value.
fn value_of(document: usize, entry: &Entry<'_>) -> Place {
    (document, entry.value.index())
}
