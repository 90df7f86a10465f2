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
          other media types a schema says little.",
    fix: "give the media type a `schema`",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, content: { application/json: {} } }
#                                            ^^^^^^^^^^^^^^^^
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
        let contents = answers.flat_map(|response| &response.contents);
        for content in contents.filter(|content| content.is_structured() && content.is_undescribed()) {
            let message =
                format!("an answer of `{}` as `{}` is not described", operation.name(), content.media);
            findings.add_named(content.spot, message);
        }
    }
}
