//! Finds objects that are asked for by a number.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "sequential-id",
    title: "an object is asked for by a number, which can be guessed",
    severity: Severity::Warning,
    control: "object-access",
    owasp: &["API1:2023"],
    cwe: &["CWE-639", "CWE-340"],
    nist: &["REC-API-12", "REC-API-24"],
    why: "Who has one order can count up and down to those of others. An id that cannot be guessed does not replace the \
          question whose object it is, but makes a forgotten one harder to find. Headers and cookies are left out.",
    fix: "use random ids: `type: string, format: uuid`",
    bad: "
paths:
  /orders/{orderId}:
    get:
      parameters:
      - { name: orderId, in: path, required: true, schema: { type: integer } }
#                                                                  ^^^^^^^
      responses: {}
",
    good: "
paths:
  /orders/{orderId}/lines/{line}:
    get:
      parameters:
      - { name: orderId, in: path, required: true, schema: { type: string, format: uuid } }
      - { name: line, in: path, required: true, schema: { type: integer } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for parameter in view.parameters() {
        let is_in_url = matches!(parameter.location, "path" | "query");
        let Some(schema) = parameter.schema.and_then(|schema| view.schema(schema)) else { continue };
        if is_in_url && words::is_id(parameter.name) && schema.types.has(Types::INTEGER) {
            let at = schema.spot.get("type").unwrap_or(schema.spot);
            findings.add(at, format!("`{}` is a number, which can be guessed", parameter.name));
        }
    }
}
