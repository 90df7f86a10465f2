//! Finds passwords in answers.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "returned-password",
    title: "an answer holds a password, its hash, or the code of a card",
    severity: Severity::Warning,
    control: "leak",
    owasp: &["API3:2023"],
    cwe: &["CWE-213", "CWE-522"],
    nist: &["REC-API-6", "REC-API-20"],
    why: "A schema that is shared by requests and answers shows what was meant to be sent alone. Texts of answers are looked \
          at whose name says password, the hash of one, or the code of a card (`cvv`); one that is `writeOnly` is in no answer. \
          When this is wrong: a password that was made for the caller, and is shown once.",
    fix: "make the property `writeOnly`",
    bad: "
paths:
  /me:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { properties: { password: { type: string }, password_hash: { type: string } } } } }
#                                                                ^^^^^^^^
#                                                                                            ^^^^^^^^^^^^^
",
    good: "
paths:
  /me:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { properties: { password: { type: string, writeOnly: true } } } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.schemas.iter().filter(|schema| schema.is_returned()) {
        for (name, property) in schema.spot.members_of("properties") {
            let is_hidden = view.parts(property).iter().any(|part| part.is_true("writeOnly"));
            let is_text = view.schema(property).is_some_and(|known| known.types.has(Types::STRING));
            if words::is_only_sent(name) && is_text && !is_hidden {
                findings.add_named(property, format!("an answer holds `{name}`"));
            }
        }
    }
}
