//! Finds media types that are not taken or given any more.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::matching::{essence, removed_contents};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::Content;

pub(super) const CHANGE: Change = Change {
    id: "removed-media-type",
    title: "a body is not taken, or an answer not given, in a media type any more",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "undeclared",
    owasp: &["API9:2023"],
    cwe: &["CWE-439"],
    nist: &["REC-API-4"],
    why: "Requests with it are refused with 415, and clients that ask for it with 406. A message \
          of another type is not read by whoever waits for it. Parameters as `charset` are not compared.",
    fix: "go on to take and give the media type",
    old: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: {}, text/csv: {} } }
#                                                     ^^^^^^^^
      responses: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders, messages: { placed: { contentType: application/json } } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
",
    bad: "
paths:
  /orders:
    post:
      requestBody: { content: { application/json: {} } }
      responses: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels:
  orders: { address: orders, messages: { placed: { contentType: application/xml } } }
#                                                               ^^^^^^^^^^^^^^^
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
",
    good: "
paths:
  /orders:
    post:
      requestBody: { content: { text/csv: {}, 'Application/JSON; charset=utf-8': {} } }
      responses: {}
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
defaultContentType: Application/JSON; charset=utf-8
channels:
  orders: { address: orders, messages: { placed: {} } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/orders' } }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        let (old, new) = (matched.old, matched.new);
        // In Swagger 2.0 a form has no content, and neither has a body without a schema.
        if !new.body.is_empty() {
            for gone in removed_contents(&old.body, &new.body) {
                let message = format!("`{}` does not take `{}` any more", new.name(), media(gone));
                changes.add(At::Gone(gone.spot, new.spot), message);
            }
        }
        for (before, now) in matched.responses() {
            for gone in removed_contents(&before.contents, &now.contents) {
                let name = new.name();
                let message =
                    format!("the answer {} of `{name}` is not `{}` any more", now.status, media(gone));
                changes.add(At::Gone(gone.spot, now.listed), message);
            }
        }
    }
    messages(pair, changes);
}

fn messages<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for (old, new) in pair.flows.iter().flat_map(|flow| &flow.both) {
        let (Some(was), Some(is)) = (pair.old.content_type(old), pair.new.content_type(new)) else {
            continue;
        };
        if essence(was.node.as_str().unwrap_or_default()) != essence(is.node.as_str().unwrap_or_default()) {
            let was = was.node.as_str().unwrap_or_default();
            changes.add(At::New(is), format!("the message `{}` is not `{was}` any more", new.name));
        }
    }
}

/// Swagger 2.0 may say none, and means any.
fn media<'c>(content: &'c Content<'_>) -> &'c str {
    if content.media.is_empty() { "*/*" } else { content.media }
}
