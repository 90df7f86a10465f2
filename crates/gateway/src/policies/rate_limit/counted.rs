//! One limit of `rate-limit`: what it counts, and what it says of itself.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;
use model::Severity;
use spec::Query;

use super::Wanted;
use crate::build::Build;
use crate::config::Rate;
use crate::limiter::{Decision, Key, KeyHasher, Limit, Limiter, Subject};
use crate::place::{Content, Place, Source};
use crate::policy::Context;

/// Characters of a limit's name, which is sent with every answer.
const NAME_CHARACTERS_MAX: usize = 32;

/// Values of one request that are counted, each for itself; one with more is refused.
const VALUES_MAX: usize = 100;

/// Sets the buckets apart that say which values were seen.
const SEEN: u8 = 0;

#[derive(Debug)]
pub(super) struct Counted {
    id: Key,
    subjects: Vec<Subject>,
    counts: Counts,
    /// What it counts, in words.
    of: String,
    limit: Limit,
    rate: Rate,
    pub(super) cost: u32,
    pub(super) name: String,
}

/// What takes from a limit.
#[derive(Debug)]
enum Counts {
    /// Each request.
    Requests,
    /// Each request, for the value that stands here.
    Values(Source),
    /// Each value here that has not taken yet, in the time in which the limit comes back.
    Distinct(Source),
}

/// The limit of `wanted`, the one at `index`, or nothing where it cannot work.
pub(super) fn counted(
    build: &mut Build<'_>,
    index: usize,
    wanted: Wanted,
    before: &[Counted],
) -> Option<Counted> {
    let key = wanted.key.unwrap_or_else(|| match wanted.value {
        Some(_) => Vec::new(),
        None => vec![Subject::Principal],
    });
    if !build.can_count(&key) {
        return None;
    }
    let of = of(&key, wanted.value.as_ref(), wanted.distinct.as_ref());
    let default_name = default_name(&key, wanted.value.is_some(), wanted.distinct.is_some());
    let counts = counts(build, wanted.value, wanted.distinct)?;
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
    let id = build.feeds.limiter.key().part("rate-limit").part(&build.key.api).part(limit).part(&key);
    let id = id.part(counts.number());
    let id = match (&wanted.name, build.setting) {
        (Some(name), _) => id.part(name),
        // A limit counts what it is written for: an operation, an API, or each API where it is written for all.
        (None, Some(setting)) => {
            let position = setting.document.position(setting.node);
            id.part(&position.file).part(&position.pointer).part(index)
        }
        (None, None) => id,
    };
    let is_taken = before.iter().any(|other| other.name == default_name);
    let default_name = if is_taken { format!("{default_name}-{}", before.len() + 1) } else { default_name };
    let name = wanted.name.unwrap_or(default_name);
    Some(Counted { id: id.finish(), subjects: key, counts, of, limit, rate: wanted.rate, cost, name })
}

/// What takes from a limit with these settings; a place that the operation does not have is a problem.
fn counts(build: &mut Build<'_>, value: Option<Place>, distinct: Option<Place>) -> Option<Counts> {
    let (place, counts): (Place, fn(Source) -> Counts) = match (value, distinct) {
        (None, None) => return Some(Counts::Requests),
        (Some(place), None) => (place, Counts::Values),
        (None, Some(place)) => (place, Counts::Distinct),
        (Some(_), Some(_)) => {
            let message = "a limit takes one of `value` and `distinct`";
            build.problem(Severity::Error, message, "write two limits");
            return None;
        }
    };
    let Some(operation) = build.operation else { return Some(Counts::Requests) };
    place.source(build, operation).map(counts)
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

/// A name made of the key; claims and places are left unnamed, since callers need not know them.
fn default_name(key: &[Subject], by_value: bool, is_distinct: bool) -> String {
    let word = |subject: &Subject| match subject {
        Subject::Claim(_) => "claim".to_owned(),
        other => other.word().to_owned(),
    };
    let mut words: Vec<String> = key.iter().take(4).map(word).collect();
    words.extend(by_value.then(|| "value".to_owned()));
    words.extend(is_distinct.then(|| "distinct".to_owned()));
    if words.is_empty() { "all".to_owned() } else { words.join("-") }
}

/// What a limit counts, in words.
fn of(key: &[Subject], value: Option<&Place>, distinct: Option<&Place>) -> String {
    let value = value.map(Place::in_words);
    let words: Vec<&str> = key.iter().map(Subject::word).chain(value.as_deref()).collect();
    let by = if words.is_empty() { "all together".to_owned() } else { format!("by {}", words.join(" and ")) };
    match distinct {
        Some(place) => format!("distinct values of {} {by}", place.in_words()),
        None => by,
    }
}

/// A value as it is counted: those that differ in case or in white space around them name one account for many backends.
fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

impl Counts {
    /// Limits of one name that differ in this are two.
    fn number(&self) -> u8 {
        match self {
            Counts::Requests => 0,
            Counts::Values(_) => 1,
            Counts::Distinct(_) => 2,
        }
    }
}

impl Counted {
    /// Whether what it counts is only known once the body is there.
    pub(super) fn is_in_body(&self) -> bool {
        matches!(self.counts, Counts::Values(Source::Body(_)) | Counts::Distinct(Source::Body(_)))
    }

    /// Whether what it counts stands in the query.
    pub(super) fn is_in_query(&self) -> bool {
        matches!(self.counts, Counts::Values(Source::Query(_)) | Counts::Distinct(Source::Query(_)))
    }

    /// Takes what the request costs; nothing where it names more values than one request may.
    pub(super) fn take<'a>(
        &self,
        limiter: &Limiter,
        cx: &Context<'a>,
        query: &Query<'a>,
        body: Option<&Content<'a>>,
    ) -> Option<Decision> {
        let key = limiter.key().part(self.id);
        let key = self.subjects.iter().fold(key, |key, subject| subject.add(key, cx));
        let source = match &self.counts {
            Counts::Requests => return Some(self.take_for(key, limiter, cx)),
            Counts::Values(source) | Counts::Distinct(source) => source,
        };
        let values = source.found(cx, query, body).values;
        if values.len() > VALUES_MAX {
            return None;
        }
        match self.counts {
            Counts::Distinct(_) => Some(self.take_distinct(&key, &values, limiter, cx)),
            // Nobody escapes by naming nothing.
            _ if values.is_empty() => Some(self.take_for(Subject::Ip.add(key, cx), limiter, cx)),
            _ => {
                let mut tightest: Option<Decision> = None;
                for value in values {
                    let key = key.clone().part(value.as_deref().map(folded));
                    let decision = self.take_for(key, limiter, cx);
                    if tightest.is_none_or(|least| decision.remaining < least.remaining) {
                        tightest = Some(decision);
                    }
                    if !decision.allowed {
                        return Some(decision);
                    }
                }
                tightest
            }
        }
    }

    fn take_for(&self, key: KeyHasher<'_>, limiter: &Limiter, cx: &Context<'_>) -> Decision {
        limiter.take(key.finish(), &self.limit, self.cost, cx.now)
    }

    /// Takes for each value that has not taken yet. That it has is a bucket of one token, which is empty until all of the
    /// limit is back.
    fn take_distinct(
        &self,
        key: &KeyHasher<'_>,
        values: &[Option<Cow<'_, str>>],
        limiter: &Limiter,
        cx: &Context<'_>,
    ) -> Decision {
        let bucket = key.clone().finish();
        for value in values {
            let seen = key.clone().part(SEEN).part(value).finish();
            if limiter.is_used(seen, cx.now) {
                continue;
            }
            let decision = self.take_for(key.clone(), limiter, cx);
            // A value that finds no room does not count as seen: asked for again, it must find room again.
            if !decision.allowed {
                return decision;
            }
            limiter.take(seen, &self.limit.once(), 1, cx.now);
        }
        limiter.take(bucket, &self.limit, 0, cx.now)
    }

    /// Its member of `RateLimit-Policy`: quotas are in requests of this operation.
    pub(super) fn policy(&self) -> String {
        let quota = self.limit.burst() / self.cost.max(1);
        format!("\"{}\";q={quota};w={}", self.name, self.limit.fill_secs())
    }

    pub(super) fn in_words(&self) -> String {
        let Counted { name, rate, cost, of, .. } = self;
        let burst = self.limit.burst();
        match cost {
            1 => format!("`{name}`: {rate} {of}, {burst} at once"),
            _ => format!("`{name}`: {rate} {of}, {burst} at once, of which a request takes {cost}"),
        }
    }

    /// Its member of `RateLimit`.
    pub(super) fn state(&self, decision: &Decision) -> Option<HeaderValue> {
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
