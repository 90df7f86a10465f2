//! Finds values that callers may send now and might not before.

use model::Severity;

use super::short;
use crate::diff::change::{Change, Matter};
use crate::diff::pair::{Both, Pair};
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "wider-choice",
    title: "callers may send values that they might not before",
    matter: Matter::Security,
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-13", "REC-API-14"],
    why: "Code that switches over a list of values does something by default with one that is new. Where the list is gone \
          altogether, anything may come, and it is a warning.",
    fix: "check what the backend makes of the new values",
    old: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { type: string, enum: [tea, coffee] } } }
      responses: {}
",
    bad: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { type: string, enum: [tea, coffee, admin] } } }
#                                                                                           ^^^^^
      responses: {}
",
    good: "
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { kind: { enum: [coffee, tea] } } }
      responses: {}
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Both { value, old, new } in pair.sent() {
        let Some((before, _)) = &old.choice else { continue };
        let name = &value.name;
        let Some((now, _)) = &new.choice else {
            let message = format!("{name} was one of {} values, and may be any", before.len());
            changes.add_as(Severity::Warning, At::New(new.spot), message);
            continue;
        };
        for (text, spot) in now.iter().filter(|(text, _)| !before.contains_key(*text)) {
            changes.add(At::New(*spot), format!("{name} may be `{}` now", short(text)));
        }
    }
}
