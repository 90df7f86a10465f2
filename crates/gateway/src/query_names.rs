//! Names in the query that no contract declares, for the inventory to be told of: names alone, and none that may be a value.

use std::borrow::Cow;
use std::sync::Arc;

use model::inventory::is_parameter_name;
use spec::{Contract, OperationIndex, PAIRS_MAX, Query};

/// The most names that one record has.
const NAMES_MAX: usize = 8;

/// Which names in the query of an operation go on record.
#[derive(Debug, Clone, Default)]
pub enum QueryNames {
    /// None, since no inventory is told of them.
    #[default]
    None,
    /// Those that the operation does not declare.
    Undeclared(Arc<Contract>, OperationIndex),
    /// All, since nothing is declared.
    All,
}

impl QueryNames {
    /// Those of `query`, each once. Where there are none nothing is allocated.
    pub(crate) fn of<'q>(&self, query: Option<&'q str>) -> Vec<Cow<'q, str>> {
        let mut names = Vec::new();
        let Some(query) = query.filter(|query| !query.is_empty()) else { return names };
        let operation = match self {
            QueryNames::None => return names,
            QueryNames::Undeclared(contract, index) => contract.operation(*index),
            QueryNames::All => None,
        };
        let Ok(query) = Query::parse(query, PAIRS_MAX) else { return names };
        for pair in query.pairs() {
            let is_declared = operation.is_some_and(|operation| operation.declares_query(&pair.name));
            let is_new = !is_declared && is_parameter_name(&pair.name) && !names.contains(&pair.name);
            if is_new && names.len() < NAMES_MAX {
                names.push(pair.name.clone());
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use spec::{Document, Library, Limits};

    use super::*;

    fn names(query: &str) -> (Vec<String>, Vec<String>) {
        let text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {parameters: [{name: page, in: query, schema: {type: integer}}, {name: filter, in: query, style: deepObject, schema: {type: object}}], security: [{key: []}], responses: {}}}}\ncomponents: {securitySchemes: {key: {type: apiKey, in: query, name: key}}}\n";
        let library = Library::of(Document::parse("spec.yaml", text, &Limits::default()).0);
        let contract = Arc::new(spec::compile(&library).0);
        let of = |names: QueryNames| names.of(Some(query)).into_iter().map(Cow::into_owned).collect();
        assert_eq!(QueryNames::None.of(Some(query)), Vec::<Cow<'_, str>>::new());
        (of(QueryNames::Undeclared(contract, OperationIndex(0))), of(QueryNames::All))
    }

    #[test]
    fn names_that_are_not_declared_are_told_and_nothing_that_may_be_a_value() {
        let check = |query: &str, undeclared: &[&str], all: &[&str]| {
            assert_eq!(
                names(query),
                (
                    undeclared.iter().map(ToString::to_string).collect(),
                    all.iter().map(ToString::to_string).collect()
                ),
                "{query}"
            );
        };
        check("page=2&debug=sesame&debug=2", &["debug"], &["page", "debug"]);
        check("filter[name]=x&sort%5Bby%5D=y&key=k", &["sort[by]"], &["filter[name]", "sort[by]", "key"]);
        check("4711&sk_live_51H8x7&a%20b=1&%zz=1&ann@shop.example=1&=x", &[], &[]);
        check("", &[], &[]);
        let many: Vec<String> = "abcdefghijkl".chars().map(|name| format!("{name}=1")).collect();
        let (undeclared, _) = names(&many.join("&"));
        assert_eq!(undeclared.concat(), "abcdefgh");
    }
}
