//! Bounds how often each caller, client or address may call, and tells it how much is left.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::Rate;
use crate::denial::{Denial, Reason, Verdict};
use crate::limiter::{Decision, Key, Limit, Limiter, Subject};
use crate::policy::{AnswerField, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "rate-limit", stage: Stage::Limit, build, settings: Settings::json_schema, doc: DOC };

/// Limits of one operation; each costs a lookup for each request.
const LIMITS_MAX: usize = 8;

/// Characters of a limit's name, which is sent with every answer.
const NAME_CHARACTERS_MAX: usize = 32;

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
    /// What it counts for; requests that agree in all of these share it. Default: the caller.
    #[serde(default = "principal")]
    key: Vec<Subject>,
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
    policy: HeaderValue,
}

#[derive(Debug)]
struct Counted {
    id: Key,
    subjects: Vec<Subject>,
    limit: Limit,
    rate: Rate,
    cost: u32,
    name: String,
}

fn principal() -> Vec<Subject> {
    vec![Subject::Principal]
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
        let counted = counted(build, index, wanted, &limits)?;
        limits.push(counted);
    }
    let policy = limits.iter().map(Counted::policy).collect::<Vec<_>>().join(", ");
    let policy = HeaderValue::from_str(&policy).ok()?;
    Some(Box::new(RateLimit { limiter: Arc::clone(&build.feeds.limiter), limits, policy }))
}

/// The limit of `wanted`, the one at `index`, or nothing where it cannot work.
fn counted(build: &mut Build<'_>, index: usize, wanted: Wanted, before: &[Counted]) -> Option<Counted> {
    let cost = wanted.cost.unwrap_or(1);
    let burst = wanted.burst.unwrap_or(wanted.rate.count);
    let limit =
        Limit::new(wanted.rate.count, wanted.rate.period, burst).filter(|_| (1..=burst).contains(&cost));
    let Some(limit) = limit else {
        let message = "`burst` must be at least 1, at least `cost`, and come back within 31 days";
        build.problem(Severity::Error, message, "make `burst` or `rate` larger, or `cost` smaller");
        return None;
    };
    if wanted.name.as_deref().is_some_and(|name| !is_name(name)) {
        let message =
            format!("the `name` of a limit is 1 to {NAME_CHARACTERS_MAX} letters, digits, `-`, `_` and `.`");
        build.problem(Severity::Error, message, "choose a shorter or plainer name");
        return None;
    }
    let key = build.feeds.limiter.key().part("rate-limit").part(&build.key.api).part(limit).part(&wanted.key);
    let key = match (&wanted.name, build.setting) {
        (Some(name), _) => key.part(name),
        // A limit counts what it is written for: an operation, an API, or each API where it is written for all.
        (None, Some(setting)) => {
            let position = setting.document.position(setting.node);
            key.part(&position.file).part(&position.pointer).part(index)
        }
        (None, None) => key,
    };
    let id = key.finish();
    let name = wanted.name.unwrap_or_else(|| default_name(&wanted.key, before));
    Some(Counted { id, subjects: wanted.key, limit, rate: wanted.rate, cost, name })
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

/// A name made of the key, unlike those `before`; claims are left unnamed, since callers need not know them.
fn default_name(subjects: &[Subject], before: &[Counted]) -> String {
    let word = |subject: &Subject| match subject {
        Subject::Claim(_) => "claim".to_owned(),
        other => other.word().to_owned(),
    };
    let name = match subjects {
        [] => "all".to_owned(),
        _ => subjects.iter().take(4).map(word).collect::<Vec<_>>().join("-"),
    };
    if before.iter().any(|other| other.name == name) { format!("{name}-{}", before.len() + 1) } else { name }
}

impl Counted {
    /// Its member of `RateLimit-Policy`: quotas are in requests of this operation.
    fn policy(&self) -> String {
        let quota = self.limit.burst() / self.cost.max(1);
        format!("\"{}\";q={quota};w={}", self.name, self.limit.fill_secs())
    }

    fn in_words(&self) -> String {
        let words: Vec<&str> = self.subjects.iter().map(Subject::word).collect();
        let of = if words.is_empty() { "all together".to_owned() } else { words.join(" and ") };
        let Counted { name, rate, cost, .. } = self;
        let burst = self.limit.burst();
        match cost {
            1 => format!("`{name}`: {rate} by {of}, {burst} at once"),
            _ => format!("`{name}`: {rate} by {of}, {burst} at once, of which a request takes {cost}"),
        }
    }

    /// Its member of `RateLimit`.
    fn state(&self, decision: &Decision) -> Option<HeaderValue> {
        let left = decision.remaining / self.cost.max(1);
        let (mut left_digits, mut next_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut text = Vec::with_capacity(self.name.len() + 40);
        // Without the formatting machinery: this is done for every request.
        for part in [
            "\"",
            &self.name,
            "\";r=",
            left_digits.format(left),
            ";t=",
            next_digits.format(decision.next_secs),
        ] {
            text.extend_from_slice(part.as_bytes());
        }
        HeaderValue::from_maybe_shared(Bytes::from(text)).ok()
    }
}

impl Policy for RateLimit {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let mut tightest: Option<(&Counted, Decision)> = None;
        for counted in &self.limits {
            let key = self.limiter.key().part(counted.id);
            let key = counted.subjects.iter().fold(key, |key, subject| subject.add(key, cx)).finish();
            let decision = self.limiter.take(key, &counted.limit, counted.cost, cx.now);
            let left = |(counted, decision): &(&Counted, Decision)| decision.remaining / counted.cost.max(1);
            let this = (counted, decision);
            if !decision.allowed || tightest.as_ref().is_none_or(|least| left(&this) < left(least)) {
                tightest = Some(this);
            }
            if !decision.allowed {
                break;
            }
        }
        cx.answer_fields.push(AnswerField::Set(RATE_LIMIT_POLICY, self.policy.clone()));
        let Some((counted, decision)) = tightest else { return Ok(()) };
        if let Some(state) = counted.state(&decision) {
            cx.answer_fields.push(AnswerField::Set(RATE_LIMIT, state));
        }
        if decision.allowed {
            return Ok(());
        }
        let detail = Redacted::vouched(format!("limit `{}`", counted.name));
        let mut denial = Denial::new(Reason::RateLimited, KIND.id, detail);
        denial.retry_after_secs = Some(decision.retry_after_secs);
        Err(denial)
    }

    fn limits(&self) -> Vec<String> {
        self.limits.iter().map(Counted::in_words).collect()
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

Limits are taken from in the order they are written. The first that has too little refuses; what earlier ones gave is
not given back, so write the limit that should stop a flood first. Nobody escapes a limit by saying less of
themselves: where a request has no token, client or claim, its address counts.

| setting | meaning | default |
|---|---|---|
| `limits[].rate` | how fast requests come back, as in `100/min` | must be given |
| `limits[].burst` | requests that may come at once | one period's worth |
| `limits[].cost` | how many a request counts as | 1 |
| `limits[].key` | `ip`, `principal`, `client`, `operation`, `claim:NAME` | `[principal]` |
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

When this is wrong: several gateways in front of one API count each for itself.
"#;
