//! The Cedar policies of an API, from the files that the config names.

use std::path::Path;

use model::Severity;
use spec::{Contract, Document, Node};

use super::files::read_file;
use super::{Compiled, Ingredients};
use crate::cedar::ApiPolicies;
use crate::config::Api;

/// The policies of `api`; nothing where it names none.
pub(super) fn policies(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    contract: &Contract,
    compiled: &mut Compiled,
) -> Option<ApiPolicies> {
    let config = api.cedar.as_ref()?;
    let place = node.get("cedar").unwrap_or(node);
    let list = place.get("policies");
    if config.policies.is_empty() {
        let problem =
            ingredients.document.problem(Severity::Error, place, "`cedar` names no file of policies");
        compiled.problems.push(problem.help("list one under `policies`"));
    }
    let mut files: Vec<(&Path, Document)> = Vec::new();
    for (index, path) in config.policies.iter().enumerate() {
        let place = list.and_then(|list| list.items().nth(index)).unwrap_or(place);
        let Some(bytes) = read_file(ingredients, path, place, compiled) else { continue };
        let name = ingredients.folder.join(path);
        let (document, problems) = Document::plain(&name.to_string_lossy(), bytes, &spec::Limits::default());
        compiled.problems.extend(problems);
        files.push((path, document));
    }
    let (policies, problems) = ApiPolicies::new(contract, &config.claims, &files);
    compiled.problems.extend(problems);
    compiled.documents.extend(files.into_iter().map(|(_, document)| document));
    Some(policies)
}
