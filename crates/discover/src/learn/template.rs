//! The path that leads to a node, with names for its parameters.

use super::segment::Around;
use super::tree::Parameter;
use crate::inflection::singular;
use crate::kind::Kind;

/// The path that leads to a node.
#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) path: String,
    pub(super) parameters: Vec<(String, Kind)>,
    last_word: String,
}

impl Template {
    pub(super) fn with_word(&self, word: &str) -> Template {
        Template {
            path: format!("{}/{word}", self.path),
            parameters: self.parameters.clone(),
            last_word: word.to_owned(),
        }
    }

    pub(super) fn with_parameter(&self, parameter: &Parameter) -> Template {
        let name = match &parameter.name {
            Some(name) => self.free(name),
            None => self.free(&self.name(&parameter.around.before, parameter.kind)),
        };
        let Around { before, after } = &parameter.around;
        let path = format!("{}/{before}{{{name}}}{after}", self.path);
        let mut parameters = self.parameters.clone();
        parameters.push((name, parameter.kind));
        Template { path, parameters, last_word: String::new() }
    }

    /// A name of what stands before it, as `order` and `orderId` after `orders`.
    fn name(&self, before: &str, kind: Kind) -> String {
        let before =
            before.split(|letter: char| !letter.is_ascii_alphanumeric()).find(|word| !word.is_empty());
        let word: String = before
            .unwrap_or(&self.last_word)
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        let one = singular(&word);
        match kind {
            Kind::Slug | Kind::Date | Kind::Mail if !one.is_empty() => one,
            _ if one.is_empty() => "id".to_owned(),
            _ => format!("{one}Id"),
        }
    }

    /// The name, with a number where it is taken.
    fn free(&self, name: &str) -> String {
        let is_taken = |name: &str| self.parameters.iter().any(|(taken, _)| taken == name);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }
}
