//! Holds callers to the order and the pace of a flow, and bounds how often they get to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::COOKIE;
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::Operation;

use crate::build::Build;
use crate::config::{Rate, Span};
use crate::denial::{Denial, Reason, Verdict};
use crate::limiter::{Key, KeyHasher, Limit, Limiter, Subject};
use crate::policy::{Answer, Body, Context, Kind, Policy, Stage};
use crate::progress::Progress;

pub(super) const KIND: Kind =
    Kind { id: "flow", stage: Stage::Exchange, build, settings: Settings::json_schema, doc: DOC };

/// Steps of one flow.
const STEPS_MAX: usize = 32;

/// How long a step counts where nothing else is said.
const WITHIN: Span = Span::secs(30 * 60);

/// Settings of `flow`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// The flows, by name.
    flows: BTreeMap<String, Wanted>,
    /// What tells devices apart.
    device: Option<Device>,
}

/// One flow as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Flow")]
struct Wanted {
    /// Its operations in order, by `operationId` or as in `POST /cart`.
    steps: Vec<String>,
    /// Whose steps they are. Default: the caller.
    #[serde(default = "principal")]
    by: String,
    /// How long a step counts. Default: 30m.
    #[serde(default = "within")]
    within: Span,
    /// The least time between a step and the next. Default: none.
    #[serde(default)]
    pause: Option<Span>,
    /// Whether the last step ends the flow. Default: true.
    #[serde(default = "yes")]
    once: bool,
    /// How often the last step may be done, by whom.
    #[serde(default)]
    budget: BTreeMap<String, Rate>,
}

/// Where a client says which device it is; nothing proves it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Device {
    /// In this header field.
    Header(String),
    /// In this cookie.
    Cookie(String),
}

/// Whose steps are counted.
#[derive(Debug, Clone)]
enum Who {
    Subject(Subject),
    Device(Device),
}

#[derive(Debug)]
struct Flow {
    limiter: Arc<Limiter>,
    progress: Arc<Progress>,
    /// The flows that the operation is a step of.
    steps: Vec<Step>,
}

/// One step of one flow.
#[derive(Debug)]
struct Step {
    flow: String,
    id: Key,
    by: Who,
    /// How many are before it.
    before: usize,
    previous: Option<String>,
    is_last: bool,
    /// Whether it is done once, after which the flow is over.
    is_end: bool,
    within: Span,
    pause: Duration,
    budget: Vec<Budget>,
}

#[derive(Debug)]
struct Budget {
    id: Key,
    by: Who,
    word: String,
    rate: Rate,
    limit: Limit,
}

fn principal() -> String {
    "principal".to_owned()
}

fn within() -> Span {
    WITHIN
}

fn yes() -> bool {
    true
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        return None;
    }
    let settings: Settings = build.settings()?;
    let operation = build.operation?;
    let mut steps = Vec::new();
    for (name, wanted) in &settings.flows {
        steps.extend(step(build, operation, (name, wanted), settings.device.as_ref()));
    }
    if steps.is_empty() {
        return None;
    }
    let (limiter, progress) = (Arc::clone(&build.feeds.limiter), Arc::clone(&build.feeds.progress));
    Some(Box::new(Flow { limiter, progress, steps }))
}

/// The step of the flow `name` that is `operation`, if one is.
fn step(
    build: &mut Build<'_>,
    operation: &Operation,
    (name, wanted): (&str, &Wanted),
    device: Option<&Device>,
) -> Option<Step> {
    let order = order(build, name, &wanted.steps)?;
    let by = who(build, &wanted.by, device)?;
    let id = build.feeds.limiter.key().part("flow").part(&build.key.api).part(name).part(&wanted.steps);
    let id = id.finish();
    let budget = budget(build, id, &wanted.budget, device)?;
    let before = order.iter().position(|step| step.id == operation.id)?;
    let is_last = before + 1 == order.len();
    Some(Step {
        id,
        by,
        before,
        previous: before.checked_sub(1).and_then(|previous| wanted.steps.get(previous).cloned()),
        is_last,
        is_end: is_last && wanted.once && order.len() > 1,
        within: wanted.within,
        pause: wanted.pause.map_or(Duration::ZERO, |pause| pause.0),
        budget: if is_last { budget } else { Vec::new() },
        flow: name.to_owned(),
    })
}

/// The operations that the steps name, unlike each other.
fn order<'b>(build: &mut Build<'b>, flow: &str, steps: &[String]) -> Option<Vec<&'b Operation>> {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        let message = format!("the flow `{flow}` takes 1 to {STEPS_MAX} `steps`");
        build.problem(
            Severity::Error,
            message,
            "name its operations in order, as in `[addItem, POST /orders]`",
        );
        return None;
    }
    let mut order: Vec<&Operation> = Vec::new();
    for step in steps {
        let is_it = |operation: &&Operation| {
            let words = step.split_once(' ');
            operation.operation_id.as_ref() == Some(step)
                || words == Some((operation.method.as_str(), operation.path.as_str()))
        };
        let Some(found) = build.contract.operations.iter().find(is_it) else {
            let help = "write its `operationId`, or method and path as the specification has them";
            build.problem(Severity::Error, format!("no operation is called `{step}`"), help);
            return None;
        };
        if order.iter().any(|known| known.id == found.id) {
            build.problem(Severity::Error, format!("`{step}` is two steps of the flow `{flow}`"), "");
            return None;
        }
        order.push(found);
    }
    Some(order)
}

fn who(build: &mut Build<'_>, word: &str, device: Option<&Device>) -> Option<Who> {
    if word == "device" {
        if device.is_none() {
            let help = "say where they say which they are, as in `device: { cookie: device-id }`";
            build.problem(Severity::Error, "nothing tells devices apart", help);
        }
        let device = device?;
        let name = match device {
            Device::Header(name) | Device::Cookie(name) => name,
        };
        // Names of cookies are tokens too (RFC 6265 section 4.1.1).
        if HeaderName::try_from(name.as_str()).is_err() {
            build.problem(Severity::Error, format!("`{name}` is no name of a header field or cookie"), "");
            return None;
        }
        return Some(Who::Device(device.clone()));
    }
    let subject = Subject::parse(word).filter(|subject| *subject != Subject::Operation);
    if subject.is_none() {
        let help = "there are `principal`, `client`, `ip`, `network`, `asn`, `claim:NAME` and `device`";
        build.problem(Severity::Error, format!("`{word}` is nobody whose steps can be counted"), help);
    }
    subject.filter(|subject| build.can_count(std::slice::from_ref(subject))).map(Who::Subject)
}

fn budget(
    build: &mut Build<'_>,
    flow: Key,
    wanted: &BTreeMap<String, Rate>,
    device: Option<&Device>,
) -> Option<Vec<Budget>> {
    if !wanted.is_empty() && wanted.keys().all(|word| word == "device") {
        let help = "add one by `principal` or `ip`: whoever says to be another device gets another budget";
        build.problem(Severity::Error, "a `budget` by `device` alone bounds nobody", help);
        return None;
    }
    let mut budget = Vec::new();
    for (word, rate) in wanted {
        let by = who(build, word, device)?;
        let Some(limit) = Limit::new(rate.count, rate.period, rate.count) else {
            build.problem(Severity::Error, format!("`{rate}` takes more than 31 days to come back"), "");
            return None;
        };
        let id = build.feeds.limiter.key().part("budget").part(flow).part(word).part(limit).finish();
        budget.push(Budget { id, by, word: word.clone(), rate: *rate, limit });
    }
    Some(budget)
}

impl Who {
    /// Adds who it is. Who does not say which device it is counts by its address.
    fn add<'h>(&self, key: KeyHasher<'h>, cx: &Context<'_>) -> KeyHasher<'h> {
        match self {
            Who::Subject(subject) => subject.add(key, cx),
            Who::Device(device) => match device.of(cx) {
                Some(name) => key.part(9_u8).part(name),
                None => Subject::Ip.add(key, cx),
            },
        }
    }

    fn word(&self) -> &str {
        match self {
            Who::Subject(subject) => subject.word(),
            Who::Device(_) => "device",
        }
    }
}

impl Device {
    /// What the request says, if it says it once.
    fn of<'a>(&self, cx: &Context<'a>) -> Option<&'a [u8]> {
        let said: Vec<&[u8]> = match self {
            Device::Header(name) => cx.headers.get_all(name).iter().map(|value| value.as_bytes()).collect(),
            Device::Cookie(name) => {
                let fields = cx.headers.get_all(COOKIE).iter();
                let pairs = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
                let value =
                    |pair: &'a [u8]| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=");
                pairs.filter_map(value).collect()
            }
        };
        match said.as_slice() {
            [one] if !one.is_empty() => Some(one),
            _ => None,
        }
    }
}

impl Policy for Flow {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        self.steps.iter().try_for_each(|step| self.is_due(step, cx))?;
        // What may still be refused must not take the step.
        if cx.has_body && self.needs_body(None) { Ok(()) } else { self.take(cx) }
    }

    fn body(&self, cx: &mut Context<'_>, _body: &Body<'_>) -> Verdict {
        self.take(cx)
    }

    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        self.steps.iter().any(|step| step.is_last)
    }

    fn answer_head(&self, cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        for step in &self.steps {
            let key = self.key(step.id, &step.by, cx);
            match (step.is_end, answer.status.is_success()) {
                (true, true) => self.progress.finish(key, cx.now),
                (true, false) => self.progress.give_back(key, cx.now),
                (false, true) => self.progress.done(key, step.before, step.within.0, cx.now),
                (false, false) => {}
            }
        }
        Ok(())
    }

    fn limits(&self) -> Vec<String> {
        self.steps.iter().flat_map(Step::in_words).collect()
    }
}

impl Flow {
    fn key(&self, id: Key, by: &Who, cx: &Context<'_>) -> Key {
        by.add(self.limiter.key().part(id), cx).finish()
    }

    /// Whether the step before was done, not too long ago and long enough ago.
    fn is_due(&self, step: &Step, cx: &Context<'_>) -> Verdict {
        if step.before == 0 {
            return Ok(());
        }
        let standing = self.progress.standing(self.key(step.id, &step.by, cx));
        let Some(standing) = standing.filter(|standing| standing.steps >= step.before) else {
            return Err(step.refused(Reason::FlowOrder, "a step before it was not done"));
        };
        let age = cx.now.since(standing.at);
        if age > step.within.0 {
            return Err(step.refused(Reason::FlowOrder, "the step before it was too long ago"));
        }
        if standing.taken.is_some() {
            return Err(step.refused(Reason::FlowOrder, "the last step is being done, or was not answered"));
        }
        if standing.steps == step.before && age < step.pause {
            let mut denial = step.refused(Reason::FlowTooSoon, "the step before it was only just done");
            denial.retry_after_secs = Some(secs(step.pause.saturating_sub(age)));
            return Err(denial);
        }
        Ok(())
    }

    /// Takes what a request may take once: the end of each flow, and from each budget. All or no end.
    fn take(&self, cx: &Context<'_>) -> Verdict {
        let taken = self.steps.iter().filter(|step| step.is_last).try_for_each(|step| {
            let key = self.key(step.id, &step.by, cx);
            if step.is_end && !self.progress.take(key, step.before, cx.now) {
                return Err(step.refused(Reason::FlowOrder, "the last step is being done already"));
            }
            step.budget.iter().try_for_each(|budget| self.spend(step, budget, cx))
        });
        if taken.is_err() {
            for step in &self.steps {
                self.progress.give_back(self.key(step.id, &step.by, cx), cx.now);
            }
        }
        taken
    }

    fn spend(&self, step: &Step, budget: &Budget, cx: &Context<'_>) -> Verdict {
        let decision = self.limiter.take(self.key(budget.id, &budget.by, cx), &budget.limit, 1, cx.now);
        if decision.allowed {
            return Ok(());
        }
        let detail = format!("flow `{}`: the budget by `{}` is spent", step.flow, budget.word);
        let mut denial = Denial::new(Reason::FlowBudget, KIND.id, Redacted::vouched(detail));
        denial.retry_after_secs = Some(decision.retry_after_secs);
        Err(denial)
    }
}

impl Step {
    /// In words of the config and of the program.
    fn refused(&self, reason: Reason, why: &str) -> Denial {
        let detail = format!("flow `{}`, step {}: {why}", self.flow, self.before + 1);
        Denial::new(reason, KIND.id, Redacted::vouched(detail))
    }

    fn in_words(&self) -> Vec<String> {
        let mut words = format!("`{}`: step {} by {}", self.flow, self.before + 1, self.by.word());
        if let Some(previous) = &self.previous {
            let from = if self.pause.is_zero() { String::new() } else { format!("{} to ", Span(self.pause)) };
            words += &format!(", {from}{} after `{previous}`", self.within);
        }
        if self.is_end {
            words += ", once";
        }
        let budget = |budget: &Budget| format!("`{}`: {} by {}", self.flow, budget.rate, budget.by.word());
        std::iter::once(words).chain(self.budget.iter().map(budget)).collect()
    }
}

/// Whole seconds, rounded up.
fn secs(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

const DOC: &str = r#"
Holds callers to the flows that an API is meant for: one step after the other, not faster than people are, and not to the
end more often than is sold to one. Each request alone would be let through; what is hostile is the order, the pace or the
number (OWASP API6).

It reads nothing from the specification, and is on where it is set, for the API: the steps of a flow are its operations, by
`operationId` or as in `POST /cart`. A step is let through if the step before was done by the same caller no longer than
`within` ago, and if at least `pause` lies between the two requests. It was done if the backend answered 2xx. Steps that were
done may be done again. The last step ends the flow, so that it is done once for each time that the others were; it is taken
when its request has passed all other controls, and given back if the backend answers other than 2xx. Of several requests for
it at the same time one gets it. Where no answer came, nobody knows whether it was done, and the flow must be begun anew.

Requests for the last step count against each `budget`, and come back at its rate.

Whose steps they are is said by `by`, and by the keys of `budget`: `principal`, `client`, `ip`, `claim:NAME` as in
`rate-limit`, or `device`, which is what the client says in a header field or cookie. Nothing proves that: it finds many
accounts on one device that is not hiding, and whoever hides counts by the other budgets, of which there must be one. Where
a request says nothing, or two things, its address counts. A token that is bound to a device says more in a claim.

| setting | meaning | default |
|---|---|---|
| `flows.NAME.steps` | the operations in order, up to 32 | must be given |
| `flows.NAME.by` | whose steps they are | `principal` |
| `flows.NAME.within` | how long a step counts | `30m` |
| `flows.NAME.pause` | the least time between a step and the next | none |
| `flows.NAME.once` | the last step ends the flow | `true` |
| `flows.NAME.budget` | how often the last step may be asked for, as in `{ principal: 10/h, device: 20/d }` | no end |
| `device` | where a client says which device it is: `{ header: NAME }` or `{ cookie: NAME }` | nowhere |

~~~yaml settings
flow: { flows: { purchase: { steps: [reserve, POST /orders], budget: { principal: 1/h } }, quick: { steps: [GET /quiz, POST /quiz], pause: 5s } } }
~~~
~~~yaml operation
/seats:
  post: { operationId: reserve, security: [{ token: [] }], responses: { '201': { description: reserved } } }
/orders:
  post: { security: [{ token: [] }], responses: { '201': { description: ordered } } }
/quiz:
  get: { security: [{ token: [] }], responses: { '200': { description: questions } } }
  post: { security: [{ token: [] }], responses: { '200': { description: answered } } }
~~~
~~~http allowed
POST /seats HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 201 Created

###
POST /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 409 flow-order
POST /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 409 flow-order
POST /seats HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 409 Conflict

###
POST /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 429 flow-too-soon
GET /quiz HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK

###
POST /quiz HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 429 flow-budget
POST /seats HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 201 Created

###
POST /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 201 Created

###
POST /seats HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 201 Created

###
POST /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~

When this is wrong: callers without a token share an address, and so their steps. Who is where in a flow is known to one
process, for 65,536 callers; beyond that those are forgotten who have waited longest, and must begin anew. `explain` answers
for a caller who has done nothing before. Whoever only asks for decisions does not say what the backend answered, so that no
step is ever done: flows need the gateway on the way.
"#;
