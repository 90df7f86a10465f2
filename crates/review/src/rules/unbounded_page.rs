//! Finds pages whose size callers choose without an end.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "unbounded-page",
    title: "a caller may ask for a page of any size",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API4:2023", "API8:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-5", "REC-API-14"],
    why: "One request for a million records costs as much as a million requests, and no limit of a rate counts it. Parameters \
          of the query are looked at whose name says that they are the size of a page, and that are numbers.",
    fix: "give the parameter a `maximum`",
    bad: "
paths:
  /orders:
    get:
      parameters: [{ name: page_size, in: query, schema: { type: integer } }]
#                                                ^^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    get:
      parameters: [{ name: page_size, in: query, schema: { type: integer, maximum: 100 } }]
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for parameter in view.parameters().filter(|parameter| parameter.location == "query") {
        let Some(at) = parameter.schema.filter(|_| words::is_page_size(parameter.name)) else { continue };
        let Some(schema) = view.schema(at) else { continue };
        let is_number = schema.types.has(Types::INTEGER) || schema.types.has(Types::NUMBER);
        if is_number && !view.says_any(schema, Keywords::MAXIMUM.or(Keywords::CHOICE)) {
            findings.add(at, format!("`{}` may ask for a page of any size", parameter.name));
        }
    }
}
