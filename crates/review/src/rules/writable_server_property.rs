//! Finds properties that the server makes and that callers may set.

use std::collections::HashSet;

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "writable-server-property",
    title: "a caller may set a property that the server makes",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-6", "REC-API-19"],
    why: "What is saved as it is sent gets an id, an author and a day that the caller chose. Objects are looked at that callers \
          both send and get: properties called `createdAt`, `updatedBy` and their like, and the `id` of what a `POST` creates \
          and answers with. One that is `readOnly` is none of theirs.",
    fix: "make the property `readOnly`",
    bad: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
components:
  schemas:
    Order: { type: object, properties: { id: { type: string }, createdAt: { type: string }, note: { type: string } } }
#                                        ^^
#                                                              ^^^^^^^^^
",
    good: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
components:
  schemas:
    Order: { type: object, properties: { id: { type: string, readOnly: true }, note: { type: string } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let created = created(view);
    for schema in view.schemas.iter().filter(|schema| schema.is_sent_for_sure() && schema.is_returned()) {
        for (name, property) in schema.spot.members_of("properties") {
            let is_made =
                words::is_made_by_server(name) || name == "id" && created.contains(&schema.spot.key());
            let parts = view.parts(property);
            if is_made && !parts.iter().any(|part| part.is_true("readOnly")) {
                findings.add_named(property, format!("a caller may set `{name}`, which the server makes"));
            }
        }
    }
}

/// The schemas, with their parts, that a `POST` both takes and answers with.
fn created(view: &View<'_>) -> HashSet<(u32, u32)> {
    let mut created = HashSet::new();
    for operation in
        view.called().filter(|operation| operation.method == "POST" && !operation.path.ends_with('}'))
    {
        let successes = operation.responses.iter().filter(|response| response.is_success());
        let answers = successes.flat_map(|response| &response.contents).filter_map(|content| content.schema);
        let answers: HashSet<(u32, u32)> =
            answers.filter_map(|spot| view.follow(spot)).map(Spot::key).collect();
        let sent = operation.body.iter().filter_map(|content| view.follow(content.schema?));
        for spot in sent.filter(|spot| answers.contains(&spot.key())) {
            created.extend(view.parts(spot).into_iter().map(Spot::key));
        }
    }
    created
}
