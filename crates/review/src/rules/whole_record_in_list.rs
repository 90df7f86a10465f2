//! Finds lists that show of everybody what was meant for one.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, Property, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "whole-record-in-list",
    title: "a list holds whole records with personal data where a line of each would do",
    severity: Severity::Warning,
    control: "fields",
    owasp: &["API3:2023"],
    cwe: &["CWE-213", "CWE-359"],
    nist: &["REC-API-6", "REC-API-20"],
    why: "One request then takes the birthdays of all customers. A list is found where its items have the very schema that the \
          answer for one has (`/customers` and `/customers/{id}`) and that schema holds what identities are stolen with \
          (`ssn`, `iban`, `dateOfBirth`). Lists whose properties callers choose (`fields`, `select`) are left out, and those \
          whose properties the gateway's `fields` shows by scope.",
    fix: "give the list a schema of its own, with what a list shows",
    bad: "
paths:
  /customers:
    get:
#   ^^^
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Customer' } } } }
  /customers/{id}:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { $ref: '#/components/schemas/Customer' } } }
components:
  schemas:
    Customer: { type: object, properties: { name: { type: string }, ssn: { type: string } } }
",
    good: "
paths:
  /customers:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Line' } } } }
  /customers/{id}:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { $ref: '#/components/schemas/Customer' } } }
components:
  schemas:
    Line: { type: object, properties: { name: { type: string } } }
    Customer: { type: object, properties: { name: { type: string }, ssn: { type: string } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let reads: Vec<&Operation<'l>> = view.called().filter(|operation| operation.method == "GET").collect();
    for list in reads.iter().filter(|operation| !operation.path.ends_with('}')) {
        let is_one = |one: &&&Operation<'l>| {
            let rest = one
                .path
                .strip_prefix(list.path.trim_end_matches('/'))
                .and_then(|rest| rest.strip_prefix("/{"));
            rest.is_some_and(|rest| rest.find('}') == rest.len().checked_sub(1))
        };
        let Some(one) = reads.iter().find(is_one) else { continue };
        if chooses(list) || view.control(list, "fields").is_some() {
            continue;
        }
        let whole: Vec<Spot<'l>> = answers(view, one);
        let items = answers(view, list).into_iter().flat_map(|answer| items(view, answer));
        let record = items.into_iter().find(|item| whole.iter().any(|one| one.key() == item.key()));
        let special = record.and_then(|record| special(view, record));
        if let Some(name) = special {
            let message = format!("`{}` answers with `{name}` of every record", list.name());
            findings.add_named(list.spot, message);
        }
    }
}

fn chooses(list: &Operation<'_>) -> bool {
    let is_choice =
        |name: &str| matches!(name.trim_start_matches(['$', '_']), "fields" | "select" | "include" | "view");
    list.parameters.iter().any(|parameter| parameter.location == "query" && is_choice(parameter.name))
}

/// What success answers with, references followed.
fn answers<'l>(view: &View<'l>, operation: &Operation<'l>) -> Vec<Spot<'l>> {
    let successes = operation.responses.iter().filter(|response| response.is_success());
    let schemas = successes.flat_map(|response| &response.contents).filter_map(|content| content.schema);
    schemas.filter_map(|schema| view.follow(schema)).collect()
}

/// The items of a list, or of the lists in an envelope around it.
fn items<'l>(view: &View<'l>, answer: Spot<'l>) -> Vec<Spot<'l>> {
    let lists =
        answer.members_of("properties").filter_map(|(_, property)| view.follow(property)).chain([answer]);
    lists.filter_map(|list| view.follow(list.get("items")?)).collect()
}

fn special<'l>(view: &View<'l>, record: Spot<'l>) -> Option<&'l str> {
    let properties = view.properties_below(record, 1);
    let shown = properties.into_iter().filter(|Property { spot, .. }| !spot.is_true("writeOnly"));
    shown.map(|property| property.name).find(|name| words::is_special_name(name))
}
