//! Bounds how often each caller, client or address may call, and tells it how much is left.

mod counted;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{PAIRS_MAX, Query};

use crate::build::Build;
use crate::config::Rate;
use crate::denial::{Denial, Reason, Verdict};
use crate::limiter::{Decision, Limiter, Subject};
use crate::place::{Content, Place};
use crate::policy::{AnswerField, Body, Context, Kind, Policy, Stage};
use counted::{Counted, counted};

pub(super) const KIND: Kind =
    Kind { id: "rate-limit", stage: Stage::Limit, build, settings: Settings::json_schema, doc: DOC };

/// Limits of one operation; each costs a lookup for each request.
const LIMITS_MAX: usize = 8;

/// The fields of draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Settings of `rate-limit`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// The limits, all of which must let a request through.
    limits: Vec<Wanted>,
}

/// One limit as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "RateLimit")]
struct Wanted {
    /// What it counts for; requests that agree in all of these share it. Default: the caller, and nothing beside `value`.
    #[serde(default)]
    key: Option<Vec<Subject>>,
    /// A place of the request whose value it counts for besides, as the account that a login names.
    #[serde(default)]
    value: Option<Place>,
    /// A place of the request of which only values count that the key has not had lately, as ids of objects.
    #[serde(default)]
    distinct: Option<Place>,
    /// How fast requests come back.
    rate: Rate,
    /// Requests that may come at once. Default: one period's worth.
    #[serde(default)]
    burst: Option<u32>,
    /// How many a request counts as. Default: 1.
    #[serde(default)]
    cost: Option<u32>,
    /// Its name, which callers see. Limits of one name are one limit, wherever in the API they are written.
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug)]
struct RateLimit {
    limiter: Arc<Limiter>,
    limits: Vec<Counted>,
    reads_query: bool,
    policy: HeaderValue,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        build.gap(
            "nothing limits how often one caller may call: set `rate-limit: { limits: [{ rate: 100/min }] }`",
        );
        return None;
    }
    let settings: Settings = build.settings()?;
    if settings.limits.is_empty() || settings.limits.len() > LIMITS_MAX {
        let message = format!("`rate-limit` takes 1 to {LIMITS_MAX} `limits`");
        build.problem(Severity::Error, message, "write at least one, as in `limits: [{ rate: 100/min }]`");
        return None;
    }
    let mut limits: Vec<Counted> = Vec::new();
    for (index, wanted) in settings.limits.into_iter().enumerate() {
        // What nobody declares has no places.
        if build.operation.is_none() && (wanted.value.is_some() || wanted.distinct.is_some()) {
            continue;
        }
        let counted = counted(build, index, wanted, &limits)?;
        limits.push(counted);
    }
    if limits.is_empty() {
        return None;
    }
    let policy = limits.iter().map(Counted::policy).collect::<Vec<_>>().join(", ");
    let policy = HeaderValue::from_str(&policy).ok()?;
    let reads_query = limits.iter().any(Counted::is_in_query);
    Some(Box::new(RateLimit { limiter: Arc::clone(&build.feeds.limiter), limits, reads_query, policy }))
}

impl Policy for RateLimit {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        cx.answer_fields.push(AnswerField::Set(RATE_LIMIT_POLICY, self.policy.clone()));
        // Without a body there is none to wait for.
        let waits = cx.has_body;
        let (state, verdict) = self.judge(cx, None, |counted| !waits || !counted.is_in_body());
        cx.answer_fields.extend(state);
        verdict
    }

    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        self.limits.iter().any(Counted::is_in_body)
    }

    fn body(&self, cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        // What cannot be read names nothing, and then the address counts.
        let content = Content::of(body).ok();
        let (state, verdict) = self.judge(cx, content.as_ref(), Counted::is_in_body);
        cx.answer_fields.extend(state);
        verdict
    }

    fn limits(&self) -> Vec<String> {
        self.limits.iter().map(Counted::in_words).collect()
    }
}

impl RateLimit {
    /// Takes from the limits that are `due`, and says how much is left of the tightest.
    fn judge<'a>(
        &self,
        cx: &Context<'a>,
        body: Option<&Content<'a>>,
        due: impl Fn(&Counted) -> bool,
    ) -> (Option<AnswerField>, Verdict) {
        let refused = |why| (None, Err(Denial::fixed(Reason::RateLimited, KIND.id, why)));
        let query = if self.reads_query { cx.query.unwrap_or_default() } else { "" };
        let Ok(query) = Query::parse(query, PAIRS_MAX) else { return refused("a query that cannot be read") };
        let mut tightest: Option<(&Counted, Decision)> = None;
        for counted in self.limits.iter().filter(|counted| due(counted)) {
            let Some(decision) = counted.take(&self.limiter, cx, &query, body) else {
                return refused("more values than a request may name");
            };
            let left = |(counted, decision): &(&Counted, Decision)| decision.remaining / counted.cost.max(1);
            let this = (counted, decision);
            if !decision.allowed || tightest.as_ref().is_none_or(|least| left(&this) < left(least)) {
                tightest = Some(this);
            }
            if !decision.allowed {
                break;
            }
        }
        let Some((counted, decision)) = tightest else { return (None, Ok(())) };
        let state = counted.state(&decision).map(|state| AnswerField::Set(RATE_LIMIT, state));
        if decision.allowed {
            return (state, Ok(()));
        }
        let detail = Redacted::vouched(format!("limit `{}`", counted.name));
        let mut denial = Denial::new(Reason::RateLimited, KIND.id, detail);
        denial.retry_after_secs = Some(decision.retry_after_secs);
        (state, Err(denial))
    }
}

const DOC: &str = r#"
Counts requests by caller, client, address, operation, claim, or a combination of these. What is too much is answered
429 with `Retry-After`. Every answer says how much is left of the tightest limit, in the `RateLimit` and
`RateLimit-Policy` fields of draft-ietf-httpapi-ratelimit-headers-10; `X-RateLimit-…` fields are not sent.

It reads nothing from the specification, and does nothing until it is configured. A limit counts what it is written
for: written at an operation it counts that operation, written for an API it counts all of its operations together,
unless `operation` is in its `key`. Limits with the same `name`, rate, burst and key are one limit, so that two
operations can share one. A limit that is changed starts full.

Limits are taken from in the order they are written, those that read a body after all others. The first that has too
little refuses; what earlier ones gave is not given back, so write the limit that should stop a flood first. Nobody escapes
a limit by saying less of themselves: where a request has no token, client, claim or value, its address counts.

Two kinds of limit look into the request, and are written at the operation that has the place. `value` counts by what stands
there, as by the account that a login names, from wherever it is tried (OWASP API2:2023); case and white space around it make
no other account. `distinct` counts only values that the key has not had in the time in which the limit comes back: one order
may be read again and again, and a thousand different ones not (OWASP API1:2023). A place is as in `object-access`: one of
`path`, `query`, `header` and `body`, and of several values there each counts.

| setting | meaning | default |
|---|---|---|
| `limits[].rate` | how fast requests come back, as in `100/min` | must be given |
| `limits[].burst` | requests that may come at once | one period's worth |
| `limits[].cost` | how many a request counts as | 1 |
| `limits[].key` | `ip`, `network`, `asn`, `principal`, `client`, `operation`, `claim:NAME` | `[principal]`; `[]` beside `value` |
| `limits[].value` | a place of the request whose value it counts by as well | none |
| `limits[].distinct` | a place of the request of which only new values count | none |
| `limits[].name` | what callers see it as | made of the key |

~~~yaml settings
rate-limit: { limits: [{ key: [principal], rate: 60/min, burst: 1, name: orders }] }
~~~
~~~yaml operation
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
###
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token bob}
~~~
~~~http refused 429 rate-limited
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
###
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~

Where a limit counts by a value of the body, `RateLimit` speaks of the limits of that kind. `network` is the /24 of an address,
and of IPv6 the /48. `asn` is the autonomous system of the address, all of one hoster or provider, as the file says that
`geography: { autonomous-systems: … }` of the config names; where it says nothing, the network counts. Logins that are tried from
a thousand addresses of one hoster are seen there and nowhere else (OWASP API2:2023).

When this is wrong: whoever names an account that is not theirs uses up what it may be tried, so let `value` limits come back
within minutes. Several gateways in front of one API count each for itself.
"#;
