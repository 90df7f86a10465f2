//! Finds bounds of what callers send that were raised or dropped.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "looser-bound",
    title: "a bound of what callers send was raised or dropped",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API4:2023", "API8:2023"],
    cwe: &["CWE-770", "CWE-1284"],
    nist: &["REC-API-5", "REC-API-14"],
    why: "What the backend was written for is what the bound let through. Longer texts and lists are memory, storage and time; \
          numbers beyond the bound are quantities and prices that nobody thought of. `maxLength`, `maxItems`, `maxProperties` \
          and `maximum` are looked at, and their counterparts; nothing where the new version lists the values that are allowed. \
          As a dropped lower bound opens less, it is a note.",
    fix: "set the bound again, or check that the backend holds what comes",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { note: { type: string, maxLength: 100 } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { note: { type: string, maxLength: 1000 } } }
#                                                                                  ^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { note: { type: string, maxLength: 50 } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent().filter(|both| both.is_of_one_type()) {
        if new.choice.is_some() {
            continue;
        }
        for (limit, (before, _)) in &old.limits {
            let severity = if limit.is_upper() { CHANGE.severity } else { Severity::Note };
            let (name, keyword) = (&value.name, limit.keyword());
            match new.limits.get(limit) {
                None => {
                    let message = format!("the `{keyword}` of {name}, {before}, was dropped");
                    changes.add_as(severity, At::New(new.spot), message);
                }
                Some((now, spot)) if limit.is_looser(*now, *before) => {
                    let message = format!("the `{keyword}` of {name} is {now}, and was {before}");
                    changes.add_as(severity, At::New(*spot), message);
                }
                Some(_) => {}
            }
        }
    }
}
