//! Keeps the words of a backend's errors from callers: a problem document takes their place.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use model::{Leak as Found, Mode, Redacted};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::denial::{Denial, Reason};
use crate::policy::{Answer, AnswerField, Body, Context, Hold, Judgement, Kind, Policy, Stage};
use crate::redaction::redact;
use leak::{ALL, Classes, Group, scan};

pub(super) const KIND: Kind =
    Kind { id: "error-answers", stage: Stage::Contract, build, settings: Settings::json_schema, doc: DOC };

/// Hexadecimal digits of a digest that are kept: enough to tell answers apart, and to find one among those known.
const DIGEST_DIGITS: usize = 16;

/// Settings of `error-answers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// What happens to errors of the backend's own (5xx) in which nothing is found. Default: `replace`.
    server_errors: ServerErrors,
}

/// What happens to errors in which nothing is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ServerErrors {
    /// A problem document takes their place, unless they are one.
    #[default]
    Replace,
    /// They are passed on.
    Keep,
}

#[derive(Debug)]
struct ErrorAnswers {
    server_errors: ServerErrors,
    looked_for: Classes,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { server_errors, .. } = build.settings()?;
    let looked_for = Classes::of(|detector| matches!(detector.group, Group::Trace | Group::Internal));
    Some(Box::new(ErrorAnswers { server_errors, looked_for }))
}

impl Policy for ErrorAnswers {
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        match answer {
            None => Hold::Wanted,
            Some(answer) if is_error(answer) => Hold::Needed,
            Some(_) => Hold::No,
        }
    }

    fn answer_body(&self, _cx: &Context<'_>, answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let mut found = Vec::new();
        scan(body.bytes, self.looked_for, &mut |hit| {
            let class = hit.class();
            if !found.contains(&class) && found.len() < ALL.len() {
                found.push(class);
            }
        });
        let is_html = matches!(body.media_type, "text/html" | "application/xhtml+xml");
        let is_problem = body.media_type == "application/problem+json";
        let replaced =
            answer.status.is_server_error() && self.server_errors == ServerErrors::Replace && !is_problem;
        if found.is_empty() && !is_html && !replaced {
            return Ok(None);
        }
        for class in &found {
            let leak = Found { class: (*class).into(), pointer: "".into() };
            if !answer.leaks.contains(&leak) {
                answer.leaks.push(leak);
            }
        }
        if is_html {
            found.push("html");
        }
        // How to authenticate is no word of an error.
        for challenge in answer.headers.get_all(WWW_AUTHENTICATE) {
            answer.fields.push(AnswerField::Add(WWW_AUTHENTICATE, challenge.clone()));
        }
        Err(problem(answer, body.bytes, &found))
    }
}

fn is_error(answer: &Answer<'_>) -> bool {
    answer.status.is_client_error() || answer.status.is_server_error()
}

/// The problem document's facts, and what the record keeps of the original: length, digest, what was found in it, and its
/// text redacted.
fn problem(answer: &Answer<'_>, body: &[u8], found: &[&str]) -> Denial {
    let mut detail = format!("status {}, {} bytes, sha-256 ", answer.status.as_u16(), body.len());
    for byte in digest(&SHA256, body).as_ref().iter().take(DIGEST_DIGITS / 2) {
        let written = write!(detail, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    for class in found {
        detail.push_str(", ");
        detail.push_str(class);
    }
    let kept = redact(body);
    if !kept.as_str().is_empty() {
        detail.push_str(": ");
        detail.push_str(kept.as_str());
    }
    let mut denial = Denial::new(Reason::ErrorAnswer, KIND.id, Redacted::vouched(detail));
    denial.status = Some(answer.status);
    let retry_after = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    denial.retry_after_secs = retry_after.and_then(|value| value.parse().ok());
    denial
}

const DOC: &str = r#"
Puts a problem document (RFC 9457) in the place of a backend's error that says too much: any 5xx, unless it is a problem
document already; any error in HTML; and any error, 4xx as well, in which a stack trace, a database's message, a path or an
internal address is found. Status, `Retry-After` and `WWW-Authenticate` stay.

The record keeps of the original its status, its length, the beginning of its SHA-256, what was found in it, and its text
redacted: words from a fixed list of those that errors are made of, names of exceptions, of source files with their lines and of called
functions stay, and `…` stands for everything else, so that the log tells where the backend failed and nothing of whom it failed.

An error that is too large to be held, or that cannot be read, is refused.

| setting | meaning | default |
|---|---|---|
| `server-errors` | `replace` or `keep` 5xx answers in which nothing is found | `replace` |

~~~yaml operation
/orders:
  get: { security: [], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 409 Conflict
Content-Type: application/json

{"code": "already-shipped"}
>>> caller
Content-Type: application/json

{"code": "already-shipped"}
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 503 Service Unavailable
Content-Type: application/problem+json

{"title": "closed for stocktaking"}
~~~
~~~http refused 500 error-answer
GET /orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "cart is None"}
~~~
~~~http refused 400 error-answer
GET /orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "java.lang.IllegalStateException: closed\n\tat shop.orders.Store.find(Store.java:42)"}
~~~
~~~http refused 404 error-answer
GET /orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 404 Not Found
Content-Type: text/html

<h1>Not Found</h1><p>Apache/2.4.1 (Unix) Server at db1 Port 80</p>
~~~

When this is wrong: clients read the body of the backend's 5xx answers. Have it send problem documents, or set
`server-errors: keep`.
"#;
