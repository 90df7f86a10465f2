//! Who answers for APIs and files, as repositories say it: Backstage, CODEOWNERS, and who wrote most.
//!
//! All of it is proposed, and holds when a person confirms it. What an entity of Backstage says goes before CODEOWNERS, which
//! is about files, and that before history, which only says who was there.

mod backstage;
mod codeowners;
mod read;

use model::inventory::{At, DeclaredApi, Fact, Place, Proposal, Report, SourceKind, Text, Told};

pub use backstage::{Entity, entities};
pub use codeowners::CodeOwners;
pub use read::{Repositories, Repository};

/// What a repository says of the owners of its files and APIs.
#[derive(Debug, Default)]
pub struct Owners {
    /// The file of code owners that holds, and what is in it.
    pub codeowners: Option<(String, CodeOwners)>,
    /// The APIs that Backstage has.
    pub entities: Vec<Entity>,
}

impl Owners {
    /// What is proposed of the API that is in the file at `path`, seen from the root of the repository, and that is called
    /// `title`; `authors` wrote the file, the last one first.
    pub fn of_file(&self, path: &str, title: &str, authors: &[String]) -> Vec<Proposal> {
        let entities = self.entities.iter().filter(|entity| entity.is_in(path) || entity.is_called(title));
        let mut proposals: Vec<Proposal> = entities.flat_map(|entity| entity.proposals.clone()).collect();
        proposals.extend(self.by_path(path));
        proposals.extend(by_history(authors));
        proposals
    }

    /// What CODEOWNERS says of the file at `path`, seen from the root of the repository.
    pub fn by_path(&self, path: &str) -> Option<Proposal> {
        let (file, rules) = self.codeowners.as_ref()?;
        let (owners, line) = rules.of(path)?;
        let fact = Fact::Owner(Text::of(&owners.join(", "))?);
        Some(Proposal { fact, place: Some(Place { file: file.clone(), at: At::Line(line) }) })
    }
}

/// Who wrote most; of several the one who wrote last.
fn by_history(authors: &[String]) -> Option<Proposal> {
    let count = |name: &String| authors.iter().filter(|author| *author == name).count();
    // The last of the greatest is taken, so that those who wrote last come last.
    let most = authors.iter().rev().max_by_key(|name| count(name))?;
    Some(Proposal { fact: Fact::Owner(Text::of(most)?), place: None })
}

/// What is proposed of the API that is called `api`, as a source of its own: it stays when its specification is read again.
pub fn report(api: &str, proposals: Vec<Proposal>) -> Report {
    let declared = DeclaredApi { name: api.to_owned(), ..DeclaredApi::default() };
    let told = Told { api: Some(declared), proposals, ..Told::default() };
    Report { kind: SourceKind::Code, name: format!("owners of {api}"), told, accounts: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closer_to_the_api_is_proposed_first() {
        let catalog = "kind: API\nmetadata: { name: orders }\nspec: { owner: group:tea, lifecycle: production, definition: { $text: ./api.yaml } }\n";
        let owners = Owners {
            codeowners: Some((
                "CODEOWNERS".to_owned(),
                CodeOwners::parse("*.yaml @docs\n/specs/ @shop/api\n"),
            )),
            entities: entities("specs/catalog-info.yaml", catalog),
        };
        let authors = ["Ada", "Bob", "Bob"].map(str::to_owned);
        let said = |proposals: Vec<Proposal>| {
            let line = |place: &Option<Place>| {
                place.as_ref().map(|place| format!(" {}:{:?}", place.file, place.at)).unwrap_or_default()
            };
            proposals.iter().map(|one| format!("{}{}", one.fact, line(&one.place))).collect::<Vec<_>>()
        };
        assert_eq!(
            said(owners.of_file("specs/api.yaml", "Orders", &authors)),
            [
                "tea specs/catalog-info.yaml:Line(3)",
                "active specs/catalog-info.yaml:Line(3)",
                "@shop/api CODEOWNERS:Line(2)",
                "Bob"
            ]
        );
        assert_eq!(said(owners.of_file("other.yaml", "Other", &[])), ["@docs CODEOWNERS:Line(1)"]);
        assert_eq!(said(owners.of_file("other.txt", "Other", &["Ada".into(), "Bob".into()])), ["Ada"]);
    }
}
