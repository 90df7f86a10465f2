//! Sends only answers that the contract describes, or what is left of them once the rest is taken out.

use std::sync::Arc;

use http::StatusCode;
use http::header::CONTENT_TYPE;
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{
    AnswerCheck, BodyKind, BodyLimits, Contract, Declared, JsonLimits, Member, OperationIndex, Schemas,
    Violation,
};

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Answer, Body, Context, Hold, Judgement, Kind, Policy, Stage};
use crate::sieve::{Fate, Rule, sieve};

pub(super) const KIND: Kind =
    Kind { id: "response-schema", stage: Stage::Contract, build, settings: Settings::json_schema, doc: DOC };

/// Longest detail in bytes: names of the contract have no bound of their own, and every record has a place for it.
const DETAIL_BYTES_MAX: usize = 512;

/// Settings of `response-schema`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Take out what the schema does not declare, and what is only written, before the rest is judged.
    repair: bool,
}

#[derive(Debug)]
struct ResponseSchema {
    contract: Arc<Contract>,
    operation: OperationIndex,
    repair: bool,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() && build.third_party.is_none() {
        return None;
    }
    let settings: Settings = build.settings()?;
    let operation = build.operation?;
    if operation.responses.is_empty() {
        build.problem(
            Severity::Warning,
            "the operation declares no answer, so `response-schema` has nothing to hold answers against",
            "declare `responses`, or set `response-schema: off` here",
        );
        return None;
    }
    Some(Box::new(ResponseSchema {
        contract: Arc::clone(build.contract),
        operation: operation.id,
        repair: settings.repair,
    }))
}

impl ResponseSchema {
    /// What is declared for `status`; nothing where nothing is.
    fn check(&self, status: StatusCode) -> Result<Option<&AnswerCheck>, Denial> {
        let missing = |what| Denial::fixed(Reason::Internal, KIND.id, what);
        let operation = self.contract.operation(self.operation);
        let operation = operation.ok_or_else(|| missing("the operation is not in its contract"))?;
        let Some(response) = operation.response(status) else { return Ok(None) };
        let check = response.check.as_ref();
        check.map(Some).ok_or_else(|| missing("the answers of the contract were not compiled"))
    }
}

/// `Content-Type` as text; empty where there is none or it is not text, which no contract declares.
fn content_type<'a>(answer: &Answer<'a>) -> &'a str {
    answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Policy for ResponseSchema {
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        let Some(answer) = answer else { return Hold::Needed };
        let Ok(Some(check)) = self.check(answer.status) else { return Hold::No };
        match check.accepted(content_type(answer)) {
            Ok(accepted) if accepted.kind == BodyKind::Opaque || is_endless(answer) => Hold::No,
            Ok(accepted) if accepted.content.validator.accepts_anything() && !self.repair => Hold::No,
            // What is not accepted was refused by the head.
            Ok(_) | Err(_) => Hold::Needed,
        }
    }

    fn answer_head(&self, _cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        // Neither is an answer to the request itself (RFC 9110 15.4.5).
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(());
        }
        let Some(check) = self.check(answer.status)? else {
            let detail = Redacted::vouched(format!("the status {} is not declared", answer.status.as_u16()));
            return Err(Denial::new(Reason::AnswerInvalid, KIND.id, detail));
        };
        check.check_headers(answer.headers).map_err(|violation| refused(&violation))?;
        if answer.has_body {
            if !check.has_content() {
                return Err(Denial::fixed(
                    Reason::AnswerInvalid,
                    KIND.id,
                    "no body is declared for the status",
                ));
            }
            check.accepted(content_type(answer)).map_err(|violation| refused(&violation))?;
        }
        Ok(())
    }

    fn answer_body(&self, _cx: &Context<'_>, answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let Some(check) = self.check(answer.status)? else { return Ok(None) };
        let accepted = check.accepted(body.content_type).map_err(|violation| refused(&violation))?;
        if accepted.kind != BodyKind::Json || !body.is_json() {
            let limits = BodyLimits { json: *body.json_limits, ..BodyLimits::default() };
            return accepted
                .check(body.bytes, &limits)
                .map(|()| None)
                .map_err(|violation| refused(&violation));
        }
        let json = body.json().map_err(|error| unreadable(error.kind.as_str()))?;
        let declared = check.declared(body.content_type).filter(|_| self.repair);
        let repaired = declared.map(|declared| sieve(body.bytes, Repair(declared))).transpose();
        if let Some(text) = repaired.map_err(|error| unreadable(error.kind.as_str()))?.flatten() {
            let repaired =
                spec::parse_json(&text, body.json_limits).map_err(|error| unreadable(error.kind.as_str()))?;
            accepted.check_json(repaired.root()).map_err(|violation| refused(&violation))?;
            drop(repaired);
            return Ok(Some(text));
        }
        accepted.check_json(json.root()).map(|()| None).map_err(|violation| refused(&violation))
    }

    fn limits(&self) -> Vec<String> {
        let json = JsonLimits::default();
        vec![format!("an answer in json of {} values, {} deep", json.nodes_max, json.depth_max)]
    }
}

/// Whether the body is a stream that ends when somebody leaves.
fn is_endless(answer: &Answer<'_>) -> bool {
    content::is_event_stream(answer.headers)
}

/// Takes out what is not declared, and what is only written.
#[derive(Debug)]
struct Repair<'d>(&'d Declared);

impl Rule for Repair<'_> {
    type State = Schemas;

    fn root(&self) -> Option<Schemas> {
        Some(self.0.root())
    }

    fn member(&self, state: &Schemas, name: &str) -> (Fate, Option<Schemas>) {
        match self.0.member(state, name) {
            Member::Declared(schemas) => (Fate::Keep, Some(schemas).filter(|schemas| !schemas.is_empty())),
            Member::Undeclared | Member::WriteOnly => (Fate::Remove, None),
        }
    }

    fn item(&self, state: &Schemas, index: usize) -> (Fate, Option<Schemas>) {
        (Fate::Keep, Some(self.0.item(state, index)).filter(|schemas| !schemas.is_empty()))
    }
}

fn unreadable(why: &'static str) -> Denial {
    Denial::fixed(Reason::AnswerInvalid, KIND.id, why)
}

/// A sentence that names the place and what must hold there, in words of the contract alone: see [`Violation`].
fn refused(violation: &Violation) -> Denial {
    let mut detail = violation.to_string();
    if detail.len() > DETAIL_BYTES_MAX {
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        detail.push('…');
    }
    Denial::new(Reason::AnswerInvalid, KIND.id, Redacted::vouched(detail))
}

const DOC: &str = r#"
Holds answers against what the specification declares for their status: content type, header fields and body. An answer
that does not fit is held back, none of it is sent, and the caller gets 502. Properties that are `writeOnly` are never
returned; those that are `readOnly` may be. With `repair`, members that no schema declares and members that are `writeOnly`
are taken out of JSON first, and all other bytes are sent as the backend wrote them; what is wrong otherwise is still refused.
Where `additionalProperties` or `patternProperties` say that there are others, those stay.

It reads `responses`: by status (`200`, `2XX`, `default`), `content`, `headers`. A status that is not declared is refused,
and so is a body where none is declared; 304 is let through. Names that repeat within an object make the answer unreadable.
Bodies whose schema says nothing, bytes and event streams are not held.

It is on for the APIs of third parties, and for others only where it is set: an answer that was never held against its schema
seldom fits.

| setting | meaning | default |
|---|---|---|
| `repair` | take out what is undeclared or `writeOnly` before judging | `false` |

~~~yaml operation
/users/{id}:
  get:
    security: []
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses:
      '200':
        description: ok
        content:
          application/json:
            schema:
              type: object
              required: [id, name]
              properties:
                id: { type: integer, readOnly: true }
                name: { type: string, maxLength: 8 }
                password: { type: string, writeOnly: true }
~~~
~~~yaml settings
response-schema: { repair: true }
~~~
~~~http allowed
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "name": "Ada"}
>>> caller
Content-Type: application/json

{"id": 7, "name": "Ada"}
~~~
~~~http allowed
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json
ETag: "1"

{"id": 7.0, "role": "admin", "name": "Ada", "password": "hunter2"}
>>> caller
Content-Type: application/json
!ETag

{"id": 7.0, "name": "Ada"}
~~~
~~~http refused 502 answer-invalid
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "name": "Ada Lovelace"}
~~~
~~~http refused 502 answer-invalid
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: text/html

<p>Ada</p>
~~~
~~~http refused 502 answer-invalid
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 418 I'm a teapot
~~~

When this is wrong: the API gives more than its specification says, and callers rely on it. Run it in `shadow` first.
"#;
