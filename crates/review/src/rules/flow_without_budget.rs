//! Finds flows of business that may be repeated without an end.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};

pub(super) const RULE: Rule = Rule {
    id: "flow-without-budget",
    title: "a flow of business may be repeated without an end",
    severity: Severity::Note,
    control: "flow",
    owasp: &["API6:2023"],
    cwe: &["CWE-799", "CWE-837"],
    nist: &["REC-API-15", "REC-API-26"],
    why: "Nothing is broken when a machine books every seat, opens a thousand accounts or tries every voucher: each request is \
          allowed. How often a caller may is to be said. A `POST` is looked at whose path ends in a word of such a flow \
          (`checkout`, `signup`, `coupons`, `transfers`, `bookings`), or that is of a forgotten password, which sends a message \
          each time. The gateway's `flow` and `rate-limit` bound it, at the \
          operation, its path or the root; an answer 429 that is described says that something does.",
    fix: "bound it with `x-palisade: { flow: … }` or `rate-limit`, and describe the answer 429",
    bad: "
paths:
  /cart/checkout:
    post: { responses: { '200': { description: bought } } }
#   ^^^^
  /password/reset:
    post: { responses: { '202': { description: sent } } }
#   ^^^^
",
    good: "
paths:
  /cart/checkout:
    post: { responses: { '200': { description: bought }, '429': { description: slower } } }
  /bookings:
    post: { x-palisade: { rate-limit: { limits: [] } }, responses: { '201': { description: booked } } }
    get: { responses: { '200': { description: all bookings } } }
  /password:
    post: { responses: { '204': { description: changed } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for operation in view.called().filter(|operation| operation.is_business_flow()) {
        let is_bounded =
            ["flow", "rate-limit"].iter().any(|control| view.control(operation, control).is_some());
        if !is_bounded && !says_429(operation) {
            let message = format!("nothing bounds how often a caller may `{}`", operation.name());
            findings.add_named(operation.spot, message);
        }
    }
}

fn says_429(operation: &Operation<'_>) -> bool {
    operation.responses.iter().any(|response| response.status == "429")
}
