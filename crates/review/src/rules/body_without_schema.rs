//! Finds bodies that callers send and that nothing describes.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "body-without-schema",
    title: "a body that callers send is not described",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023", "API3:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "What has no schema, or an empty one, is held against nothing. JSON, forms and XML are looked at; of other media types \
          a schema says little.",
    fix: "give the media type a `schema`",
    bad: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: {} } }
#                               ^^^^^^^^^^^^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: { schema: { type: object } }, image/png: {} } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called() {
        for content in
            operation.body.iter().filter(|content| content.is_structured() && content.is_undescribed())
        {
            let message =
                format!("the body of `{}` as `{}` is not described", operation.name(), content.media);
            findings.add_named(content.spot, message);
        }
    }
}
