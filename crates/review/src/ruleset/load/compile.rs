//! From rules as they are written to rules that are run.

use model::{Problem, Severity};
use spec::Node;

use super::super::function::Function;
use super::super::overrides::Folder;
use super::super::{Formats, Given, Ruleset, TeamRule, Then, path};
use super::{Definition, Loading, Place, severity, value_of};

/// Aliases within aliases.
const ALIASES_DEPTH_MAX: usize = 8;

/// Paths that one rule may have.
const PATHS_MAX: usize = 100;

/// Why a rule is not run, and where.
type Refused = (Place, String);

impl Loading<'_> {
    pub(super) fn compiled(mut self, folder: Folder) -> (Ruleset, Vec<Problem>) {
        let mut rules = Vec::new();
        let mut refused = Vec::new();
        let is_run = |definition: &&Definition| definition.is_on || self.is_overridden(&definition.name);
        for definition in self.definitions.iter().filter(is_run) {
            match self.rule_of(definition) {
                Ok(rule) => rules.extend(rule),
                Err((place, why)) => {
                    refused.push((place, format!("the rule `{}` is not run: {why}", definition.name)))
                }
            }
            refused.extend(self.unknown_keys(&definition.name, &definition.parts));
        }
        for (place, message) in refused {
            self.say(Severity::Warning, place, message);
        }
        let overrides = self.overrides_of(&rules);
        (Ruleset { rules, overrides, folder }, self.problems)
    }

    fn is_overridden(&self, name: &str) -> bool {
        self.overrides.iter().flat_map(|written| &written.rules).any(|(known, _)| known == name)
    }

    /// What the rule says of `key`, and where.
    fn get(&self, definition: &Definition, key: &str) -> Option<(Place, Node<'_>)> {
        definition.parts.iter().rev().find_map(|part| {
            let node = self.node(*part)?.get(key)?;
            Some(((part.0, node.index()), node))
        })
    }

    pub(super) fn unknown_keys(&self, name: &str, parts: &[Place]) -> Vec<Refused> {
        const KNOWN: &[&str] = &[
            "description",
            "message",
            "severity",
            "recommended",
            "formats",
            "given",
            "then",
            "resolved",
            "enabled",
            "documentationUrl",
            "tags",
            "type",
            "extensions",
        ];
        let parts = parts.iter().filter_map(|part| Some((part.0, self.node(*part)?)));
        let entries = parts.flat_map(|(number, node)| node.entries().map(move |entry| (number, entry)));
        let unknown = entries.filter(|(_, entry)| !KNOWN.contains(&entry.key));
        unknown
            .map(|(number, entry)| {
                (value_of(number, &entry), format!("`{}` of the rule `{name}` is not looked at", entry.key))
            })
            .collect()
    }

    /// The rule; nothing for one that is off by its own severity, and that no override names.
    pub(super) fn rule_of(&self, definition: &Definition) -> Result<Option<TeamRule>, Refused> {
        let first = definition.parts.first().copied().unwrap_or_default();
        let text =
            |key: &str| self.get(definition, key).and_then(|(_, node)| node.as_str()).map(str::to_owned);
        let own = self
            .get(definition, "severity")
            .map_or(Some(Some(Severity::Warning)), |(_, node)| severity(node));
        let severity = definition.severity.or(own.flatten());
        let is_enabled = self.get(definition, "enabled").and_then(|(_, node)| node.as_bool()) != Some(false);
        let is_on = definition.is_on && severity.is_some() && is_enabled;
        if !is_on && !self.is_overridden(&definition.name) {
            return Ok(None);
        }
        let formats = self.get(definition, "formats").map(|(_, node)| node);
        let formats = formats.or_else(|| self.node(definition.formats?));
        let (place, given) = self.get(definition, "given").ok_or((first, "it has no `given`".to_owned()))?;
        let mut paths = Vec::new();
        for text in texts(given) {
            self.given(text, place, &[], ALIASES_DEPTH_MAX, &mut paths)?;
        }
        let (place, then) = self.get(definition, "then").ok_or((first, "it has no `then`".to_owned()))?;
        let several = then.items();
        let one = Some(then).filter(|then| then.is_object());
        let then: Result<Vec<Then>, Refused> =
            one.into_iter().chain(several).map(|then| self.then(then, place)).collect();
        let is_resolved =
            self.get(definition, "resolved").and_then(|(_, node)| node.as_bool()) != Some(false);
        Ok(Some(TeamRule {
            // Kept as long as the program runs, as the ids of all rules are: a ruleset is read once, and bounded.
            id: Box::leak(definition.name.clone().into_boxed_str()),
            severity: severity.unwrap_or(Severity::Warning),
            is_on,
            description: text("description").unwrap_or_default(),
            message: text("message"),
            formats: formats_of(formats),
            given: paths,
            then: then?,
            is_resolved,
        }))
    }

    /// Adds the paths that `text` stands for: itself, or those of the alias that it begins with.
    fn given(
        &self,
        text: &str,
        place: Place,
        formats: &[Formats],
        depth: usize,
        paths: &mut Vec<Given>,
    ) -> Result<(), Refused> {
        let Some(rest) = text.strip_prefix('#') else {
            let path = path::parse(text).map_err(|fault| (place, format!("`{text}` is {fault}")))?;
            if paths.len() >= PATHS_MAX {
                return Err((place, format!("it has more than {PATHS_MAX} paths")));
            }
            paths.push(Given { formats: formats.to_vec(), path });
            return Ok(());
        };
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let alias = self.aliases.get(name).and_then(|alias| Some((*alias, self.node(*alias)?)));
        let Some((alias_place, alias)) = alias.filter(|_| depth > 0) else {
            return Err((place, format!("no alias is called `{name}`, or it stands for itself")));
        };
        for target in targets(alias) {
            let formats = if target.formats.is_empty() { formats.to_vec() } else { target.formats };
            self.given(&format!("{}{rest}", target.text), alias_place, &formats, depth - 1, paths)?;
        }
        Ok(())
    }

    fn then(&self, then: Node<'_>, (number, _): Place) -> Result<Then, Refused> {
        let here = |node: Node<'_>| (number, node.index());
        let field = then.get("field").and_then(Node::scalar);
        if let Some(field) = field.filter(|field| field.starts_with('$')) {
            return Err((
                here(then),
                format!("the field `{field}` is a path, and only names are understood"),
            ));
        }
        let name = then.get("function").and_then(Node::as_str);
        let name = name.ok_or((here(then), "`then` has no `function`".to_owned()))?;
        let function = Function::of(name, then.get("functionOptions"))
            .map_err(|(node, why)| (here(node.unwrap_or(then)), why))?;
        Ok(Then { field: field.map(str::to_owned), function })
    }
}

/// A path of an alias, and the formats that it is for.
struct AliasTarget<'t> {
    text: &'t str,
    formats: Vec<Formats>,
}

fn targets(alias: Node<'_>) -> Vec<AliasTarget<'_>> {
    if !alias.is_object() {
        return texts(alias).map(|text| AliasTarget { text, formats: Vec::new() }).collect();
    }
    let targets = alias.get("targets").into_iter().flat_map(Node::items);
    let of_target = |target| {
        let given = Node::get(target, "given").into_iter().flat_map(texts);
        given.map(move |text| AliasTarget { text, formats: formats_of(target.get("formats")) })
    };
    targets.flat_map(of_target).collect()
}

/// A text, or several in a list.
fn texts(node: Node<'_>) -> impl Iterator<Item = &str> {
    node.as_str().into_iter().chain(node.items().filter_map(Node::as_str))
}

fn formats_of(node: Option<Node<'_>>) -> Vec<Formats> {
    node.into_iter().flat_map(texts).map(Formats::named).collect()
}
