//! Finds bounds of what callers send that are stricter.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "stricter-bound",
    title: "callers may not send values that were within bounds",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Requests that were right are refused. It is what hardening looks like: bounds, patterns, formats and closed objects \
          are all found here, and what they refuse is seen in `shadow` before it is refused.",
    fix: "see first whether callers send such values",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { a: { type: string, maxLength: 9 }, b: { type: string } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { a: { type: string, maxLength: 8 }, b: { type: string, pattern: '^a$' } } }
#                                                                               ^
#                                                                                                                ^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { a: { type: string, maxLength: 10 }, b: { type: string } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent() {
        let name = &value.name;
        for (limit, (now, spot)) in &new.limits {
            let keyword = limit.keyword();
            match old.limits.get(limit) {
                None => changes.add(At::New(*spot), format!("{name} has a `{keyword}` now, {now}")),
                Some((before, _)) if limit.is_looser(*before, *now) => {
                    changes
                        .add(At::New(*spot), format!("the `{keyword}` of {name} is {now}, and was {before}"));
                }
                Some(_) => {}
            }
        }
        for (keyword, before, now) in
            [("pattern", &old.patterns, &new.patterns), ("format", &old.formats, &new.formats)]
        {
            if let Some(spot) = now.values().next().filter(|_| before.is_empty()) {
                changes.add(At::New(*spot), format!("{name} has a `{keyword}` now"));
            }
        }
        if let Some(spot) = new.closed.filter(|_| old.closed.is_none() && old.types.contains("object")) {
            changes.add(At::New(spot), format!("{name} may not have properties that are not declared"));
        }
    }
}
