//! Finds headers of answers that callers do not get any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "removed-answer-header",
    title: "callers do not get a header any more",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Clients that read it do without: a page of a list that names no next one looks like the last, and who is not told when to \
          come back comes back at once. What its value may be is compared as those of bodies are. An answer that is gone as a whole \
          is found by `removed-answer`.",
    fix: "go on to return the header",
    old: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          headers: { Link: { schema: { type: string } }, ETag: { schema: { type: string } } }
#                    ^^^^
",
    bad: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          headers: { ETag: { schema: { type: string } } }
",
    good: "
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          headers: { link: { schema: { type: string } }, etag: { schema: { type: string } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for (old, new) in matched.responses() {
            for (header, spot) in old.headers.iter().filter(|(header, _)| !new.has_header(header)) {
                let name = matched.new.name();
                let message = format!("the answer {} of `{name}` has no `{header}` any more", new.status);
                changes.add(At::Gone(*spot, new.listed), message);
            }
        }
    }
}
