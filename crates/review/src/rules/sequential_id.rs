//! Finds objects that are asked for by a number.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Schema, Types, View};
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
          question whose object it is, but makes a forgotten one harder to find. A text is \
          found, too, whose `pattern` or `format` lets digits alone in. Headers and cookies are left out.",
    fix: "use random ids: `type: string, format: uuid`",
    bad: "
paths:
  /orders/{orderId}:
    get:
      parameters:
      - { name: orderId, in: path, required: true, schema: { type: integer } }
#                                                                  ^^^^^^^
      responses: {}
  /invoices/{id}:
    get:
      parameters:
      - { name: id, in: path, required: true, schema: { type: string, pattern: '^[0-9]{1,9}$' } }
#                                                                              ^^^^^^^^^^^^^^
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
        if !is_in_url || !words::is_id(parameter.name) {
            continue;
        }
        let is_number = schema.types.has(Types::INTEGER);
        let own = is_number.then(|| schema.spot.get("type").unwrap_or(schema.spot));
        if let Some(at) = own.or_else(|| digits(view, schema)) {
            findings.add(at, format!("`{}` is a number, which can be guessed", parameter.name));
        }
    }
}

/// Where a text is said to be made of digits alone.
fn digits<'l>(view: &View<'l>, schema: &Schema<'l>) -> Option<Spot<'l>> {
    let parts = view.parts(schema.spot).into_iter();
    let said = parts.flat_map(|part| [part.get("pattern"), part.get("format")]).flatten();
    said.into_iter().find(|said| {
        let text = said.node.as_str().unwrap_or_default();
        let inner = text.trim_start_matches('^').trim_end_matches('$');
        let rest = inner.strip_prefix("[0-9]").or_else(|| inner.strip_prefix("\\d"));
        let is_repeat =
            |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || b"+*{},".contains(&byte));
        matches!(text, "int32" | "int64") || rest.is_some_and(is_repeat)
    })
}
