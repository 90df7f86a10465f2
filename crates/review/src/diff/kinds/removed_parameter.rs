//! Finds parameters that are gone.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::Parameter;

pub(super) const CHANGE: Change = Change {
    id: "removed-parameter",
    title: "a parameter is gone",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Requests with it are refused where undeclared parameters are, and elsewhere they mean something else: a filter that is \
          ignored gives everything.",
    fix: "deprecate the parameter first",
    old: "
paths:
  /orders/{id}:
    get: { parameters: [{ name: owner, in: query }, { name: id, in: path, required: true }], responses: {} }
#                       ^^^^^^^^^^^^^^^^^^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  prices: { address: prices, bindings: { ws: { query: { properties: { pair: { type: string } } } } } }
#                                                                     ^^^^
",
    bad: "
paths:
  /orders/{id}:
    get: { parameters: [{ name: id, in: path, required: true }], responses: {} }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  prices: { address: prices, bindings: { ws: { query: { properties: { sort: { type: string } } } } } }
",
    good: "
paths:
  /orders/{order}:
    parameters: [{ name: order, in: path, required: true }]
    get: { parameters: [{ name: owner, in: query, deprecated: true }], responses: {} }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  prices: { address: prices, bindings: { ws: { query: { $ref: '#/components/schemas/Query' } } } }
components: { schemas: { Query: { properties: { pair: { type: string } } } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for gone in matched.removed_parameters().into_iter().filter(|gone| gone.location != "path") {
            let message = format!("`{}` has no parameter `{}` any more", matched.new.name(), gone.name);
            changes.add(At::Gone(gone.spot, matched.new.spot), message);
        }
    }
    for (old, new) in &pair.events.channels.both {
        let is_kept = |gone: &Parameter<'l>| {
            let same = |known: &Parameter<'l>| {
                known.location == gone.location && known.name.eq_ignore_ascii_case(gone.name)
            };
            gone.location == "address" || new.parameters.iter().any(same)
        };
        for gone in old.parameters.iter().filter(|gone| !is_kept(gone)) {
            let message = format!("the channel `{}` has no parameter `{}` any more", new.name, gone.name);
            changes.add(At::Gone(gone.spot, new.spot), message);
        }
    }
}
