//! Finds errors that nothing describes.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Response, View};

pub(super) const RULE: Rule = Rule {
    id: "error-without-schema",
    title: "an error is not described",
    severity: Severity::Note,
    control: "error-answers",
    owasp: &["API8:2023"],
    cwe: &["CWE-209"],
    nist: &["REC-API-3", "REC-API-23"],
    why: "What an error holds is then whatever broke: a trace, a query, a path. Answers of 4xx, 5xx and `default` are looked at \
          that have a media type with a body of JSON, a form or XML and no schema. Where an API lists errors and describes \
          none of them, it is said once.",
    fix: "give the errors one schema: RFC 9457, `application/problem+json`",
    bad: "
paths:
  /orders:
    get:
      responses:
        '400': { description: wrong, content: { application/json: {} } }
#                                               ^^^^^^^^^^^^^^^^
        '500': { description: broken, content: { application/json: { schema: { type: object } } } }
",
    good: "
paths:
  /orders:
    get:
      responses:
        '404': { description: not found }
        '500': { description: broken, content: { application/problem+json: { schema: { type: object } } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let errors: Vec<&Response<'l>> = view
        .called()
        .flat_map(|operation| &operation.responses)
        .filter(|response| response.is_error())
        .collect();
    if errors.is_empty() {
        return;
    }
    if let (true, Some(paths)) =
        (errors.iter().all(|error| error.contents.is_empty()), view.root.get("paths"))
    {
        return findings.add_named(paths, "no error of the API is described");
    }
    let mut seen = HashSet::new();
    for content in errors.iter().flat_map(|error| &error.contents) {
        if content.is_structured() && content.is_undescribed() && seen.insert(content.spot.key()) {
            findings.add_named(content.spot, format!("an error as `{}` is not described", content.media));
        }
    }
}
