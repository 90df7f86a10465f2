//! Finds answers of success that are gone.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "removed-answer",
    title: "an operation does not answer with a status of success any more",
    matter: Matter::Breaking,
    severity: Severity::Warning,
    control: "response-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-3"],
    why: "Clients that wait for 201 get 202, or a redirect. An answer by class (`2XX`) or by `default` describes it as well.",
    fix: "go on to answer with the status",
    old: "
paths:
  /orders:
    post: { responses: { '201': { description: made } } }
#                        ^^^^^
",
    bad: "
paths:
  /orders:
    post: { responses: { '202': { description: later } } }
",
    good: "
paths:
  /orders:
    post: { responses: { 2XX: { description: made } } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for gone in matched.removed_responses().filter(|gone| gone.is_success()) {
            if matched.new.response(gone.status).is_none() {
                let message = format!("`{}` does not answer {} any more", matched.new.name(), gone.status);
                changes.add(At::Gone(gone.listed, matched.new.spot), message);
            }
        }
    }
}
