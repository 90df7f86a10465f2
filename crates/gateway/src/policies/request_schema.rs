//! Accepts only parameters and bodies that the contract describes.

use std::sync::Arc;

use model::{Mode, Redacted};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{
    BodyKind, BodyLimits, Content, Contract, Operation, OperationIndex, PAIRS_MAX, Query, RequestView,
    Violation,
};

use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Body, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "request-schema", stage: Stage::Validate, build, settings: Settings::json_schema, doc: DOC };

/// What a body without a `Content-Type` is (RFC 9110 section 8.3).
const UNNAMED: &str = "application/octet-stream";

/// Longest detail in bytes: names of the contract have no bound of their own, and every record has a place for it.
const DETAIL_BYTES_MAX: usize = 512;

/// Settings of `request-schema`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
}

#[derive(Debug)]
struct RequestSchema {
    contract: Arc<Contract>,
    operation: OperationIndex,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { .. } = build.settings()?;
    let operation = build.operation?;
    if operation.parameters.is_empty() && operation.request_body.is_none() {
        return None;
    }
    Some(Box::new(RequestSchema { contract: Arc::clone(build.contract), operation: operation.id }))
}

impl RequestSchema {
    fn operation(&self) -> Result<&Operation, Denial> {
        let missing = || Denial::fixed(Reason::Internal, KIND.id, "the operation is not in its contract");
        self.contract.operation(self.operation).ok_or_else(missing)
    }
}

impl Policy for RequestSchema {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let operation = self.operation()?;
        if !operation.parameters.is_empty() {
            let query = Query::parse(cx.query.unwrap_or_default(), PAIRS_MAX)
                .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, KIND.id, fault.as_str()))?;
            let view = RequestView { captures: cx.captures, query: &query, headers: cx.headers };
            operation
                .check_parameters(&view)
                .map_err(|violation| refused(Reason::ParameterInvalid, &violation))?;
        }
        match &operation.request_body {
            Some(body) if body.required && !cx.has_body => {
                Err(Denial::fixed(Reason::BodyInvalid, KIND.id, "the body is missing"))
            }
            _ => Ok(()),
        }
    }

    fn body(&self, _cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        let operation = self.operation()?;
        let Some(declared) = &operation.request_body else { return Ok(()) };
        if body.bytes.is_empty() {
            return match declared.required {
                true => Err(Denial::fixed(Reason::BodyInvalid, KIND.id, "the body is missing")),
                false => Ok(()),
            };
        }
        let invalid = |violation: &Violation| refused(Reason::BodyInvalid, violation);
        let accepted =
            declared.accepted(named(body.content_type)).map_err(|violation| invalid(&violation))?;
        if accepted.kind == BodyKind::Json && body.is_json() {
            // Every policy reads one and the same tree.
            let json = body.json().map_err(|error| {
                Denial::new(Reason::BodyMalformed, KIND.id, Redacted::fixed(error.kind.as_str()))
            })?;
            return accepted.check_json(json.root()).map_err(|violation| invalid(&violation));
        }
        let limits = BodyLimits { json: *body.json_limits, ..BodyLimits::default() };
        accepted.check(body.bytes, &limits).map_err(|violation| invalid(&violation))
    }

    /// A body of which the contract says something must be read to be checked. One that it does not declare is left to
    /// `undeclared`, unless something is said of every other: then nothing gets by without being checked.
    fn needs_body(&self, media_type: Option<&str>) -> bool {
        let Some(declared) = self.operation().ok().and_then(|operation| operation.request_body.as_ref())
        else {
            return false;
        };
        let says_something = |content: &Content| !content.validator.accepts_anything();
        let accepted = media_type.and_then(|media_type| declared.accepted(named(media_type)).ok());
        match accepted {
            Some(accepted) => accepted.kind != BodyKind::Opaque && says_something(accepted.content),
            None => declared.content.iter().any(says_something),
        }
    }
}

fn named(content_type: &str) -> &str {
    if content_type.is_empty() { UNNAMED } else { content_type }
}

/// A sentence that names the place and what must hold there, in words of the contract alone: see [`Violation`].
fn refused(reason: Reason, violation: &Violation) -> Denial {
    let mut detail = violation.to_string();
    if detail.len() > DETAIL_BYTES_MAX {
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        detail.push('…');
    }
    Denial::new(reason, KIND.id, Redacted::vouched(detail))
}

const DOC: &str = r#"
Checks parameters in path, query, header and cookie, and the body, against the schemas of the specification. What does
not fit is answered 400, and the caller learns no more. The record says what must hold and where, as in
``body: `/items/0/size` must be an integer, is a string``: never a value, and `*` in place of each member that the
specification does not declare, since callers can write anything into a name.

It reads `parameters` with their `style` and `explode`, and the schemas of `requestBody`: JSON, forms, multipart forms
and text. Properties that are `readOnly` may not be sent. Bodies are read whole only if the schema of their media type says
something: an upload streams, also where the operation takes JSON as well.

It has no settings.

~~~yaml operation
/orders/{id}:
  put:
    security: []
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [quantity]
            additionalProperties: false
            properties: { quantity: { type: integer, maximum: 10 }, total: { type: number, readOnly: true } }
    responses: { '200': { description: ok } }
~~~
~~~http allowed
PUT /orders/7 HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 14

{"quantity":2}
~~~
~~~http refused 400 parameter-invalid
PUT /orders/0 HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 14

{"quantity":2}
~~~
~~~http refused 400 body-invalid
PUT /orders/7 HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 15

{"quantity":99}
~~~
~~~http refused 400 body-invalid
PUT /orders/7 HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 24

{"quantity":2,"total":1}
~~~
~~~http refused 400 body-invalid
PUT /orders/7 HTTP/1.1
Host: api.example
~~~

When this is wrong: the specification is stricter than the API ever was. Run it in `shadow` first.
"#;
