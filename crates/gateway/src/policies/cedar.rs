//! Authorises each request by policies that were checked against the contract.

use std::sync::Arc;

use model::{Mode, Problem, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{Contract, Node, OperationIndex};

use crate::build::Build;
use crate::cedar::Slice;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Body, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "cedar", stage: Stage::Authorize, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `cedar`.
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
struct Cedar {
    contract: Arc<Contract>,
    /// None for requests that no contract declares, of which no policy can speak.
    decides: Option<(OperationIndex, Slice)>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { .. } = build.settings()?;
    let Some(policies) = build.cedar else {
        if build.is_configured() {
            let help = "list files of policies under `cedar: { policies: [FILE] }` of the api in the config";
            build.problem(Severity::Error, "`cedar` is on, and the api names no policies", help);
        }
        return None;
    };
    if !policies.is_whole() {
        return None;
    }
    let contract = Arc::clone(build.contract);
    let Some(operation) = build.operation else { return Some(Box::new(Cedar { contract, decides: None })) };
    let Some(slice) = policies.slice(operation) else {
        build.problem(Severity::Error, "the policies of the operation cannot be put together", "");
        return None;
    };
    if !slice.can_permit() {
        let message = format!("no policy permits `{}`, so nobody may call it", slice.action());
        let help = "permit it, or set `cedar: off` on the operation to leave it to other controls";
        let problem = Problem::warning(message).help(help);
        build.problems.push(Problem { position: operation.position.clone(), ..problem });
    }
    Some(Box::new(Cedar { contract, decides: Some((operation.id, slice)) }))
}

impl Policy for Cedar {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        if cx.has_body && self.needs_body(None) {
            return Ok(());
        }
        self.judge(cx, None)
    }

    fn body(&self, cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        if body.bytes.is_empty() {
            return self.judge(cx, None);
        }
        if !body.is_json() {
            return Err(refused("a policy reads the body, which is not JSON"));
        }
        let malformed =
            |error: &spec::JsonError| Denial::fixed(Reason::BodyMalformed, KIND.id, error.kind.as_str());
        self.judge(cx, Some(body.json().map_err(malformed)?.root()))
    }

    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        self.decides.as_ref().is_some_and(|(_, slice)| slice.reads_body())
    }
}

impl Cedar {
    fn judge(&self, cx: &Context<'_>, body: Option<Node<'_>>) -> Verdict {
        let found =
            self.decides.as_ref().and_then(|(index, slice)| Some((self.contract.operation(*index)?, slice)));
        let (operation, slice) =
            found.ok_or_else(|| refused("no policy can speak of what the contract does not declare"))?;
        slice.judge(cx, operation, body)
    }
}

fn refused(why: &'static str) -> Denial {
    Denial::fixed(Reason::NotPermitted, KIND.id, why)
}

const DOC: &str = r#"
Asks policies in the [Cedar language](https://docs.cedarpolicy.com) who may call what, on what, and in which circumstances.
They stand in files that the API names in the config, and all of them hold together: a request is let through where some
policy permits it and none forbids it, and is refused with 403 otherwise. It is on for an API that names policies.

Policies are checked against a schema that is made from the contract, when the config is loaded and by `palisade check`: a
name that the contract does not have, a comparison that can never hold, or an attribute that may be absent and is not asked
for with `has` is an error with its place, and nothing of it comes into force. `palisade cedar-schema` prints the schema,
for editors and for Cedar's own tools.

| in a policy | is |
|---|---|
| `action` | the operation, as in `Action::"getOrder"`: its `operationId`, or `"GET /orders/{id}"` where it has none |
| `action in …` | `Action::"read"` (`GET`, `HEAD`, `OPTIONS`, `TRACE`, `QUERY`), `Action::"write"` (all others), and `Action::"tag:…"` for each of its `tags` |
| `principal` | a `User` (`id`, `issuer`, perhaps `client`, `scopes`, `claims`), a `Service` (the same, its `issuer` only where a token named it), a `Client` known by its key alone (`id`, `scopes`, which are empty), or `Anonymous` (`scopes`) |
| `principal.claims` | the claims that the config lists under `claims`, each with its type; any may be absent, and `principal has claims.tenant` asks |
| `resource.path`, `resource.query` | the parameters by their names, as the contract types them |
| `resource.body` | the members of a body of JSON, as deep as the schema describes them |
| `context` | `ip`, `time`, `method`, `scheme`, `host`, and perhaps the `service` that the connection's certificate names |

`string` is a `String`, `integer` a `Long`, `boolean` a `Bool`, `number` a `decimal` (four digits after the point), `array` a
`Set`, `object` a record. What may be of several types is a `String` in the path and in the query, and cannot be read in a
body. Header fields and cookies cannot be read. `resource` itself is named by the path of the request, and has a type of its
own for each operation, as in `Resource::getOrder`.

What cannot be decided is refused: a policy that cannot be evaluated refuses, were it one that permits; a claim, parameter or
member that a policy reads and that is not of its type refuses, and so does one that the contract requires and that is
missing; and what no contract declares is refused even where `undeclared` is in `shadow`, since no policy can speak of it. An
operation that no policy permits to anybody is a warning of `palisade check`.

For each operation only the policies are kept that can speak of it by their heads, and of a request only what these read is
looked at. The body is held and read only where one of them reads `resource.body`. The record says which policy forbade, by
its `@id("…")` or by file and line, or that none permitted, and never with which values.

Two issuers may each have a subject `alice`, and both are `User::"alice"`: compare `principal.issuer` as well where there
are several.

~~~yaml operation
/customers/{customerId}/orders:
  get:
    operationId: listOrders
    security: [{ token: [] }]
    parameters:
    - { name: customerId, in: path, required: true, schema: { type: string } }
    - { name: limit, in: query, schema: { type: integer } }
    responses: { '200': { description: ok } }
  post:
    operationId: placeOrder
    security: [{ token: [] }]
    parameters:
    - { name: customerId, in: path, required: true, schema: { type: string } }
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [quantity]
            properties: { quantity: { type: integer }, team: { type: string } }
    responses: { '200': { description: ok } }
~~~
~~~cedar
@id("customers-see-their-own")
permit (principal is User, action == Action::"listOrders", resource)
when { resource.path.customerId == principal.id };

@id("members-order-for-their-team")
permit (principal is User, action == Action::"placeOrder", resource)
when {
    resource.body has team && principal.claims has groups &&
    principal.claims.groups.contains(resource.body.team)
};

@id("no-bulk")
forbid (principal, action, resource is Resource::placeOrder)
when { resource.body.quantity > 100 };

@id("no-long-lists-from-afar")
forbid (principal, action in Action::"read", resource)
when { resource.query has limit && resource.query.limit > 50 && !context.ip.isInRange(ip("192.0.2.0/24")) };
~~~
~~~http allowed
GET /customers/alice/orders?limit=80 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http allowed
POST /customers/alice/orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
Content-Type: application/json

{"quantity": 2, "team": "friends-of-alice"}
~~~
~~~http refused 403 not-permitted
GET /customers/bob/orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 403 not-permitted
GET /customers/alice/orders?limit=80 HTTP/1.1
Host: api.example
Client-Address: 198.51.100.7
Authorization: Bearer {token alice}
~~~
~~~http refused 403 not-permitted
POST /customers/alice/orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
Content-Type: application/json

{"quantity": 101, "team": "friends-of-alice"}
~~~
~~~http refused 400 body-invalid
POST /customers/alice/orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
Content-Type: application/json

{"quantity": "101", "team": "friends-of-alice"}
~~~

When this is wrong: a policy is too narrow, or an operation has none. Run it in `shadow`, and look at what the log says it
would have refused.
"#;
