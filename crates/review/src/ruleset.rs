//! Rulesets of Spectral: rules that a team wrote down, run beside our own.

mod function;
mod glob;
mod load;
mod overrides;
mod path;
mod target;

use std::collections::HashSet;

use model::{Finding, OperationKey, Severity};
use spec::{Document, Format, Library, Spot};

use crate::fingerprint;
use crate::report::position;
use crate::view::View;
use function::{Fault, Function};
pub use load::RulesetLoader;
use overrides::{Change, Chosen, Folder, Override};
use path::Path;
use target::{Eyes, Target, Value};

/// The most findings of one rule in one document; one with more is about the rule.
const FINDINGS_MAX: usize = 10_000;

/// Rules of a team.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// Those that are on, and those that an override turns on.
    rules: Vec<TeamRule>,
    overrides: Vec<Override>,
    folder: Folder,
}

/// One of them.
#[derive(Debug)]
struct TeamRule {
    id: &'static str,
    /// Its own, where no override has another.
    severity: Severity,
    is_on: bool,
    description: String,
    /// With places for what was found; without one, the description is said.
    message: Option<String>,
    /// The formats that it is for; all where it names none.
    formats: Vec<Formats>,
    given: Vec<Given>,
    then: Vec<Then>,
    is_resolved: bool,
}

/// Formats by the name that rulesets have for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Formats {
    Swagger20,
    OpenApi3,
    OpenApi30,
    OpenApi31,
    OpenApi32,
    AsyncApi2,
    AsyncApi3,
    /// One that no document here is of.
    Other,
}

/// A path, and the formats that it is for; all where it names none.
#[derive(Debug)]
struct Given {
    formats: Vec<Formats>,
    path: Path,
}

/// What is asked of what was given.
#[derive(Debug)]
struct Then {
    field: Option<String>,
    function: Function,
}

impl Ruleset {
    /// The names of the rules that are run, be it for some documents alone.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        let changes = self.overrides.iter().flat_map(|one| &one.changes);
        let instead = changes.filter_map(|(_, change)| match change {
            Change::Rule(rule) => Some(rule.id),
            Change::Severity(_) => None,
        });
        self.rules.iter().map(|rule| rule.id).chain(instead)
    }

    /// What the rules say of the document of `library`, in the order of the rules. What is not looked at, since a path
    /// selects too much of it, is named.
    pub fn findings(&self, library: &Library) -> (Vec<Finding>, Vec<&'static str>) {
        let Some(root) = library.root() else { return (Vec::new(), Vec::new()) };
        let view = View::of(library).ok();
        let (mut found, mut left_out) = (Vec::new(), Vec::new());
        let file = library.document(root.document).map_or("", Document::file);
        let chosen = self.chosen(file);
        for chosen in chosen.iter().filter(|chosen| is_for(&chosen.rule.formats, root)) {
            let mut findings = TeamFindings {
                library,
                view: view.as_ref(),
                folder: &self.folder,
                chosen,
                found: Vec::new(),
                seen: HashSet::new(),
            };
            if chosen.rule.run(library, root, &mut findings).is_none() {
                left_out.push(chosen.rule.id);
            }
            found.append(&mut findings.found);
        }
        (found, left_out)
    }
}

impl TeamRule {
    /// Nothing where a path selects too much.
    fn run<'l>(
        &'l self,
        library: &'l Library,
        root: Spot<'l>,
        findings: &mut TeamFindings<'_, 'l>,
    ) -> Option<()> {
        let eyes = Eyes { library, is_resolved: self.is_resolved };
        let is_meant = |given: &&Given| is_for(&given.formats, root);
        for Given { path, .. } in self.given.iter().filter(is_meant) {
            for selected in path::select(library, root, path, self.is_resolved)? {
                for Then { field, function } in &self.then {
                    for target in eyes.targets(selected, field.as_deref()) {
                        for fault in function.faults(eyes, &target) {
                            findings.add(eyes, &target, &fault);
                        }
                    }
                }
            }
        }
        Some(())
    }
}

/// What one rule finds.
struct TeamFindings<'r, 'l> {
    library: &'l Library,
    view: Option<&'r View<'l>>,
    folder: &'r Folder,
    chosen: &'r Chosen<'r>,
    found: Vec<Finding>,
    seen: HashSet<(String, String, String)>,
}

impl<'l> TeamFindings<'_, 'l> {
    fn add(&mut self, eyes: Eyes<'l>, target: &Target<'l>, fault: &Fault) {
        let is_name = target.is_name && fault.below.is_empty();
        let at =
            if fault.below.is_empty() { target.clone() } else { eyes.below(target.clone(), &fault.below) };
        let Some(document) = self.library.document(at.at.document) else { return };
        let entry = document.entry_of(at.at.node).filter(|_| is_name);
        let position = entry.map_or_else(|| position(document, at.at), |entry| document.key_position(&entry));
        let rule = self.chosen.rule;
        let Some(severity) = self.chosen.severity_at(self.folder, &position) else { return };
        let message = rule.message(&at, &fault.message, &position.pointer);
        let key = (position.file.to_string(), position.pointer.clone(), message.clone());
        if self.found.len() >= FINDINGS_MAX || !self.seen.insert(key) {
            return;
        }
        let view = self.view;
        let operation = view.and_then(|view| view.operation_around(at.at)).map(|operation| OperationKey {
            api: view.map_or("", |view| view.title).to_owned().into(),
            method: operation.method.clone().into(),
            path: operation.path.to_owned().into(),
        });
        self.found.push(Finding {
            rule: rule.id,
            severity,
            message,
            control: "",
            owasp: &[],
            cwe: &[],
            nist: &[],
            fingerprint: fingerprint::of(rule.id, document, at.at.node, &position.pointer),
            position,
            operation,
            evidence: Vec::new(),
            fix: "do what the rule of the team asks for",
        });
    }
}

impl TeamRule {
    /// What is said of a fault: the rule's words, where it has any.
    fn message(&self, at: &Target<'_>, error: &str, pointer: &str) -> String {
        let value = match at.value {
            Value::Missing => String::new(),
            Value::Name(name) => name.to_owned(),
            Value::Node(spot) => spot.node.scalar().unwrap_or("…").chars().take(60).collect(),
        };
        let error = format!("`{}` {error}", at.property);
        let template = match (&self.message, self.description.is_empty()) {
            (Some(message), _) => message.as_str(),
            (None, false) => self.description.as_str(),
            (None, true) => return error,
        };
        let places = [
            ("{{error}}", error.as_str()),
            ("{{property}}", at.property.as_str()),
            ("{{value}}", value.as_str()),
            ("{{path}}", pointer),
            ("{{description}}", self.description.as_str()),
        ];
        let said = places.iter().fold(template.to_owned(), |text, (place, with)| text.replace(place, with));
        said.trim().trim_end_matches('.').to_owned()
    }
}

/// Whether a document is of one of `formats`, or none is named.
fn is_for(formats: &[Formats], root: Spot<'_>) -> bool {
    formats.is_empty() || formats.iter().any(|formats| formats.hold(root))
}

impl Formats {
    /// The formats that a ruleset calls `name`.
    fn named(name: &str) -> Formats {
        match name.replace('_', ".").as_str() {
            "oas2" => Formats::Swagger20,
            "oas3" => Formats::OpenApi3,
            "oas3.0" => Formats::OpenApi30,
            "oas3.1" => Formats::OpenApi31,
            "oas3.2" => Formats::OpenApi32,
            "asyncapi2" | "aas2" => Formats::AsyncApi2,
            "asyncapi3" | "aas3" => Formats::AsyncApi3,
            _ => Formats::Other,
        }
    }

    fn hold(self, root: Spot<'_>) -> bool {
        let asyncapi = root.node.get("asyncapi").and_then(spec::Node::scalar).unwrap_or_default();
        let format = Format::of(root);
        match self {
            Formats::Swagger20 => format == Some(Format::Swagger20),
            Formats::OpenApi3 => {
                format.is_some_and(|format| format > Format::Swagger20) && asyncapi.is_empty()
            }
            Formats::OpenApi30 => format == Some(Format::OpenApi30),
            Formats::OpenApi31 => format == Some(Format::OpenApi31),
            Formats::OpenApi32 => format == Some(Format::OpenApi32),
            Formats::AsyncApi2 => asyncapi.starts_with("2."),
            Formats::AsyncApi3 => asyncapi.starts_with("3."),
            Formats::Other => false,
        }
    }
}
