//! Says how long the answer to an address waits that is refused again and again.

use std::sync::Arc;
use std::time::Duration;

use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::{Rate, Span};
use crate::denial::Denial;
use crate::limiter::{Key, Limit, Limiter, Subject};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "tarpit", stage: Stage::Shed, build, settings: Settings::json_schema, doc: DOC };

/// Controls whose refusals count: of blocks, of credentials, of what is not there, and of floods.
const CONTROLS: &[&str] = &["api-key", "block", "ip-limit", "jwt", "mtls", "undeclared"];

/// The first wait, and the longest, where nothing else is said.
const DELAY: Duration = Duration::from_millis(250);
const DELAY_MAX: Duration = Duration::from_secs(10);

/// No wait is longer: most clients have given up by then, and the place is better used for another.
const DELAY_CEILING: Duration = Duration::from_secs(60);

/// Settings of `tarpit`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Refusals that an address may have without waiting. Default: 10/min.
    rate: Option<Rate>,
    /// How long the first answer beyond them waits; each one more waits twice as long. Default: 250ms.
    delay: Option<Span>,
    /// How long an answer waits at most. Default: 10s.
    delay_max: Option<Span>,
    /// Controls whose refusals count.
    controls: Option<Vec<String>>,
}

#[derive(Debug)]
struct Tarpit {
    limiter: Arc<Limiter>,
    id: Key,
    /// As many refusals as are free, and then one for each wait that is unlike the others.
    limit: Limit,
    rate: Rate,
    delay: Duration,
    delay_max: Duration,
    controls: Vec<String>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        return None;
    }
    let settings: Settings = build.settings()?;
    let rate = settings.rate.unwrap_or(Rate { count: 10, period: Duration::from_secs(60) });
    let delay = settings.delay.map_or(DELAY, |delay| delay.0);
    let delay_max = settings.delay_max.map_or(DELAY_MAX.max(delay), |delay| delay.0);
    if delay.is_zero() || delay > delay_max || delay_max > DELAY_CEILING {
        let message = format!("`delay` and `delay-max` are no waits of up to {}", Span(DELAY_CEILING));
        build.problem(Severity::Error, message, "write a `delay` above 0 that is no longer than `delay-max`");
        return None;
    }
    let controls = settings.controls.unwrap_or_else(|| CONTROLS.iter().map(|&id| id.to_owned()).collect());
    if let Some(unknown) = controls.iter().find(|id| model::control(id).is_none()) {
        build.problem(Severity::Error, format!("no control is called `{unknown}`"), "");
        return None;
    }
    let doublings = (0..).take_while(|&doubled| doubled_by(delay, doubled) < delay_max).count();
    let waits = u32::try_from(doublings).unwrap_or(u32::MAX).saturating_add(1);
    let burst = rate.count.saturating_add(waits);
    let Some(limit) = Limit::new(rate.count, rate.period, burst) else {
        build.problem(Severity::Error, format!("`{rate}` takes more than 31 days to come back"), "");
        return None;
    };
    let limiter = Arc::clone(&build.feeds.limiter);
    let id = limiter.key().part("tarpit").part(&build.key.api).part(limit).finish();
    Some(Box::new(Tarpit { limiter, id, limit, rate, delay, delay_max, controls }))
}

/// `delay`, doubled so many times.
fn doubled_by(delay: Duration, doubled: u32) -> Duration {
    delay.saturating_mul(2_u32.saturating_pow(doubled))
}

impl Policy for Tarpit {
    fn delay(&self, cx: &Context<'_>, denial: &Denial) -> Option<Duration> {
        if !self.controls.iter().any(|control| control == denial.control) {
            return None;
        }
        let key = Subject::Ip.add(self.limiter.key().part(self.id), cx).finish();
        let decision = self.limiter.take(key, &self.limit, 1, cx.now);
        if !decision.allowed {
            return Some(self.delay_max);
        }
        let refusals = self.limit.burst().saturating_sub(decision.remaining);
        let beyond = refusals.checked_sub(self.rate.count.saturating_add(1))?;
        Some(doubled_by(self.delay, beyond).min(self.delay_max))
    }

    fn limits(&self) -> Vec<String> {
        let (delay, delay_max) = (Span(self.delay), Span(self.delay_max));
        let rate = self.rate;
        vec![format!(
            "{rate} refusals of one address without a wait, {delay} to {delay_max} for each beyond them"
        )]
    }
}

const DOC: &str = r#"
Lets the answers to an address wait that is refused again and again, so that trying keys, tokens or paths one after the
other takes long. It refuses nothing itself, and says nothing of itself: the answer is the one that it would have been. The
record is written before the wait, with the outcome `changed` of this control.

It reads nothing from the specification, and is on where it is set; `tarpit: enforce` takes the defaults. Refusals by the
named controls count by address, of IPv6 by /64. Those of `rate` do not wait, and come back at it. The first beyond them
waits for `delay`, and each one more twice as long as the one before, up to `delay-max`. Only refusals wait: what is let
through from the same address is not slower.

A waiting answer costs a timer and a connection, and no worker. `limits: { delayed-max: … }` of the config says how many may
wait at once over all workers (256); beyond that they are answered at once, as they are when the gateway stops. Decisions
for another proxy neither wait nor count: it waits no longer than it will, and may let the request through then.

| setting | meaning | default |
|---|---|---|
| `rate` | refusals that an address may have without waiting, as in `10/min` | `10/min` |
| `delay` | how long the first answer beyond them waits | `250ms` |
| `delay-max` | how long an answer waits at most, up to a minute | `10s` |
| `controls` | controls whose refusals count | `api-key`, `block`, `ip-limit`, `jwt`, `mtls`, `undeclared` |

~~~yaml operation
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
~~~
~~~yaml settings
tarpit: { rate: 2/min, delay: 100ms, delay-max: 300ms }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http delayed by nothing
GET /orders HTTP/1.1
Host: api.example
###
GET /admin HTTP/1.1
Host: api.example
~~~
~~~http delayed by 100ms
GET /orders HTTP/1.1
Host: api.example
###
GET /admin HTTP/1.1
Host: api.example
###
GET /.env HTTP/1.1
Host: api.example
~~~
~~~http delayed by 300ms
GET /a HTTP/1.1
Host: api.example
###
GET /b HTTP/1.1
Host: api.example
###
GET /c HTTP/1.1
Host: api.example
###
GET /d HTTP/1.1
Host: api.example
###
GET /e HTTP/1.1
Host: api.example
~~~

When this is wrong: many people share an address, and one of them is refused a lot; or proxies that are not named under
`proxies` make all of them one. Passwords that a backend refuses are not counted, since the gateway refused nothing: limit
how often they may be tried with `rate-limit`. Requests that no API answers to are not counted either.
"#;
