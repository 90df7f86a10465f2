//! Answers only with objects that belong to the caller, as a field of the answer says.

use http::{Method, StatusCode};
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use spec::Node;

use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Answer, Body, Context, Hold, Judgement, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "object", stage: Stage::Ownership, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `object`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Fields of the answer that must say what a claim of the caller says; all of them.
    answer: Vec<Owner>,
    /// Answer alike, 404, for what belongs to somebody else and for what does not exist.
    hide: bool,
}

/// Who an object belongs to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Owner {
    /// JSON pointer of the field, `*` for any item or member: `/items/*/owner`.
    at: String,
    /// The claim that it must equal, or be one of where the claim is a list.
    claim: String,
}

#[derive(Debug)]
struct Object {
    owners: Vec<Compiled>,
    hide: bool,
}

#[derive(Debug)]
struct Compiled {
    path: Vec<String>,
    claim: String,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let mut owners = Vec::new();
    for Owner { at, claim } in settings.answer {
        if !at.starts_with('/') {
            let message = format!("`{at}` is no pointer to a field");
            build.problem(Severity::Error, message, "begin it with `/`, as in `/owner`");
            continue;
        }
        let path = at.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"));
        owners.push(Compiled { path: path.collect(), claim });
    }
    if owners.is_empty() {
        return None;
    }
    Some(Box::new(Object { owners, hide: settings.hide }))
}

impl Policy for Object {
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        if answer.is_none_or(|answer| answer.status.is_success()) { Hold::Needed } else { Hold::No }
    }

    fn answer_head(&self, cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        let is_absent =
            matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE);
        if self.hide && is_absent {
            return Err(Denial::fixed(Reason::NoSuchObject, KIND.id, "the backend does not have it"));
        }
        // What is only asked about must be seen to be judged; what was changed was changed already.
        let is_read = matches!(*cx.method, Method::GET | Method::HEAD);
        let has_none =
            !answer.has_body && (answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED);
        match is_read && has_none {
            true => Err(self.refused("the answer does not show whose it is")),
            false => Ok(()),
        }
    }

    fn answer_body(&self, cx: &Context<'_>, _answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let json = body
            .json()
            .map_err(|error| Denial::fixed(Reason::AnswerUnreadable, KIND.id, error.kind.as_str()))?;
        for owner in &self.owners {
            let claim = cx.caller.token.as_ref().and_then(|token| token.claims.get(&owner.claim));
            let claim = claim.ok_or_else(|| self.refused("the caller has no such claim"))?;
            if !belongs(json.root(), &owner.path, claim) {
                return Err(self.refused("the field is not what the claim says"));
            }
        }
        Ok(None)
    }
}

impl Object {
    fn refused(&self, why: &'static str) -> Denial {
        let reason = if self.hide { Reason::NoSuchObject } else { Reason::NotYours };
        Denial::new(reason, KIND.id, Redacted::fixed(why))
    }
}

/// Whether every field that `path` leads to is there and says what `claim` says. As deep as the path is long.
fn belongs(node: Node<'_>, path: &[String], claim: &Value) -> bool {
    let Some((first, rest)) = path.split_first() else { return equals(node, claim) };
    if first != "*" {
        let inside = node.get(first).or_else(|| node.items().nth(first.parse().ok()?));
        return inside.is_some_and(|inside| belongs(inside, rest, claim));
    }
    let is_list = node.is_array() || node.is_object();
    let members = node.entries().map(|entry| entry.value);
    is_list && node.items().chain(members).all(|inside| belongs(inside, rest, claim))
}

fn equals(node: Node<'_>, claim: &Value) -> bool {
    node.as_str().or(node.number()).is_some_and(|text| says(claim, text))
}

/// Whether `claim` is `text`, or is a list with `text` in it. Text and numbers are compared as they are written.
pub(super) fn says(claim: &Value, text: &str) -> bool {
    match claim {
        Value::String(claim) => claim == text,
        Value::Number(claim) => claim.to_string() == text,
        Value::Array(claims) => claims.iter().any(|claim| !claim.is_array() && says(claim, text)),
        Value::Null | Value::Bool(_) | Value::Object(_) => false,
    }
}

const DOC: &str = r#"
Compares fields of a successful answer with claims of the caller's token before any of the answer leaves: an object that
belongs to somebody else is answered 403, and none of it is sent. A field that is missing, a caller without the claim, and an
answer that cannot be read or held are refused as well. With `*` in the pointer every item must belong to the caller.

With `hide`, what belongs to somebody else and what the backend does not have (403, 404, 410) are answered alike, with one
and the same 404. How long each takes is the backend's.

What a request changes is changed before its answer can be judged: use this on operations that read, and `object-access`
where the request itself says whose the object is.

| setting | meaning | default |
|---|---|---|
| `answer` | fields that must say what a claim says: `at`, a JSON pointer, and `claim` | none |
| `hide` | answer alike for "not yours" and "does not exist" | `false` |

~~~yaml operation
/orders/{id}:
  get:
    security: [{ token: [] }]
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses: { '200': { description: ok } }
~~~
~~~yaml settings
object: { answer: [{ at: /customer/id, claim: sub }], hide: true }
~~~
~~~http allowed
GET /orders/7 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"customer": {"id": "alice"}, "total": 12.50}
>>> caller
Content-Type: application/json

{"customer": {"id": "alice"}, "total": 12.50}
~~~
~~~http refused 404 no-such-object
GET /orders/8 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"customer": {"id": "bob"}, "total": 99}
~~~
~~~http refused 404 no-such-object
GET /orders/9 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no order 9"}
~~~
~~~http refused 404 no-such-object
GET /orders/10 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"total": 99}
~~~

When this is wrong: others than the owner may read the object, as staff may. Give them an operation or an API of their own.
"#;
