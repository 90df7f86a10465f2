//! Finds answers that do not tell callers how much they may still ask.

use model::Severity;
use spec::Format;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "undocumented-rate-limit",
    title: "an answer does not tell callers how much they may still ask",
    severity: Severity::Note,
    control: "rate-limit",
    owasp: &["API4:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-15"],
    why: "A limit that callers cannot see is found out by running into it. Answers of success and of the caller's mistakes \
          (2xx, 4xx) are looked at. Any of the usual fields will do: `RateLimit`, `RateLimit-Limit`, `X-RateLimit-Limit`, \
          `X-Rate-Limit-Limit`.",
    fix: "declare a header `RateLimit` in the answer",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok }
#       ^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200': { description: ok, headers: { RateLimit: { schema: { type: string } } } }
        '500': { description: broken }
",
    check,
};

const FIELDS: &[&str] = &["RateLimit", "RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit-Limit"];

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    if view.format == Format::Swagger20 {
        return;
    }
    for operation in view.called() {
        for response in operation.responses.iter().filter(|response| response.status.starts_with(['2', '4']))
        {
            if !FIELDS.iter().any(|field| response.has_header(field)) {
                let at = response.listed.get("headers").unwrap_or(response.listed);
                findings
                    .add(at, format!("answer {} of `{}` shows no limit", response.status, operation.name()));
            }
        }
    }
}
