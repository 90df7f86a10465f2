//! Finds answers of success that nothing describes.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "answer-without-schema",
    title: "an answer of success is not described",
    severity: Severity::Note,
    control: "response-schema",
    owasp: &["API3:2023", "API8:2023"],
    cwe: &["CWE-213"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "Where nobody said what an answer holds, nobody notices what it holds too much. JSON, forms and XML are looked at; of \
          other media types a schema says little. A `GET` that answers 200 answers with something, so where nothing is said \
          at all, that is found too.",
    fix: "give the media type a `schema`",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, content: { application/json: {} } }
#                                            ^^^^^^^^^^^^^^^^
  /customers: { get: { responses: { '200': { description: ok } } } }
#                                   ^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, content: { application/json: { schema: { type: array } } } }
        '204': { description: nothing }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        let answers =
            operation.responses.iter().filter(|response| response.is_success() && response.status != "204");
        for answer in answers {
            if answer.contents.is_empty() && answer.status == "200" && operation.method == "GET" {
                findings.add_named(
                    answer.listed,
                    format!("what `{}` answers with is not described", operation.name()),
                );
            }
            for content in
                answer.contents.iter().filter(|content| content.is_structured() && content.is_undescribed())
            {
                let message =
                    format!("an answer of `{}` as `{}` is not described", operation.name(), content.media);
                findings.add_named(content.spot, message);
            }
        }
    }
}
