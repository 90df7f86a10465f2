//! Reads `overrides`, and says with its place what of them is not looked at.

use model::Severity;
use percent_encoding::percent_decode_str;
use spec::Node;

use super::super::TeamRule;
use super::super::glob::Glob;
use super::super::overrides::{Change, Files, Override};
use super::{Definition, Loading, Place, RULES_MAX, severity, value_of};

/// Names of files in all overrides of a ruleset.
const FILES_MAX: usize = 1000;

/// One of `overrides` as it is written.
#[derive(Debug)]
pub(super) struct Written {
    files: Vec<Files>,
    pub(super) rules: Vec<(String, Place)>,
}

impl Loading<'_> {
    /// Reads `overrides` of the document with this number.
    pub(super) fn overrides(&mut self, number: usize, overrides: Place) {
        if number != 0 {
            let message = "`overrides` of a ruleset that is extended are not looked at, as Spectral does not";
            return self.say(Severity::Warning, overrides, message);
        }
        let Some(node) = self.node(overrides) else { return };
        let places: Vec<Place> = node.items().map(|item| (number, item.index())).collect();
        for place in places {
            self.override_at(place);
        }
    }

    fn override_at(&mut self, place: Place) {
        let Some(node) = self.node(place) else { return };
        let (number, place_of) = (place.0, |node: Node<'_>| (place.0, node.index()));
        let mut said = Vec::new();
        for entry in node.entries().filter(|entry| !matches!(entry.key, "files" | "rules")) {
            let message = format!("`{}` of an override is not looked at", entry.key);
            said.push((value_of(number, &entry), message));
        }
        let mut files = Vec::new();
        for item in node.get("files").into_iter().flat_map(Node::items) {
            match files_of(item.as_str().unwrap_or_default()) {
                Ok(found) => files.push(found),
                Err(why) => {
                    let text = item.scalar().unwrap_or_default();
                    said.push((place_of(item), format!("`{text}` names no documents: it is {why}")));
                }
            }
        }
        let rules = node.get("rules").into_iter().flat_map(Node::entries);
        let rules: Vec<(String, Place)> =
            rules.map(|entry| (entry.key.to_owned(), value_of(number, &entry))).collect();
        if node.get("files").is_none() {
            said.push((place, "the override names no `files`".to_owned()));
        }
        let known = self.overrides.iter();
        let (of_files, of_rules) =
            known.fold((0, 0), |sum, known| (sum.0 + known.files.len(), sum.1 + known.rules.len()));
        if of_files + files.len() > FILES_MAX || of_rules + rules.len() > RULES_MAX {
            let message = format!("overrides have more than {FILES_MAX} files or {RULES_MAX} rules");
            return self.say(Severity::Error, place, message);
        }
        self.overrides.push(Written { files, rules });
        for (place, message) in said {
            self.say(Severity::Warning, place, message);
        }
    }

    /// The overrides with what they change of `rules`.
    pub(super) fn overrides_of(&mut self, rules: &[TeamRule]) -> Vec<Override> {
        let mut overrides = Vec::new();
        for Written { files, rules: written } in std::mem::take(&mut self.overrides) {
            let is_of_places = files.iter().any(|files| files.pointer.is_some());
            let mut changes = Vec::new();
            for (name, place) in written {
                match self.change(&name, place, is_of_places, rules) {
                    Ok(change) => changes.push((name, change)),
                    Err((severity, place, message)) => self.say(severity, place, message),
                }
            }
            overrides.push(Override { files, changes });
        }
        overrides
    }

    fn change(
        &mut self,
        name: &str,
        place: Place,
        is_of_places: bool,
        rules: &[TeamRule],
    ) -> Result<Change, (Severity, Place, String)> {
        let refused = |place, message| (Severity::Warning, place, message);
        let node = self.node(place).ok_or_else(|| refused(place, "not there".to_owned()))?;
        if node.is_object() {
            if is_of_places {
                let message =
                    format!("the rule `{name}` is not changed: at a place it takes a severity alone");
                return Err(refused(place, message));
            }
            for (place, message) in self.unknown_keys(name, &[place]) {
                self.say(Severity::Warning, place, message);
            }
            return self.rule_instead(name, place).map_err(|(place, why)| refused(place, why));
        }
        let known = rules.iter().find(|rule| rule.id == name);
        let said = match (severity(node), node.as_bool()) {
            (Some(severity), _) => Some(severity),
            (None, Some(is_on)) => Some(known.map(|rule| rule.severity).filter(|_| is_on)),
            (None, None) => None,
        };
        match (said, known) {
            (None, _) => Err(refused(place, "neither a rule nor a severity".to_owned())),
            (Some(severity), Some(_)) => Ok(Change::Severity(severity)),
            (Some(severity), None) => {
                let how = severity.map_or(Severity::Note, |_| Severity::Warning);
                Err((how, place, format!("the rule `{name}` is not one that is run")))
            }
        }
    }

    /// The rule at `place`: what it says over what the ruleset itself says of it.
    fn rule_instead(&self, name: &str, place: Place) -> Result<Change, (Place, String)> {
        let says_severity = self.node(place).is_some_and(|node| node.get("severity").is_some());
        let known = self.definitions.iter().find(|known| known.name == name);
        let own = known.and_then(|known| known.severity).filter(|_| !says_severity);
        let parts = known.into_iter().flat_map(|known| known.parts.iter().copied());
        let definition = Definition {
            name: name.to_owned(),
            parts: parts.chain([place]).collect(),
            severity: own,
            is_on: true,
            formats: known.and_then(|known| known.formats),
        };
        match self.rule_of(&definition) {
            Ok(Some(rule)) => Ok(Change::Rule(Box::new(rule))),
            Ok(None) => Ok(Change::Severity(None)),
            Err((place, why)) => Err((place, format!("the rule `{name}` is not run: {why}"))),
        }
    }
}

/// A name of files, with or without a JSON pointer behind `#`.
fn files_of(text: &str) -> Result<Files, &'static str> {
    let Some((name, pointer)) = text.split_once('#') else {
        return Ok(Files { glob: Glob::parse(text)?, pointer: None });
    };
    let pointer = percent_decode_str(pointer).decode_utf8().or(Err("not UTF-8"))?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err("no JSON pointer");
    }
    Ok(Files { glob: Glob::parse(name)?, pointer: Some(pointer.into_owned()) })
}
