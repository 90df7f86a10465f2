//! Finds callbacks and webhooks whose messages nothing describes.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Content, Direction, Response, View};

pub(super) const RULE: Rule = Rule {
    id: "callback-without-schema",
    title: "what the API sends to a third party, or takes from it, is not described",
    severity: Severity::Note,
    control: "egress",
    owasp: &["API10:2023"],
    cwe: &["CWE-20", "CWE-213"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "What is sent to others without a description holds more than they should see, and what they answer is taken in \
          unchecked. The bodies of callbacks and webhooks and of their answers are looked at, where they are JSON, forms or \
          XML.",
    fix: "give the media type a `schema`",
    bad: "
paths: {}
webhooks:
  shipped:
    post:
      requestBody: { content: { application/json: {} } }
#                               ^^^^^^^^^^^^^^^^
      responses: { '200': { description: ok } }
",
    good: "
paths: {}
webhooks:
  shipped:
    post:
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '200': { description: ok } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let calls = view.operations.iter().filter(|operation| operation.direction == Direction::Calling);
    for operation in calls {
        let answers = operation.responses.iter().filter(|response| Response::is_success(response));
        let contents = operation.body.iter().chain(answers.flat_map(|answer| &answer.contents));
        let is_open = |content: &&Content<'l>| content.is_structured() && content.is_undescribed();
        for content in contents.filter(is_open) {
            findings.add_named(
                content.spot,
                format!("`{}` as `{}` is not described", operation.name(), content.media),
            );
        }
    }
}
