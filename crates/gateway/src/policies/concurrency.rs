//! Bounds how many requests to an operation are in flight at once.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::limiter::{Limiter, Subject};
use crate::policy::{Context, Kind, Permit, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "concurrency", stage: Stage::Limit, build, settings: Settings::json_schema, doc: DOC };

/// Counters of an operation that counts by caller. Two callers share one with a chance of 1 in this many; which ones
/// do is random and changes with each start.
const COUNTERS: usize = 4096;

/// Seconds after which another try makes sense: places come back as fast as answers leave.
const RETRY_AFTER_SECS: u64 = 1;

/// Settings of `concurrency`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Requests in flight at once.
    requests_max: Option<u32>,
    /// Of whom, within the operation. Default: of all together.
    key: Vec<Subject>,
}

#[derive(Debug)]
struct Concurrency {
    limiter: Arc<Limiter>,
    counters: Arc<[AtomicU32]>,
    requests_max: u32,
    subjects: Vec<Subject>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        return None;
    }
    let settings: Settings = build.settings()?;
    let Some(requests_max) = settings.requests_max.filter(|&requests| requests > 0) else {
        build.problem(
            Severity::Error,
            "`concurrency` has no `requests-max` above 0",
            "say how many requests may be in flight, as in `requests-max: 50`",
        );
        return None;
    };
    // Each operation has counters of its own, so the operation distinguishes nothing within them.
    let subjects: Vec<Subject> =
        settings.key.into_iter().filter(|subject| *subject != Subject::Operation).collect();
    if !build.can_count(&subjects) {
        return None;
    }
    let counters = if subjects.is_empty() { 1 } else { COUNTERS };
    Some(Box::new(Concurrency {
        limiter: Arc::clone(&build.feeds.limiter),
        counters: (0..counters).map(|_| AtomicU32::new(0)).collect(),
        requests_max,
        subjects,
    }))
}

impl Policy for Concurrency {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let key = self.subjects.iter().fold(self.limiter.key(), |key, subject| subject.add(key, cx)).finish();
        let place = key.place_among(self.counters.len());
        match Permit::take(&self.counters, place, self.requests_max) {
            Some(permit) => {
                cx.permits.push(permit);
                Ok(())
            }
            None => {
                let mut denial = Denial::fixed(
                    Reason::ConcurrencyLimited,
                    KIND.id,
                    "as many requests as allowed are in flight",
                );
                denial.retry_after_secs = Some(RETRY_AFTER_SECS);
                Err(denial)
            }
        }
    }

    fn limits(&self) -> Vec<String> {
        let words: Vec<&str> = self.subjects.iter().map(Subject::word).collect();
        let by = if words.is_empty() { String::new() } else { format!(" by {}", words.join(" and ")) };
        vec![format!("{} in flight{by}", self.requests_max)]
    }
}

const DOC: &str = r"
Lets only so many requests to an operation be in flight at once, from the end of the request's head to the end of the
answer. The next one is answered 503 with `Retry-After: 1`; nothing waits in a queue.

It reads nothing from the specification, and does nothing until it is configured. Each operation is counted alone, also
where the setting is written for a whole API. Counters begin anew when the config is reloaded.

| setting | meaning | default |
|---|---|---|
| `requests-max` | requests in flight at once | must be given |
| `key` | of whom: `ip`, `principal`, `client`, `claim:NAME` | all together |

~~~yaml settings
concurrency: { requests-max: 1, key: [ip] }
~~~
~~~yaml operation
/reports:
  get: { security: [], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /reports HTTP/1.1
Host: api.example
~~~
~~~http refused 503 concurrency-limited
GET /reports HTTP/1.1
Host: api.example
###
GET /reports HTTP/1.1
Host: api.example
~~~

When this is wrong: an operation that keeps its answer open on purpose (an event stream, a long poll) holds its place
all that time.
";
