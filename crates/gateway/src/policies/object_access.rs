//! Lets callers ask only for what is theirs, as the request itself says.

use std::borrow::Cow;

use http::StatusCode;
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{PAIRS_MAX, Query};

use super::object;
use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::place::{Content, Found, Place, Source};
use crate::policy::{Answer, Body, Context, Kind, Policy, Stage};

/// A kind of its own beside `object`, since a policy runs at one stage: requests are judged where callers are authorised,
/// and answers only once there are any.
pub(super) const KIND: Kind =
    Kind { id: "object-access", stage: Stage::Authorize, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `object-access`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Where the object's id stands.
    id: Option<Place>,
    /// Other places of the same id, which must agree where they are there.
    also: Vec<Place>,
    /// What must name the caller.
    owner: Option<Rule>,
    /// What must name the caller's tenant.
    tenant: Option<Rule>,
    /// How what is not the caller's is answered.
    denied: Denied,
}

/// One place of a request, and the claim that says what stands there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Rule {
    /// A parameter of the path.
    #[serde(default)]
    path: Option<String>,
    /// A parameter of the query.
    #[serde(default)]
    query: Option<String>,
    /// A header field.
    #[serde(default)]
    header: Option<String>,
    /// JSON pointer into the body, `*` for any item or member.
    #[serde(default)]
    body: Option<String>,
    /// The claim that it must equal, or be one of where the claim is a list.
    claim: String,
}

/// How what is not the caller's is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum Denied {
    /// 403.
    #[default]
    Forbidden,
    /// 404, as for what the backend does not have.
    NotFound,
}

#[derive(Debug)]
struct ObjectAccess {
    /// Where the id stands; all of them must agree.
    ids: Vec<Source>,
    rules: Vec<Compiled>,
    denied: Denied,
}

#[derive(Debug)]
struct Compiled {
    name: &'static str,
    source: Source,
    claim: String,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { id, also, owner, tenant, denied, .. } = build.settings()?;
    let operation = build.operation?;
    if id.is_none() && owner.is_none() && tenant.is_none() {
        if build.is_configured() {
            let help = "say what to compare, as in `owner: { path: customerId, claim: sub }`";
            build.problem(Severity::Error, "`object-access` has neither `id`, `owner` nor `tenant`", help);
        }
        return None;
    }
    if id.is_none() && !also.is_empty() {
        build.problem(Severity::Error, "`also` without `id`", "say where the id itself stands");
    }
    let ids = id.into_iter().chain(also).filter_map(|place| place.source(build, operation)).collect();
    let mut rules = Vec::new();
    for (name, rule) in [("owner", owner), ("tenant", tenant)] {
        let Some(Rule { path, query, header, body, claim }) = rule else { continue };
        let source = Place { path, query, header, body }.source(build, operation);
        rules.extend(source.map(|source| Compiled { name, source, claim }));
    }
    Some(Box::new(ObjectAccess { ids, rules, denied }))
}

impl Policy for ObjectAccess {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        self.judge(cx, None)
    }

    fn body(&self, cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        let content = Content::of(body).map_err(|why| self.refused("body", why))?;
        self.judge(cx, Some(&content))
    }

    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.source);
        self.ids.iter().chain(rules).any(Source::is_in_body)
    }

    fn answer_head(&self, _cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        let is_absent =
            matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE);
        match self.denied == Denied::NotFound && is_absent {
            true => Err(Denial::fixed(Reason::NoSuchObject, KIND.id, "the backend does not have it")),
            false => Ok(()),
        }
    }
}

impl ObjectAccess {
    /// Judges what can be judged: without a body, what does not stand in one, unless there is none to wait for.
    fn judge<'a>(&self, cx: &Context<'a>, body: Option<&Content<'a>>) -> Verdict {
        let waits = |source: &Source| body.is_none() && cx.has_body && source.is_in_body();
        let query = Query::parse(cx.query.unwrap_or_default(), PAIRS_MAX)
            .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, KIND.id, fault.as_str()))?;
        let mut first: Option<Cow<'_, str>> = None;
        for source in self.ids.iter().filter(|source| !waits(source)) {
            for value in source.found(cx, &query, body).values {
                let agrees =
                    value.is_some() && first.as_ref().is_none_or(|first| value.as_ref() == Some(first));
                if !agrees {
                    return Err(Denial::fixed(Reason::AmbiguousObject, KIND.id, "`id`: two values disagree"));
                }
                first = value;
            }
        }
        for rule in self.rules.iter().filter(|rule| !waits(&rule.source)) {
            self.compare(rule, cx, &rule.source.found(cx, &query, body))?;
        }
        Ok(())
    }

    fn compare(&self, rule: &Compiled, cx: &Context<'_>, found: &Found<'_>) -> Verdict {
        let claim = cx.caller.token.as_ref().and_then(|token| token.claims.get(&rule.claim));
        let claim = claim.ok_or_else(|| self.refused(rule.name, "the caller has no such claim"))?;
        if found.is_partial || found.values.is_empty() {
            return Err(self.refused(rule.name, "the request does not say whose it is"));
        }
        let is_said = |value: &Option<Cow<'_, str>>| {
            value.as_deref().is_some_and(|value| !value.is_empty() && object::says(claim, value))
        };
        // Of several values nobody knows which one the backend takes, were the caller entitled to each.
        let agree = found.is_list || found.values.iter().all(|value| Some(value) == found.values.first());
        match agree && found.values.iter().all(is_said) {
            true => Ok(()),
            false => Err(self.refused(rule.name, "the value is not what the claim says")),
        }
    }

    fn refused(&self, rule: &'static str, why: &'static str) -> Denial {
        let reason = match self.denied {
            Denied::Forbidden => Reason::NotYours,
            Denied::NotFound => Reason::NoSuchObject,
        };
        Denial::new(reason, KIND.id, Redacted::vouched(format!("`{rule}`: {why}")))
    }
}

const DOC: &str = r#"
Compares what a request says of its object with claims of the caller's token, before the backend sees the request: so it
holds for operations that write as well. What names another owner or another tenant is answered 403, or 404 with
`denied: not-found`. A value or a claim that is missing is refused too, and so is a body that is neither JSON nor a form where
something in the body must be compared.

The id of an object may stand in several places, as in the path and in the body. Servers take the one or the other; if
they disagree, or if a parameter is given twice with two values, the request is refused with 400. Places that are absent
are not compared.

Values are compared as text: escapes decoded, numbers of JSON as they are written. Where the claim is a list, as `groups`
often is, the value must be one of it. Of what is refused the record says by which rule, and never the value.

It reads `parameters` and the top of the schema of `requestBody`, in which the names must occur. Whether an id that stands
alone belongs to the caller is not in a request: for that there is `object`, which reads the answer. With
`denied: not-found`, what the backend does not have (403, 404, 410) is answered with the same 404.

| setting | meaning | default |
|---|---|---|
| `id` | where the id stands: `path`, `query`, `header` or `body` (a JSON pointer, `*` for any) | none |
| `also` | other places of the same id | none |
| `owner` | a place, and the `claim` that it must equal or be one of | none |
| `tenant` | the same of the caller's tenant | none |
| `denied` | `forbidden`, or `not-found` to answer alike for "not yours" and "does not exist" | `forbidden` |

~~~yaml operation
/tenants/{tenant}/customers/{customerId}/orders/{orderId}:
  put:
    security: [{ token: [] }]
    parameters:
    - { name: tenant, in: path, required: true, schema: { type: string } }
    - { name: customerId, in: path, required: true, schema: { type: string } }
    - { name: orderId, in: path, required: true, schema: { type: integer } }
    - { name: orderId, in: query, schema: { type: integer } }
    requestBody:
      content:
        application/json:
          schema: { type: object, properties: { orderId: { type: integer }, size: { type: integer } } }
    responses: { '200': { description: ok } }
~~~
~~~yaml settings
object-access:
  id: { path: orderId }
  also: [{ query: orderId }, { body: /orderId }]
  owner: { path: customerId, claim: sub }
  tenant: { path: tenant, claim: tenant }
  denied: not-found
~~~
~~~http allowed
PUT /tenants/tenant-of-alice/customers/%61lice/orders/7?orderId=7 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
Content-Type: application/json

{"orderId": 7, "size": 2}
~~~
~~~http refused 404 no-such-object
PUT /tenants/tenant-of-alice/customers/bob/orders/7 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 404 no-such-object
PUT /tenants/tenant-of-bob/customers/alice/orders/7 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 400 ambiguous-object
PUT /tenants/tenant-of-alice/customers/alice/orders/7 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
Content-Type: application/json

{"orderId": 8, "size": 2}
~~~
~~~http refused 400 ambiguous-object
PUT /tenants/tenant-of-alice/customers/alice/orders/7?orderId=8 HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~

When this is wrong: others than the owner may touch the object, as staff may. Give them an operation or an API of their own.
"#;
