//! Finds operations on one object of which nothing says whose it may be.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};

pub(super) const RULE: Rule = Rule {
    id: "unowned-object",
    title: "nothing says whose object an operation may reach",
    severity: Severity::Warning,
    control: "object",
    owasp: &["API1:2023"],
    cwe: &["CWE-639"],
    nist: &["REC-API-12", "REC-API-24"],
    why: "Who may open one order may ask for those of others, unless somebody looks whose they are; where that is written \
          nowhere, nobody can test it. Operations are looked at that prove who calls and take an id in their path. The \
          gateway's `object`, `object-access` and `cedar` say it, at the operation, its path or the root. Where nothing in the \
          document does, it is a note, once: settings beside the document may say it, and objects that everybody may read need \
          no owner.",
    fix: "say whose the object is: `x-palisade: { object-access: … }`, or `object` for what answers hold",
    bad: "
security: [{ login: [] }]
paths:
  /orders/{orderId}:
    get: { x-palisade: { object: { answer: [{ at: /customer, claim: sub }] } }, responses: {} }
    delete: { responses: {} }
#   ^^^^^^
components: { securitySchemes: { login: { type: http, scheme: bearer } } }
",
    good: "
security: [{ login: [] }]
paths:
  /orders: { get: { responses: {} } }
  /orders/{orderId}:
    x-palisade: { object: { answer: [{ at: /customer, claim: sub }] } }
    get: { responses: {} }
    delete: { responses: {} }
components: { securitySchemes: { login: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let on_objects =
        || view.called().filter(|operation| !operation.security.is_open() && operation.is_on_object());
    let is_owned = |operation: &&Operation<'l>| {
        ["object", "object-access", "cedar"].iter().any(|control| view.control(operation, control).is_some())
    };
    let unowned: Vec<&Operation<'l>> = on_objects().filter(|operation| !is_owned(operation)).collect();
    let (Some(first), Some(paths)) = (unowned.first(), view.root.get("paths")) else { return };
    if unowned.len() == on_objects().count() {
        let others = match unowned.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let message = format!("nothing says whose objects `{}`{others} may reach", first.name());
        return findings.add_named_as(Severity::Note, paths, message);
    }
    for operation in unowned {
        findings
            .add_named(operation.spot, format!("nothing says whose object `{}` may reach", operation.name()));
    }
}
