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
    why: "Clients that wait for 201 get 202, or a redirect. An answer by class (`2XX`) or by `default` describes it as well. Of \
          messages, it is the reply.",
    fix: "go on to answer with the status",
    old: "
paths:
  /orders:
    post: { responses: { '201': { description: made } } }
#                        ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  ask: { address: ask }
  told: { address: told, messages: { told: { payload: { type: string } } } }
operations:
  ask:
    action: receive
    channel: { $ref: '#/channels/ask' }
    reply: { channel: { $ref: '#/channels/told' } }
#   ^^^^^
",
    bad: "
paths:
  /orders:
    post: { responses: { '202': { description: later } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  ask: { address: ask }
  told: { address: told, messages: { told: { payload: { type: string } } } }
operations:
  ask: { action: receive, channel: { $ref: '#/channels/ask' } }
",
    good: "
paths:
  /orders:
    post: { responses: { 2XX: { description: made } } }
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  asked: { address: ask }
  told: { address: told, messages: { told: { payload: { type: string } } } }
operations:
  answer: { action: receive, channel: { $ref: '#/channels/asked' }, reply: { $ref: '#/components/replies/told' } }
components: { replies: { told: { channel: { $ref: '#/channels/told' } } } }
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
        let reply = matched.old.spot.get("reply").filter(|_| matched.new.spot.get("reply").is_none());
        if let Some(reply) = reply.filter(|_| !matched.old.carried.replies.is_empty()) {
            let message = format!("`{}` is not replied to any more", matched.new.name());
            changes.add(At::Gone(reply, matched.new.spot), message);
        }
    }
}
