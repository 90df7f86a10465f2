//! Finds refusals that are not described any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "dropped-refusal",
    title: "an operation does not say any more how it refuses",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "rate-limit",
    owasp: &["API2:2023", "API4:2023", "API5:2023"],
    cwe: &["CWE-755"],
    nist: &["REC-API-10", "REC-API-15"],
    why: "That 401, 403 or 429 is gone from the document says that the check is gone, or that clients will not know what to do \
          when it refuses. An answer by class (`4XX`) or by `default` describes it as well.",
    fix: "describe the answer again",
    old: "
paths:
  /orders:
    get: { responses: { '200': { description: ok }, '429': { description: too many } } }
#                                                   ^^^^^
",
    bad: "
paths:
  /orders:
    get: { responses: { '200': { description: ok } } }
",
    good: "
paths:
  /orders:
    get: { responses: { '200': { description: ok }, 4XX: { description: refused } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for gone in matched.removed_responses().filter(|gone| ["401", "403", "429"].contains(&gone.status)) {
            if matched.new.response(gone.status).is_none() {
                let at = At::Gone(gone.listed, matched.new.spot);
                changes
                    .add(at, format!("`{}` does not describe {} any more", matched.new.name(), gone.status));
            }
        }
    }
}
