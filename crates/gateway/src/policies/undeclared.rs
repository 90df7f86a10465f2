//! Refuses what no contract declares: operations, methods, content types and query parameters.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use model::Mode;
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{Contract, Operation, OperationIndex, PAIRS_MAX, Query};

use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Context, Kind, Policy, Stage};

/// Before identity: there is nobody to authenticate for an operation that does not exist, and the answer says no more
/// than the published specification. Address limits come earlier, so that probing stays bounded.
pub(super) const KIND: Kind =
    Kind { id: "undeclared", stage: Stage::Lifecycle, build, settings: Settings::json_schema, doc: DOC };

/// What a body without a `Content-Type` is (RFC 9110 section 8.3).
const UNNAMED: &str = "application/octet-stream";

/// Settings of `undeclared`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Query parameters that are not declared.
    query: Choice,
    /// `;name=value` in segments of the path, which some servers read as parameters and cut off.
    matrix: Choice,
}

/// What becomes of something that is not declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Choice {
    /// It is refused.
    #[default]
    Refuse,
    /// It is let through.
    Allow,
}

/// Requests to a declared operation.
#[derive(Debug)]
struct Declared {
    contract: Arc<Contract>,
    operation: OperationIndex,
    query: Choice,
    matrix: Choice,
}

/// Requests to none.
#[derive(Debug)]
struct Nowhere;

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { query, matrix, .. } = build.settings()?;
    let Some(operation) = build.operation else { return Some(Box::new(Nowhere)) };
    Some(Box::new(Declared { contract: Arc::clone(build.contract), operation: operation.id, query, matrix }))
}

impl Policy for Nowhere {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        if cx.path_methods.is_empty() {
            return Err(refused(Reason::UndeclaredOperation, "no contract declares this path"));
        }
        Err(method_refused(cx))
    }
}

impl Policy for Declared {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let Some(operation) = self.contract.operation(self.operation) else {
            return Err(refused(Reason::Internal, "the operation is not in its contract"));
        };
        // A preflight is judged by the operation it asks for; one that nothing has answered goes no further.
        if *cx.method != operation.method {
            return Err(method_refused(cx));
        }
        if cx.has_matrix && self.matrix == Choice::Refuse {
            return Err(refused(Reason::AmbiguousPath, "a segment of the path carries `;` parameters"));
        }
        self.check_query(operation, cx)?;
        check_content_type(operation, cx)
    }
}

impl Declared {
    fn check_query(&self, operation: &Operation, cx: &Context<'_>) -> Verdict {
        let Some(text) = cx.query.filter(|text| !text.is_empty() && self.query == Choice::Refuse) else {
            return Ok(());
        };
        let query = Query::parse(text, PAIRS_MAX)
            .map_err(|fault| refused(Reason::UndeclaredParameter, fault.as_str()))?;
        match operation.undeclared_query(&query) {
            None => Ok(()),
            Some(_) => Err(refused(
                Reason::UndeclaredParameter,
                "a query parameter that the contract does not declare",
            )),
        }
    }
}

fn check_content_type(operation: &Operation, cx: &Context<'_>) -> Verdict {
    if !cx.has_body {
        return Ok(());
    }
    let Some(body) = &operation.request_body else {
        return Err(refused(Reason::UnsupportedMediaType, "a body where the contract declares none"));
    };
    let mut fields = cx.headers.get_all(CONTENT_TYPE).iter();
    let content_type = match (fields.next(), fields.next()) {
        (None, _) => UNNAMED,
        (Some(field), None) => field.to_str().unwrap_or_default(),
        (Some(_), Some(_)) => return Err(refused(Reason::UnsupportedMediaType, "several content types")),
    };
    match body.accepted(content_type) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(refused(Reason::UnsupportedMediaType, "a content type that the contract does not declare"))
        }
    }
}

fn method_refused(cx: &Context<'_>) -> Denial {
    let mut denial = refused(Reason::MethodNotAllowed, "the contract declares the path without this method");
    denial.allow = cx.path_methods.iter().map(|&method| method.clone()).collect();
    denial
}

fn refused(reason: Reason, detail: &'static str) -> Denial {
    Denial::fixed(reason, KIND.id, detail)
}

const DOC: &str = r"
Refuses what the specification does not declare: a path (404), a method of a declared path (405 with `Allow`), a content
type or any body where none is declared (415), a query parameter (400), and `;name=value` within the path (400), which
some servers cut off before they look for a route.

It reads paths, methods, `parameters` and the media types of `requestBody`. The query parameters of security schemes
count as declared.

| setting | meaning | default |
|---|---|---|
| `query` | `allow` lets undeclared query parameters through | `refuse` |
| `matrix` | `allow` lets `;name=value` in the path through | `refuse` |

~~~yaml operation
/orders:
  get:
    security: []
    parameters: [{ name: page, in: query, schema: { type: integer } }]
    responses: { '200': { description: ok } }
  post:
    security: []
    requestBody: { content: { application/json: { schema: { type: object } } } }
    responses: { '201': { description: created } }
~~~
~~~http allowed
GET /orders?page=2 HTTP/1.1
Host: api.example
~~~
~~~http refused 404 undeclared-operation
GET /admin HTTP/1.1
Host: api.example
~~~
~~~http refused 405 method-not-allowed
DELETE /orders HTTP/1.1
Host: api.example
~~~
~~~http refused 400 undeclared-parameter
GET /orders?debug=true HTTP/1.1
Host: api.example
~~~
~~~http refused 415 unsupported-media-type
POST /orders HTTP/1.1
Host: api.example
Content-Type: application/xml
Content-Length: 8

<order/>
~~~

When this is wrong: the specification lags behind the API. Run it in `shadow` first and read what it would have
refused; that list is what the specification is missing.
";
