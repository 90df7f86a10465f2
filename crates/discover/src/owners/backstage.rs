//! APIs of Backstage's catalog, with their owners, purposes and lifecycles.

use model::inventory::{Fact, Lifecycle, Place, Proposal, Text};

use crate::config::input::{Input, Spot};

/// An API that a catalog has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Its name for people, else for programs.
    pub name: String,
    /// The file of its definition, seen from the root of the repository; absent where it is elsewhere or written here.
    pub definition: Option<String>,
    /// What is proposed of it.
    pub proposals: Vec<Proposal>,
    /// Every name that it has.
    names: Vec<String>,
}

impl Entity {
    /// Whether its definition is the file at `path`.
    pub fn is_in(&self, path: &str) -> bool {
        self.definition.as_deref() == Some(path)
    }

    /// Whether it is the API with this title.
    pub fn is_called(&self, title: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(title.trim()))
    }
}

/// The APIs of one file; `file` is seen from the root of the repository. What cannot be read tells of none.
pub fn entities(file: &str, text: &str) -> Vec<Entity> {
    let Ok(input) = Input::structured(file, text) else { return Vec::new() };
    let components: Vec<Spot<'_>> = input.roots().filter(|root| is_of(*root, "Component")).collect();
    let apis = input.roots().filter(|root| is_of(*root, "API"));
    apis.filter_map(|api| entity(file, api, &components)).collect()
}

fn is_of(root: Spot<'_>, kind: &str) -> bool {
    root.text("kind") == Some(kind)
}

fn entity(file: &str, api: Spot<'_>, components: &[Spot<'_>]) -> Option<Entity> {
    let name = api.name()?;
    let metadata = api.get("metadata")?;
    let title = metadata.text("title");
    let definition = api.below(&["spec", "definition"]);
    let placed =
        definition.and_then(|definition| definition.text("$text").or_else(|| definition.text("$openapi")));
    let written = definition.and_then(|definition| definition.node.as_str()).and_then(title_of);
    let mut proposals = of_spec(api);
    proposals.extend(metadata.get("description").and_then(purpose));
    // What a component says holds for the APIs that it provides, where those do not say it themselves.
    for component in components {
        let provided = component.get("spec").map(|spec| spec.texts("providesApis")).unwrap_or_default();
        if provided.iter().any(|provided| short(provided) == name) {
            for proposal in of_spec(*component) {
                let is_said = proposals.iter().any(|known| known.fact.field() == proposal.fact.field());
                proposals.extend((!is_said).then_some(proposal));
            }
        }
    }
    let names = [title.map(str::to_owned), written.clone(), Some(name.to_owned())];
    Some(Entity {
        name: written.or(title.map(str::to_owned)).unwrap_or_else(|| name.to_owned()),
        definition: placed.and_then(|placed| beside(file, placed)),
        proposals,
        names: names.into_iter().flatten().collect(),
    })
}

/// Owner and lifecycle.
fn of_spec(entity: Spot<'_>) -> Vec<Proposal> {
    let Some(spec) = entity.get("spec") else { return Vec::new() };
    let owner = spec.get("owner").and_then(|owner| {
        let fact = Fact::Owner(Text::of(short(owner.node.as_str()?))?);
        Some(Proposal { fact, place: Some(owner.place()) })
    });
    let lifecycle = spec.get("lifecycle").and_then(|lifecycle| {
        let stage = match lifecycle.node.as_str()? {
            "experimental" => Lifecycle::Draft,
            "production" => Lifecycle::Active,
            "deprecated" => Lifecycle::Deprecated,
            _ => return None,
        };
        Some(Proposal { fact: Fact::Lifecycle(stage), place: Some(lifecycle.place()) })
    });
    owner.into_iter().chain(lifecycle).collect()
}

fn purpose(description: Spot<'_>) -> Option<Proposal> {
    let place: Place = description.place();
    Some(Proposal { fact: Fact::Purpose(Text::of(description.node.as_str()?)?), place: Some(place) })
}

/// `group:default/tea` without its kind and namespace.
fn short(reference: &str) -> &str {
    let name = reference.split_once(':').map_or(reference, |(_, name)| name);
    name.strip_prefix("default/").unwrap_or(name)
}

/// The title of a definition that is written out.
fn title_of(text: &str) -> Option<String> {
    let input = Input::structured("definition.yaml", text).ok()?;
    let root = input.roots().next()?;
    root.get("info")?.text("title").map(str::to_owned)
}

/// The path of a file that is named from `file`; none where it is no file of the repository.
fn beside(file: &str, named: &str) -> Option<String> {
    if named.contains("://") || named.starts_with('/') {
        return None;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in named.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()?),
            segment => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: shop }
spec:
  owner: group:default/tea
  lifecycle: production
  providesApis: [orders, api:default/users]
---
kind: API
metadata: { name: orders, title: Orders API, description: What customers order. }
spec:
  lifecycle: deprecated
  definition: { $text: ../specs/orders.yaml }
---
kind: API
metadata: { name: users }
spec:
  owner: user:ada
  definition: |
    openapi: 3.1.0
    info: { title: People }
"#;

    #[test]
    fn apis_are_told_with_what_their_components_say() {
        let found = entities("shop/catalog-info.yaml", CATALOG);
        let said = |entity: &Entity| {
            let facts: Vec<String> = entity.proposals.iter().map(|one| one.fact.to_string()).collect();
            format!("{} {:?}: {}", entity.name, entity.definition, facts.join("; "))
        };
        assert_eq!(
            found.iter().map(said).collect::<Vec<_>>(),
            [
                r#"Orders API Some("specs/orders.yaml"): deprecated; What customers order.; tea"#,
                "People None: ada; active",
            ]
        );
        assert!(found.iter().any(|entity| entity.is_called("people")) && found[0].is_called("orders"));
        assert!(entities("a.yaml", "{{ broken").is_empty());
    }

    #[test]
    fn a_definition_stays_in_the_repository() {
        assert_eq!(beside("a/b.yaml", "./c/../d.yaml").as_deref(), Some("a/d.yaml"));
        assert_eq!(beside("b.yaml", "../d.yaml"), None);
        assert_eq!(beside("b.yaml", "https://shop.example/d.yaml"), None);
    }
}
