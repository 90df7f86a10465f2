//! Bounds what one address may send, whatever it asks for.

use std::sync::Arc;

use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::Rate;
use crate::denial::{Denial, Reason, Verdict};
use crate::limiter::{Key, Limit, Limiter, Subject};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "ip-limit", stage: Stage::Shed, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `ip-limit`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Requests of one address.
    rate: Option<Rate>,
    /// Requests that may come at once. Default: one period's worth.
    burst: Option<u32>,
}

#[derive(Debug)]
struct IpLimit {
    limiter: Arc<Limiter>,
    id: Key,
    limit: Limit,
    rate: Rate,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        build.gap("nothing limits what one address may send: set `ip-limit: { rate: 100/s }`");
        return None;
    }
    let settings: Settings = build.settings()?;
    let Some(rate) = settings.rate else {
        build.problem(
            Severity::Error,
            "`ip-limit` has no `rate`",
            "say how much one address may send, as in `rate: 100/s`",
        );
        return None;
    };
    let Some(limit) = Limit::new(rate.count, rate.period, settings.burst.unwrap_or(rate.count)) else {
        build.problem(
            Severity::Error,
            "`burst` must be at least 1 and come back within 31 days",
            "make `burst` smaller or `rate` larger",
        );
        return None;
    };
    let limiter = Arc::clone(&build.feeds.limiter);
    // The limit is a part of the key, so that operations with other settings do not share its buckets.
    let id = limiter.key().part("ip-limit").part(&build.key.api).part(limit).finish();
    Some(Box::new(IpLimit { limiter, id, limit, rate }))
}

impl Policy for IpLimit {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let key = Subject::Ip.add(self.limiter.key().part(self.id), cx).finish();
        let decision = self.limiter.take(key, &self.limit, 1, cx.now);
        if decision.allowed {
            return Ok(());
        }
        let mut denial = Denial::fixed(Reason::IpLimited, KIND.id, "the address has used up its requests");
        denial.retry_after_secs = Some(decision.retry_after_secs);
        Err(denial)
    }

    fn limits(&self) -> Vec<String> {
        vec![format!("{} of one address, {} at once", self.rate, self.limit.burst())]
    }
}

const DOC: &str = r"
Counts every request of an address to the API, declared or not, before anything else looks at it. What an address sends
too much is answered 429 with `Retry-After`. IPv6 is counted by /64, which is what one subscriber has.

It reads nothing from the specification, and does nothing until it is configured.

| setting | meaning | default |
|---|---|---|
| `rate` | requests of one address, as in `100/s` | must be given |
| `burst` | requests that may come at once | one period's worth |

~~~yaml settings
ip-limit: { rate: 10/s, burst: 2 }
~~~
~~~yaml operation
/orders:
  get: { security: [], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
###
GET /orders HTTP/1.1
Host: api.example
~~~
~~~http refused 429 ip-limited
GET /orders HTTP/1.1
Host: api.example
###
GET /orders HTTP/1.1
Host: api.example
###
GET /orders HTTP/1.1
Host: api.example
~~~

When this is wrong: behind a proxy or a load balancer every request has the same address, and all callers share one
limit. Use `rate-limit` by `principal` there.
";
