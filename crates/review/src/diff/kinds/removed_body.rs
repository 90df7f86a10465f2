//! Finds bodies that requests may not have any more.

use model::Severity;
use spec::Spot;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::{Operation, View};

pub(super) const CHANGE: Change = Change {
    id: "removed-body",
    title: "an operation does not take a body any more",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "What callers send is refused, or, which is worse, taken and left unread. A body that is not taken in one media type any \
          more is found by `removed-media-type`.",
    fix: "go on to take the body, or give the operation another path",
    old: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: { schema: { type: object } } } }
#     ^^^^^^^^^^^
      responses: {}
",
    bad: "
paths:
  /orders:
    post: { responses: {} }
",
    good: "
paths:
  /orders:
    post:
      requestBody: { $ref: '#/components/requestBodies/Order' }
      responses: {}
components: { requestBodies: { Order: { content: { application/json: { schema: { type: object } } } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    let is_bodiless = |operation: &Operation<'l>, view: &View<'l>| body(operation, view).is_none();
    for matched in pair.called().filter(|matched| is_bodiless(matched.new, pair.new)) {
        let old = matched.old;
        let Some(at) = body(old, pair.old) else { continue };
        let message = format!("`{}` does not take a body any more", matched.new.name());
        changes.add(At::Gone(at, matched.new.spot), message);
    }
}

/// Where the body is declared; of Swagger 2.0 the parameter that is it, or the first field of its form.
fn body<'l>(operation: &Operation<'l>, view: &View<'l>) -> Option<Spot<'l>> {
    let listed = operation.spot.items_of("parameters").chain(operation.item.items_of("parameters"));
    let mut parameters = listed.filter_map(|parameter| view.follow(parameter));
    let of_swagger = || parameters.find(|spot| matches!(spot.text("in"), Some("body" | "formData")));
    operation.spot.get("requestBody").or_else(of_swagger)
}
